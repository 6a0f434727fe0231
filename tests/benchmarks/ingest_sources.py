"""What the ingest benchmark listens to: terminals fed by another process, films in 16 bits, and callbacks as PortAudio makes.

`python tests/benchmarks/ingest_sources.py SECONDS MASTER...` is that other process; it begins when a line comes on its input.
"""

import os
import subprocess
import sys
import threading
import time
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

MICROPHONES, CAMERAS, ARRAYS = 8, 2, 8
RATE_HZ, BLOCK = 48_000, 1024
FRAME_HZ, HEIGHT, WIDTH = 25, 192, 256
LINE_HZ, CHANNELS = 100, 6

Callback = Callable[[Any, int, Any, Any], None]


def line(number: int, *, json: bool) -> bytes:
    """What an array prints for one sample."""
    values = [round(400.0 + channel + 0.25 * (number % 40), 2) for channel in range(CHANNELS)]
    if not json:
        return ",".join(map(str, values)).encode() + b"\r\n"
    pairs = ", ".join(f'"c{channel}": {value}' for channel, value in enumerate(values))
    return f'{{{pairs}, "ms": {10 * number}}}\n'.encode()


def is_json(array: int) -> bool:
    """Half of the arrays print objects, the others columns."""
    return bool(array % 2)


def feed(seconds: float, masters: list[int]) -> None:
    """Print for so long, all arrays at the same moments; a line without a sample goes first, as a reader may drop one."""
    for master in masters:
        os.write(master, b"\n")
    started = time.monotonic()
    for number in range(round(seconds * LINE_HZ)):
        _sleep_until(started + number / LINE_HZ)
        for array, master in enumerate(masters):
            os.write(master, line(number, json=is_json(array)))


@contextmanager
def terminals(seconds: float) -> Iterator[tuple[list[str], Callable[[], None]]]:
    """Paths of the arrays' terminals, and what starts the feeding."""
    pairs = [os.openpty() for _ in range(ARRAYS)]
    masters = [master for master, _ in pairs]
    for _, slave in pairs:
        tty.setraw(slave)
    command = [sys.executable, __file__, str(seconds), *map(str, masters)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, pass_fds=masters) as feeder:
        assert feeder.stdin is not None
        pipe = feeder.stdin

        def go() -> None:
            pipe.write(b"\n")
            pipe.flush()

        yield [os.ttyname(slave) for _, slave in pairs], go
    for descriptor in sum(pairs, ()):
        os.close(descriptor)


def film(path: Path, seconds: float) -> str:
    """A lossless film of a warm scene with a sensor's noise, 16 bits a pixel."""
    import cv2

    options = [cv2.VIDEOWRITER_PROP_IS_COLOR, 0, cv2.VIDEOWRITER_PROP_DEPTH, cv2.CV_16U]
    codec = cv2.VideoWriter.fourcc(*"FFV1")
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, codec, float(FRAME_HZ), (WIDTH, HEIGHT), options)
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    scene = 29_500.0 + 800.0 * np.exp(-((rows - 96) ** 2 + (columns - 128) ** 2) / 2000.0)
    random = np.random.default_rng(0)
    for _ in range(round(seconds * FRAME_HZ)):
        writer.write((scene + random.normal(0.0, 5.0, scene.shape)).astype(np.uint16))
    writer.release()
    return str(path)


class Pace:
    """Lets a frame through when it is due, as a camera would; the same cost for whoever reads."""

    def __init__(self, go: threading.Event) -> None:
        self._go, self._frames = go, 0
        self._started = 0.0

    def wait(self) -> None:
        if not self._frames:
            self._go.wait()
            self._started = time.monotonic()
        _sleep_until(self._started + self._frames / FRAME_HZ)
        self._frames += 1


class SoundCard:
    """Stands for `sounddevice`: one input, and a thread for each open stream that calls back at every block."""

    PortAudioError = OSError

    def __init__(self, seconds: float, go: threading.Event) -> None:
        self._blocks, self._go = round(seconds * RATE_HZ / BLOCK), go
        self._samples: NDArray[np.int16] = np.random.default_rng(0).integers(-3000, 3000, (BLOCK, 1), np.int16)

    def RawInputStream(self, *, callback: Callback, **settings: Any) -> "SoundStream":  # noqa: N802
        return SoundStream(self, callback, settings)

    def play(self, callback: Callback) -> None:
        """What PortAudio's thread does."""
        buffer, status = self._samples.tobytes(), SimpleNamespace(input_overflow=False)
        self._go.wait()
        started = time.monotonic()
        for number in range(1, self._blocks + 1):
            _sleep_until(started + number * BLOCK / RATE_HZ)
            callback(buffer, BLOCK, None, status)

    def _terminate(self) -> None:
        """Nothing is held."""

    _initialize = _terminate

    def query_hostapis(self) -> tuple[dict[str, str], ...]:
        return ({"name": "none"},)

    def query_devices(self) -> list[dict[str, Any]]:
        return [{"name": "card", "hostapi": 0, "max_input_channels": 1, "default_samplerate": float(RATE_HZ)}]

    def check_input_settings(self, **settings: Any) -> None:
        """Takes everything."""


class SoundStream:
    """One open input."""

    def __init__(self, card: SoundCard, callback: Callback, settings: dict[str, Any]) -> None:
        self.samplerate, self.active = settings["samplerate"], True
        self._thread = threading.Thread(target=card.play, args=(callback,), daemon=True)

    def start(self) -> None:
        self._thread.start()

    def abort(self, ignore_errors: bool = True) -> None:
        """Plays to its end."""

    close = abort


def _sleep_until(moment: float) -> None:
    left = moment - time.monotonic()
    if left > 0:
        time.sleep(left)


if __name__ == "__main__":
    sys.stdin.readline()
    feed(float(sys.argv[1]), [int(master) for master in sys.argv[2:]])
