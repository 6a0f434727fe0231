"""Triggers by a serial line: a photo-eye's byte, or a code reader's line with the part's name."""

import random
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from qc_station.triggers.contract import Deliver
from qc_station.triggers.delivery import Delivery
from qc_station.triggers.part_lines import PartLines
from qc_station.triggers.part_names import PartNames
from qc_station.triggers.photo_eye import PhotoEye
from qc_station.triggers.port import Port
from qc_station.triggers.said import Hearing, Said
from sensors.errors import SensorError, SensorNotFoundError
from sensors.supervision.backoff import Backoff

MODES = ("byte", "line")
STOP_S = 5.0
"""How long a port may take to close; one that takes longer is left to end with the process."""


class SerialSource:
    """Listens to a serial port in a thread of its own and opens it again when the device was unplugged.

    A byte is stamped when it was read, a line when its first byte was. What lies before that is not known here: the
    adapter's own wait (USB adapters keep bytes for 1 to 16 ms) and the time on the wire (one byte at 9600 baud is 1 ms).
    A line that came in half when the port was opened looks like another name; a `pattern` keeps it out.
    """

    def __init__(
        self,
        *,
        port: str,
        mode: str = "line",
        baud: int = 9600,
        codes: str | Sequence[int] = "T",
        debounce_ms: float = 50.0,
        pattern: str | None = None,
        dtr: bool = True,
        clock: Callable[[], int] = time.monotonic_ns,
        names: Callable[[], PartNames] = PartNames,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """No device is touched before `start`.

        Args:
            port: A device, best by its lasting name below /dev/serial/by-id, or a pyserial URL.
            mode: byte or line.
            baud: Bits a second.
            codes: The bytes that are a part, in mode byte: ASCII characters, or numbers from 0 to 255.
            debounce_ms: In mode byte, a part so soon after the one before is the same one bouncing, in milliseconds.
            pattern: In mode line, a regular expression that a whole name has to match; None: any printable text.
            dtr: Level of DTR and RTS while the port is open; some boards are silent without, some reset with it.
            clock: CLOCK_MONOTONIC in ns.
            names: Makes the names of parts.
            chance: Uniform in 0 to 1, for the waits between tries.

        Raises:
            ValueError: an option is out of range.
        """
        if mode not in MODES:
            raise ValueError(f"mode = {mode!r}; allowed: {', '.join(MODES)}")
        if not 0.0 <= debounce_ms <= 3_600_000.0:
            raise ValueError(f"debounce_ms = {debounce_ms}; allowed: 0 to 3600000 milliseconds")
        self._hearing: Hearing = (
            PhotoEye(_bytes(codes), round(debounce_ms * 1e6)) if mode == "byte" else PartLines(pattern)
        )
        self._port, self._names = Port(port, baud=baud, dtr=dtr, clock=clock), names()
        self._backoff, self._delivery = Backoff(chance), Delivery()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._counters = {"repeated": 0, "failures": 0, "reopenings": 0}
        self.why = ""

    @property
    def counters(self) -> dict[str, int]:
        """Triggers; garbage, bounced and repeated parts; failures of the port and how often it was opened again."""
        return {"triggers": self._delivery.count, **self._hearing.counters, **self._counters}

    def start(self, deliver: Deliver) -> None:
        """Open the port and listen.

        Raises:
            SensorNotFoundError: pyserial is missing, there is no such port (the message lists those there are), or it
                is in use.
        """
        self.stop()
        self._port.open()
        self._stop, self.why = threading.Event(), ""
        self._delivery.begin(deliver)
        self._thread = threading.Thread(target=self._run, args=(self._stop,), name="trigger serial", daemon=True)
        self._thread.start()

    def look(self, now_ns: int) -> None:
        """Nothing is due: bytes come by themselves."""

    def stop(self) -> None:
        """Close the port."""
        self._delivery.end()
        self._stop.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(STOP_S)
        self._thread = None

    def _run(self, stop: threading.Event) -> None:
        while not stop.is_set():
            try:
                data, arrival_ns = self._port.read()
            except SensorError as error:
                self._counters["failures"] += 1
                self._failed(error)
                self._reopen(stop)
                continue
            if data:
                self._backoff.settled()
                for said in self._hearing.feed(data, arrival_ns):
                    self._trigger(said)
        self._port.close()

    def _reopen(self, stop: threading.Event) -> None:
        """Try until the port is open again or the source is stopped."""
        while not stop.wait(self._backoff.next_s()):
            try:
                self._port.open()
            except SensorNotFoundError as error:
                self._failed(error)
                continue
            self._hearing.reset()
            self._counters["reopenings"] += 1
            self.why = ""
            return

    def _failed(self, error: SensorError) -> None:
        self._port.close()
        self.why = str(error)

    def _trigger(self, said: Said) -> None:
        if said.part is not None and not self._names.claim(said.part):
            self._counters["repeated"] += 1
            return
        self._delivery.hand(said.part if said.part is not None else self._names.fresh(), said.time_ns)


def _bytes(codes: Any) -> bytes:
    """The bytes of a set. Raises ValueError where it is none."""
    try:
        # A number alone would make so many zeros.
        found = codes.encode("ascii") if isinstance(codes, str) else bytes(list(codes))
    except (TypeError, ValueError) as error:
        raise ValueError(f"codes = {codes!r}; allowed: ASCII characters or numbers from 0 to 255") from error
    if not found:
        raise ValueError("codes is empty; allowed: at least one byte")
    return found


SOURCE = SerialSource
