"""Cameras and microphones that are slow to open, hang or do not close, as a station meets them."""

import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from sensors.camera import Camera
from sensors.errors import SensorNotFoundError
from sensors.hanging import MOST_HANGING, Hanging
from sensors.microphone import Microphone
from sensors.portaudio import OpenStreams
from sensors.readings import Reading
from sensors.supervision.attendant import HANG_S
from sensors.supervision.health import State
from sensors.supervision.reader import MOST_ABANDONED
from sensors.supervision.station import Supervision
from sensors.video.capture import Request
from tests.sensors.scripted_capture import ScriptedCapture, frame
from tests.sensors.sound_card import Card, FakeSound, FakeStream
from tests.sensors.supervision.scripted import Clock, S

PATIENCE_S = 30.0
"""How long a test waits for another thread before it fails; never waited out in a test that passes."""


@pytest.fixture
def device(tmp_path: Path) -> str:
    (tmp_path / "camera").symlink_to("/dev/null")
    return str(tmp_path / "camera")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A device is tried again at once."""
    monkeypatch.setattr("sensors.supervision.backoff.LONGEST_S", 0.001)


class Slow:
    """A camera that opens, or fails, after some seconds of a clock that moves while somebody sleeps, and then sends."""

    def __init__(self, seconds: float, failure: Exception | None = None) -> None:
        self.clock, self.seconds, self.failure = Clock(), seconds, failure
        self.began_ns = self.clock()
        self.entered, self.gate = threading.Event(), threading.Event()
        self.capture = ScriptedCapture()
        self.opened: Callable[[], bool] = self.gate.is_set

    def open(self, _request: Request) -> ScriptedCapture:
        self.entered.set()
        assert self.gate.wait(PATIENCE_S)
        if self.failure is not None:
            raise self.failure
        return self.capture

    def sleep(self, seconds: float) -> None:
        assert self.entered.wait(PATIENCE_S)
        if self.clock() - self.began_ns < self.seconds * S:
            self.clock.pass_s(seconds)
        else:
            # Time stands until the thread of the sensor has said how it ended; no frame comes before it is open.
            self.gate.set()
            if self.opened():
                self.capture.feed(*(frame(30000 + n) for n in range(3)))


def slow_station(device: str, slow: Slow, **options: Any) -> Supervision:
    build = partial(Camera, name="thermal", source=device, pixels="y16", capture=slow.open, clock=slow.clock, **options)
    return Supervision({"thermal": build}, lambda _: None, clock=slow.clock, sleep=slow.sleep)


@pytest.mark.parametrize(("seconds", "options"), [(7.0, {}), (14.0, {}), (40.0, {"open_wait_s": 60.0})])
def test_a_camera_that_takes_long_to_open_starts(device: str, seconds: float, options: dict[str, Any]) -> None:
    slow = Slow(seconds)
    with slow_station(device, slow, **options) as station:
        health = station.healths["thermal"]
        slow.opened = lambda: health.opened_once
        assert station.start() == {}
        assert (health.counters.abandoned, health.counters.failures) == (0, 0)
        assert health.state(slow.clock()) is State.LIVE
        slow.capture.feed("end")


def test_a_camera_that_fails_to_open_after_long_says_its_own_error(device: str) -> None:
    slow = Slow(12.0, SensorNotFoundError("OpenCV cannot open the stream rtsp://floor/1: no video, or in use"))
    with slow_station(device, slow) as station:
        faults = station.start()
    assert faults == {"thermal": "OpenCV cannot open the stream rtsp://floor/1: no video, or in use"}


def test_a_camera_that_never_opens_is_named_when_its_time_is_over(device: str) -> None:
    slow = Slow(1000.0)
    with slow_station(device, slow) as station:
        assert station.start() == {"thermal": "not open after 20 s"}
        assert (slow.clock() - slow.began_ns) / S == pytest.approx(20.0, abs=0.2)
        slow.gate.set()


def camera_threads(device: str) -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == f"camera {device}"]


class Bus:
    """Every opening hangs until it is let go."""

    def __init__(self) -> None:
        self.entered, self.gate = threading.Semaphore(0), threading.Event()

    def open(self, _request: Request) -> ScriptedCapture:
        self.entered.release()
        assert self.gate.wait(PATIENCE_S)
        # It ends, or it would hang again in a grab.
        return ScriptedCapture().feed(frame(30000), frame(30001), "end")


@pytest.fixture
def bus() -> Iterator[Bus]:
    bus = Bus()
    yield bus
    bus.gate.set()


@pytest.mark.usefixtures("impatient")
def test_an_opening_that_hangs_takes_a_bounded_number_of_threads_from_all_drivers_of_a_device(
    device: str, bus: Bus
) -> None:
    hanging, got = Hanging(), threading.Event()
    build = partial(Camera, name="thermal", source=device, pixels="y16", capture=bus.open, hanging=hanging)
    for _ in range(2):
        # A new supervision builds new drivers, as a station does that is started again, and a hanging thread's successor.
        with Supervision({"thermal": partial(build, open_wait_s=0.01, close_wait_s=0.01)}, lambda _: None) as station:
            health = station.healths["thermal"]
            told(station, lambda health=health: "hang (limit 4); unplug the camera" in health.reason)
            assert len(camera_threads(device)) == MOST_HANGING
    bus.gate.set()
    with Supervision({"thermal": build}, lambda _: got.set()) as station:
        told(station, got.is_set)


def told(station: Supervision, known: Callable[[], bool]) -> None:
    """Start, and look until something is known."""
    for reader in station._readers.values():
        reader.start()
    look_until(station, known)


def look_until(station: Supervision, known: Callable[[], bool]) -> None:
    limit_s = time.monotonic() + PATIENCE_S
    while not known():
        assert time.monotonic() < limit_s, station.healths
        station.look()


def test_drivers_that_are_abandoned_while_they_open_leave_a_bounded_number_of_threads_and_one_comes_back(
    device: str, bus: Bus
) -> None:
    clock, got = Clock(), threading.Event()
    build = partial(Camera, name="thermal", source=device, pixels="y16", capture=bus.open, hanging=Hanging())
    station = Supervision({"thermal": partial(build, open_wait_s=60.0)}, lambda _: got.set(), clock=clock)
    (reader,) = station._readers.values()
    reader.start()
    for _ in range(3 * MOST_ABANDONED):
        bus.entered.acquire(timeout=0.1)
        clock.pass_s(60.0 + HANG_S + 0.1)
        station.look()
    assert len(camera_threads(device)) == MOST_ABANDONED
    bus.gate.set()
    look_until(station, got.is_set)
    assert station.healths["thermal"].counters.readings
    reader.stop()


class DeafSound(FakeSound):
    """Its streams deliver one block each and do not end before they may."""

    def __init__(self) -> None:
        super().__init__(Card(name="UMIK-1"))
        self.deaf = True

    def RawInputStream(self, *, callback: Callable[..., None], **settings: Any) -> FakeStream:  # noqa: N802
        stream = super().RawInputStream(callback=callback, **settings)
        if self.deaf:
            stream.may_stop.clear()
        return stream


@pytest.mark.usefixtures("impatient")
def test_a_microphone_that_does_not_close_leaves_a_bounded_number_of_streams_and_opens_again_when_they_ended() -> None:
    sound, streams, got = DeafSound(), OpenStreams(), list[Reading]()
    build = partial(Microphone, name="acoustic", device="UMIK-1", block=4, library=lambda: sound, streams=streams)
    quick = partial(build, wait_s=0.0, silent_s=0.0, close_s=0.01)
    for _ in range(2):
        with Supervision({"acoustic": quick}, got.append) as station:
            health = station.healths["acoustic"]
            told(station, lambda health=health: "hang (limit 4)" in health.reason)
            assert health.reason.startswith("4 streams of input device 'UMIK-1' hang (limit 4); unplug the microphone")
            assert (len(sound.streams), streams.count) == (MOST_HANGING, MOST_HANGING)
    sound.deaf = False
    for stream in sound.streams:
        stream.may_stop.set()
    with Supervision({"acoustic": quick}, got.append) as station:
        told(station, lambda: len(sound.streams) > MOST_HANGING)
