"""Who reads the sources of the ingest benchmark: bare loops, and drivers under supervision with and without a recording."""

import json
import queue
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sensors.camera import Camera
from sensors.driver import Driver
from sensors.microphone import Microphone
from sensors.portaudio import OpenStreams
from sensors.readings import Reading
from sensors.recordings.recorder import Recorder
from sensors.serial_array import SerialArray
from sensors.supervision.reader import SupervisedReader
from sensors.video.capture import Capture, OpenCVCapture, Request
from tests.benchmarks import ingest_sources as source

LOOK_S = 0.25
"""Between two looks of the supervision at its sensors."""
KEYS = [f"c{channel}" for channel in range(source.CHANNELS)]

Sink = Callable[[str, int, Any], None]
"""Takes the name of a sensor, the arrival and the samples."""


class Tally:
    """Counts what has come, by sensor; each sensor has one thread."""

    def __init__(self) -> None:
        self.readings: Counter[str] = Counter()
        self.samples: Counter[str] = Counter()

    def take(self, name: str, _arrival_ns: int, data: Any) -> None:
        self.readings[name] += 1
        self.samples[name] += len(data)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """The sources of one run."""

    seconds: float
    kinds: tuple[str, ...]
    ports: list[str]
    film: str
    go: threading.Event
    """Set when the cameras and microphones shall begin."""
    stop: threading.Event
    """Set when every reader shall end."""

    @property
    def expected(self) -> dict[str, int]:
        """Readings of each sensor."""
        blocks = round(self.seconds * source.RATE_HZ / source.BLOCK)
        frames, lines = round(self.seconds * source.FRAME_HZ), round(self.seconds * source.LINE_HZ)
        counts = {"microphones": (source.MICROPHONES, blocks), "cameras": (source.CAMERAS, frames)}
        counts["arrays"] = (source.ARRAYS, lines)
        return {f"{kind}{n}": each for kind in self.kinds for n in range(counts[kind][0]) for each in [counts[kind][1]]}


Contender = Callable[[Stage, Tally], Any]
"""A context manager that reads while it lasts."""


def bare_microphone(stage: Stage, name: str, sink: Sink) -> None:
    """Copies in the callback, stamps, and hands over through the fastest queue there is."""
    blocks: queue.SimpleQueue[tuple[int, Any]] = queue.SimpleQueue()

    def callback(buffer: Any, _frames: int, _time: Any, _status: Any) -> None:
        blocks.put((time.monotonic_ns(), np.frombuffer(buffer, np.int16).reshape(-1, 1).copy()))

    source.SoundCard(stage.seconds, stage.go).RawInputStream(callback=callback, samplerate=source.RATE_HZ).start()
    while not stage.stop.is_set():
        try:
            arrival_ns, data = blocks.get(timeout=0.2)
        except queue.Empty:
            continue
        sink(name, arrival_ns, data)


def bare_camera(stage: Stage, name: str, sink: Sink) -> None:
    """Reads and stamps."""
    import cv2

    video, pace = cv2.VideoCapture(stage.film, cv2.CAP_FFMPEG), source.Pace(stage.go)
    video.set(cv2.CAP_PROP_CONVERT_RGB, 0)
    while not stage.stop.is_set():
        pace.wait()
        success, raw = video.read()
        if not success:
            break
        sink(name, time.monotonic_ns(), raw[None])
    video.release()


def bare_array(stage: Stage, name: str, sink: Sink, port: str, keys: list[str] | None) -> None:
    """Takes what is there, cuts it into lines and reads the numbers."""
    import serial

    held = b""
    with serial.Serial(port, 115200, timeout=0.1) as line:
        while not stage.stop.is_set():
            held += line.read(line.in_waiting or 1)
            arrival_ns = time.monotonic_ns()
            *lines, held = held.split(b"\n")
            for text in filter(None, lines):
                if keys is None:
                    values = [float(value) for value in text.split(b",")]
                else:
                    found = json.loads(text)
                    values = [found[key] for key in keys]
                sink(name, arrival_ns, np.array([values], np.float32))


