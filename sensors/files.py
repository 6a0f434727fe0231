"""Plain files as a live sensor: a sound, a folder of pictures, a table of numbers."""

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sensors.errors import SensorNotFoundError, SensorReadError
from sensors.readings import Reading, Samples
from sensors.streams import Stream

SOUNDS: Final = (".wav", ".flac")
PICTURES: Final = (".png", ".tif", ".tiff", ".jpg", ".jpeg")
TABLES: Final = (".csv",)
WAIT_NS: Final = 100_000_000
"""A reading that is due later is left for a later call of `read`."""


class Files:
    """Plays a sound file, a folder of pictures in the order of their names, or a CSV file with a header.

    A reading arrives when its last sample would have been taken: at `rate_hz`, or faster by `speed`.
    """

    def __init__(
        self,
        *,
        name: str,
        path: str | Path,
        rate_hz: float | None = None,
        block: int = 1024,
        speed: float | None = 1.0,
        again: bool = False,
        units: Sequence[str] | None = None,
        clock: Callable[[], int] = time.monotonic_ns,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Nothing is read yet.

        Args:
            name: Of the stream.
            path: A WAV, FLAC or CSV file, or a folder of PNG, TIFF or JPEG pictures.
            rate_hz: Samples, rows or pictures a second; a sound has its own and must not have another.
            block: Samples of a sound in a reading; rows and pictures come one by one.
            speed: 1 in real time, 2 twice as fast; None as fast as it is consumed.
            again: Begin anew at the end instead of ending.
            units: One UCUM unit per channel; None: "1".
            clock: CLOCK_MONOTONIC in ns.
            sleep: Waits for seconds.

        Raises:
            ValueError: a rate, block or speed that is not above 0.
        """
        for key, value in (("rate_hz", rate_hz), ("block", block), ("speed", speed)):
            if value is not None and not 0.0 < value < float("inf"):
                raise ValueError(f"stream '{name}': {key} is {value}; must be above 0")
        self._name, self._path, self._given_hz = name, Path(path), rate_hz
        self._block, self._speed, self._again = block, speed, again
        self._units, self._clock, self._sleep = units, clock, sleep
        self._kind, self._rate_hz = "series", rate_hz or 1.0
        self._shape: tuple[int, ...] = (0,)
        self._blocks: Iterator[Samples] | None = None
        self._next: Samples | None = None
        self._session, self._seq, self._begun_ns = -1, 0, 0

    @property
    def stream(self) -> Stream:
        """What the files hold; before the first `open` of no shape."""
        units = self._units or ("1",) * (1 if self._kind == "image" else self._shape[0])
        return Stream(
            name=self._name, kind=self._kind, shape=self._shape, nominal_rate_hz=self._rate_hz, units=tuple(units)
        )

    def open(self) -> None:
        """Look at the first file and begin.

        Raises:
            SensorNotFoundError: there is nothing to play, it cannot be read, or it has another rate than asked for.
        """
        self.close()
        blocks = self._playing(first=True)
        try:
            self._next = next(blocks, None)
        except SensorReadError as error:
            raise SensorNotFoundError(str(error)) from error
        if self._next is None:
            raise SensorNotFoundError(f"stream '{self._name}': {self._path} holds no sample")
        self._blocks, self._shape = blocks, self._next.shape[1:]
        self._session, self._seq, self._begun_ns = self._session + 1, 0, self._clock()

    def read(self) -> Reading | None:
        """The next block, row or picture when its time has come; None if that is more than a tenth of a second away.

        Raises:
            SensorReadError: not open, or a file cannot be read.
            EOFError: the files have ended.
        """
        if self._blocks is None:
            raise SensorReadError(f"stream '{self._name}': {self._path} is closed; call open() first")
        data = self._next = self._next if self._next is not None else next(self._blocks, None)
        if data is None:
            raise EOFError
        if not self._due(self._seq + len(data)):
            return None
        self._next = None
        if data.shape[1:] != self._shape:
            raise SensorReadError(
                f"stream '{self._name}': {self._path} goes on in {data.shape[1:]} after {self._shape}"
            )
        first, self._seq = self._seq, self._seq + len(data)
        return Reading(
            stream=self._name,
            session=self._session,
            seq=first,
            arrival_ns=self._clock(),
            device_ns=None,
            data=data,
        )

    def close(self) -> None:
        """Stop; may be called twice."""
        self._blocks = self._next = None

    def _due(self, stop: int) -> bool:
        """Whether the sample before `stop` would have been taken, after a wait of at most `WAIT_NS`."""
        if self._speed is None:
            return True
        left_ns = self._begun_ns + round(stop / (self._rate_hz * self._speed) * 1e9) - self._clock()
        if left_ns > 0:
            self._sleep(min(left_ns, WAIT_NS) / 1e9)
        return left_ns <= WAIT_NS

    def _playing(self, *, first: bool) -> Iterator[Samples]:
        """All blocks, from the beginning again where that is wanted; what opens them runs at the first."""
        while first or self._again:
            yield from self._all()
            first = False

    def _all(self) -> Iterator[Samples]:
        ending = self._path.suffix.lower()
        if self._path.is_dir():
            return self._pictures(sorted(p for p in self._path.iterdir() if p.suffix.lower() in PICTURES))
        if not self._path.exists() or ending not in SOUNDS + TABLES:
            raise SensorNotFoundError(
                f"stream '{self._name}': {self._path} is no {', '.join(SOUNDS + TABLES)} file and no folder of pictures"
            )
        return self._sound() if ending in SOUNDS else self._table()

    def _sound(self) -> Iterator[Samples]:
        import soundfile

        try:
            with soundfile.SoundFile(self._path) as file:
                if self._given_hz is not None and self._given_hz != file.samplerate:
                    raise SensorNotFoundError(
                        f"stream '{self._name}': {self._path} has {file.samplerate} Hz, declared are {self._given_hz:g}"
                    )
                self._kind, self._rate_hz = "waveform", float(file.samplerate)
                while len(data := file.read(self._block, dtype="int16", always_2d=True)):
                    yield data
        except soundfile.SoundFileError as error:
            raise self._unreadable(self._path, error) from error

    def _pictures(self, paths: list[Path]) -> Iterator[Samples]:
        import cv2

        self._kind = "image"
        for path in paths:
            picture: NDArray[Any] | None = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
            if picture is None or picture.ndim != 2:
                raise self._unreadable(path, "no picture of one channel")
            yield picture[None]

    def _table(self) -> Iterator[Samples]:
        try:
            with self._path.open(encoding="utf-8") as lines:
                names = next(lines, "").split(",")
                for number, line in enumerate(lines, start=2):
                    row = np.array(line.split(","), np.float32)
                    if len(row) != len(names) or not np.isfinite(row).all():
                        raise self._unreadable(self._path, f"line {number} has not {len(names)} numbers")
                    yield row[None]
        except (OSError, ValueError) as error:
            raise self._unreadable(self._path, error) from error

    def _unreadable(self, path: Path, why: object) -> SensorReadError:
        return SensorReadError(f"stream '{self._name}': {path} cannot be read: {why}")


DRIVER = Files
