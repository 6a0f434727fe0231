"""A recording as a live sensor to which things happen, as on a floor: for rehearsals, and for the simulated line."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from sensors.replay import Replay
from sensors.simulated.faults.driver import FaultyDriver
from sensors.simulated.faults.fault import Fault
from sensors.simulated.faults.text import parsed


class FaultyReplay(FaultyDriver):
    """Plays as `Replay` does, and every fault acts on the readings at its time; see `FaultyDriver`."""

    def __init__(
        self,
        *,
        name: str,
        recording: str | Path,
        faults: Sequence[str],
        faults_from_ns: int | None = None,
        stream: str | None = None,
        speed: float | None = 1.0,
        shift: bool = False,
        current: bool = False,
        origin_ns: int | None = None,
        clock: Callable[[], int] = time.monotonic_ns,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Nothing is read yet.

        Args:
            name: What the stream is called now.
            recording: A closed recording or a folder of them.
            faults: Each FAULT:AT:FOR in seconds, with KEY=VALUE behind it where it has parameters.
            faults_from_ns: What AT counts from, by `clock`; the making of the driver if not given.
            stream: As `Replay` has it, as all that follows.
            speed: How fast.
            shift: Whether to move arrivals to the present.
            current: Whether to pass over what would have arrived before `open`.
            origin_ns: When, by `clock`, the recording begins to play.
            clock: CLOCK_MONOTONIC in ns.
            sleep: Waits for seconds.

        Raises:
            ValueError: a fault that there is not, one of its numbers, or a speed that is not above 0.
        """
        from_ns = clock() if faults_from_ns is None else faults_from_ns
        replay = Replay(
            name=name,
            recording=recording,
            stream=stream,
            speed=speed,
            shift=shift,
            current=current,
            origin_ns=origin_ns,
            clock=clock,
            sleep=sleep,
        )
        super().__init__(replay, [_fault(text, from_ns) for text in faults], clock, sleep=sleep)


def _fault(text: str, from_ns: int) -> Fault:
    try:
        return parsed(text, from_ns)
    except ValueError as error:
        raise ValueError(f"fault {text!r}: {error}") from error


DRIVER = FaultyReplay