@contextmanager
def bare(stage: Stage, tally: Tally) -> Iterator[None]:
    """A thread and a loop for each sensor."""
    works: list[Callable[[], None]] = []
    for name in stage.expected:
        kind, number = name[:-1], int(name[-1])
        if kind == "microphones":
            works.append(lambda name=name: bare_microphone(stage, name, tally.take))
        elif kind == "cameras":
            works.append(lambda name=name: bare_camera(stage, name, tally.take))
        else:
            keys = KEYS if source.is_json(number) else None
            port = stage.ports[number]
            works.append(lambda name=name, port=port, keys=keys: bare_array(stage, name, tally.take, port, keys))
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    # pyserial throws away what came before it opened a terminal.
    time.sleep(1.0)
    yield
    stage.stop.set()
    for thread in threads:
        thread.join()


class PacedCapture(OpenCVCapture):
    """A film at the pace of a camera."""

    def __init__(self, request: Request, go: threading.Event) -> None:
        super().__init__(request)
        self._pace = source.Pace(go)

    def grab(self) -> bool:
        self._pace.wait()
        return super().grab()


def driver(stage: Stage, name: str) -> Driver:
    """Ours for a sensor."""
    kind, number = name[:-1], int(name[-1])
    if kind == "microphones":
        card = source.SoundCard(stage.seconds, stage.go)
        return Microphone(name=name, device="card", library=lambda: card, streams=OpenStreams())
    if kind == "cameras":

        def paced(request: Request) -> Capture:
            return PacedCapture(request, stage.go)

        size: dict[str, Any] = {"width": source.WIDTH, "height": source.HEIGHT, "rate_hz": source.FRAME_HZ}
        return Camera(name=name, source=stage.film, pixels="gray16", capture=paced, **size)
    protocol = "jsonl" if source.is_json(number) else "csv"
    return SerialArray(name=name, port=stage.ports[number], protocol=protocol, channels=KEYS, rate_hz=source.LINE_HZ)


@contextmanager
def supervised(stage: Stage, tally: Tally, record: Callable[[Reading], None] | None = None) -> Iterator[None]:
    """A supervised reader for each sensor, and somebody who looks after them."""

    def deliver(reading: Reading) -> None:
        tally.take(reading.stream, reading.arrival_ns, reading.data)
        if record is not None:
            record(reading)

    readers = [SupervisedReader(lambda name=name: driver(stage, name), deliver) for name in stage.expected]
    for reader in readers:
        reader.start()

    def look() -> None:
        while not stage.stop.wait(LOOK_S):
            for reader in readers:
                reader.look()

    threads = {thread.name: thread for thread in threading.enumerate() if thread.name.startswith("sensor ")}
    looker = threading.Thread(target=look)
    looker.start()
    while any(reader.health.reason == "not opened yet" for reader in readers):
        time.sleep(0.01)
    yield
    stage.stop.set()
    for reader in readers:
        reader.stop()
    for thread in (looker, *threads.values()):
        thread.join()
    lost = sum(reader.health.counters.lost_samples + reader.health.counters.gaps for reader in readers)
    failures = sum(reader.health.counters.failures for reader in readers)
    assert not failures, [reader.health.reason for reader in readers]
    assert not lost, f"{lost} gaps"


@contextmanager
def recorded(stage: Stage, tally: Tally) -> Iterator[None]:
    """As `supervised`, and all of it into a recording."""
    with tempfile.TemporaryDirectory() as folder:
        streams = [driver(stage, name).stream for name in stage.expected]
        recorder = Recorder(Path(folder), streams)
        with supervised(stage, tally, recorder.reading):
            yield
        recorder.close()
        assert not recorder.counters["dropped"]
        assert recorder.counters["readings"] == sum(tally.readings.values())


@contextmanager
def nobody(stage: Stage, tally: Tally) -> Iterator[None]:
    """The threads of the sound cards alone; they count as read."""
    for name in stage.expected:
        if name.startswith("microphones"):

            def callback(buffer: Any, frames: int, _time: Any, _status: Any, name: str = name) -> None:
                tally.take(name, 0, buffer[: 2 * frames : 2])

            source.SoundCard(stage.seconds, stage.go).RawInputStream(callback=callback, samplerate=48_000).start()
    yield
