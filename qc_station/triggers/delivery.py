"""The way from a source to whoever takes its triggers."""

import threading

from qc_station.align.trigger import Trigger
from qc_station.triggers.contract import Deliver, Receipt


class Delivery:
    """Hands triggers on, one at a time, between `begin` and `end` and at no other time.

    Attributes:
        count: Triggers handed on so far.
    """

    def __init__(self) -> None:
        """Nobody takes triggers yet."""
        # Whoever takes a trigger may stop the source because of it.
        self._lock = threading.RLock()
        self._deliver: Deliver | None = None
        self.count = 0

    def begin(self, deliver: Deliver) -> None:
        """Args: deliver: Takes the triggers from now on."""
        with self._lock:
            self._deliver = deliver

    def end(self) -> None:
        """When this returns, the last trigger was taken."""
        with self._lock:
            self._deliver = None

    def hand(self, part: str, time_ns: int) -> bool:
        """Hand a trigger on.

        Args:
            part: Its name.
            time_ns: CLOCK_MONOTONIC.

        Returns:
            Whether somebody took it.
        """
        return self.hand_over(part, time_ns) is not None

    def hand_over(self, part: str, time_ns: int) -> Receipt | None:
        """As `hand`, for who wants to know what becomes of it.

        Returns:
            Its receipt, done already where nothing is written; None: nobody took it.
        """
        with self._lock:
            if self._deliver is None:
                return None
            self.count += 1
            return self._deliver(Trigger(part=part, time_ns=time_ns)) or _done()


def _done() -> Receipt:
    receipt = Receipt()
    receipt.set_result(None)
    return receipt
