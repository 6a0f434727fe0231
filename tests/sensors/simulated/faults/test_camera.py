"""Each fault of a thermal camera, seen by the real driver: what is seen and counted, and that it comes back."""

import queue
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from sensors.camera import Camera
from sensors.readings import Reading
from sensors.simulated.faults.duplicates import Duplicates
from sensors.simulated.faults.fault import Fault
from sensors.simulated.faults.frozen_shutter import FrozenShutter
from sensors.simulated.faults.half_frames import HalfFrames
from sensors.simulated.faults.hang import Hang
from sensors.simulated.faults.saturation import Saturation
from sensors.simulated.faults.unplug import Unplug
from sensors.simulated.faults.wrong_rate import WrongRate
from sensors.simulated.line import START_NS
from sensors.simulated.wires.device import Device
from sensors.simulated.wires.pipe import Pipe
from sensors.simulated.wires.y4m import Y4mEncoder
from sensors.supervision.health import State
from sensors.supervision.station import Supervision
from sensors.video.capture import Request
from tests.sensors.simulated.faults.floor import BACK_S, BEGIN_S, Floor, at
from tests.sensors.simulated.measured import HEAT, Measured
from tests.sensors.supervision.scripted import Clock, S

PATIENCE_S = 15.0
"""How long a test waits for another thread before it fails."""
FRAME = b"FRAME\n"
SHAPE = (24, 32)
FRAME_BYTES = 2 * 24 * 32


class Cable:
    """A link whose other end is a capture: frames as OpenCV hands them over; half a frame is none it can decode."""

    def __init__(self, path: Path) -> None:
        self.path, self.counters = path, dict[str, int]()
        self.captures: list[Frames] = []
        self.plugged = False

    def plug(self) -> None:
        self.path.symlink_to("/dev/null")
        self.plugged = True

    def unplug(self) -> None:
        self.path.unlink(missing_ok=True)
        self.plugged = False

    @property
    def listeners(self) -> int:
        return len(self.captures)

    @property
    def heard(self) -> bool:
        return self.plugged and bool(self.captures)

    def send(self, chunk: bytes) -> None:
        for frame in chunk.split(FRAME)[1:]:
            self.captures[-1].put(frame)
        self.captures[-1].settle()

    def capture(self, _request: Request) -> "Frames":
        self.captures.append(Frames())
        return self.captures[-1]


class Frames:
    """An open capture."""

    size, rate_hz = SHAPE[::-1], 10.0

    def __init__(self) -> None:
        self.frames: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self.frame: bytes | None = None
        self.changed = threading.Condition()
        self.sent, self.asked, self.released = 0, 0, False

    def put(self, frame: bytes | None) -> None:
        self.sent += 1
        self.frames.put(frame)

    def settle(self) -> None:
        """Wait until every frame was handed on: the driver asks for one more, or has let go."""
        with self.changed:
            assert self.changed.wait_for(lambda: self.asked > self.sent or self.released, PATIENCE_S)

    def grab(self) -> bool:
        with self.changed:
            self.asked += 1
            self.changed.notify_all()
        self.frame = self.frames.get()
        return self.frame is not None

    def retrieve(self) -> NDArray[Any] | None:
        frame = self.frame or b""
        return np.frombuffer(frame, np.uint16).reshape(SHAPE) if len(frame) == FRAME_BYTES else None

    def release(self) -> None:
        with self.changed:
            self.released = True
            self.changed.notify_all()


@pytest.fixture
def floor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Floor]]:
    """Builds a camera with faults; a frame that was sent is there before the driver looks."""
    monkeypatch.setattr("sensors.camera.READ_WAIT_S", 0.005)
    cables = []

    def build(*faults: Fault) -> Floor:
        clock, cable = Clock(START_NS), Cable(tmp_path / "camera")
        cables.append(cable)
        device = Device(Measured(HEAT), Y4mEncoder(HEAT), cable, faults=faults, clock=clock)
        options = {"width": 32, "height": 24, "rate_hz": 10.0, "close_wait_s": 0.0}
        camera = Camera(
            name="thermal", source=str(cable.path), pixels="y16", capture=cable.capture, clock=clock, **options
        )
        return Floor(camera, clock, device)

    yield build
    for cable in cables:
        for capture in cable.captures:
            capture.put(None)


def begun(floor: Floor) -> Floor:
    """Up to the moment at which the fault begins; nothing is wrong before it."""
    floor.run(BEGIN_S - floor.tick_s)
    assert floor.state is State.LIVE
    assert not floor.doubts
    assert not any((*floor.counters.driver.values(), floor.counters.failures))
    return floor


def test_a_frozen_shutter_is_seen_frame_by_frame_and_is_no_life(floor: Callable[..., Floor]) -> None:
    one = begun(floor(at(FrozenShutter, 5.0)))
    assert one.run(5.0) == {State.LIVE, State.STALE}
    assert "nothing new" in one.health.why(one.clock())
    assert one.counters.repeated == one.counters.driver["repeated"] >= 48
    assert one.back_after_s() < 1.0
    assert one.counters.failures == 0


def test_saturated_frames_are_counted_and_doubted(floor: Callable[..., Floor]) -> None:
    one = begun(floor(at(Saturation, 3.0)))
    # An image of nothing but the end of the range is the same again and again, and so no life either.
    assert one.run(3.0) == {State.LIVE, State.STALE}
    assert one.health.doubts == ("at the end of its range",)
    assert one.counters.saturated >= 28
    one.back_after_s(doubted=True)


def test_half_frames_are_a_failure_until_they_are_whole(floor: Callable[..., Floor]) -> None:
    one = begun(floor(at(HalfFrames, 4.0)))
    assert State.REOPENING in one.run(4.0)
    assert "could not be decoded" in one.health.reason
    assert one.counters.failures >= 3
    one.back_after_s()
    assert one.health.reason == ""


def test_frames_that_come_twice_are_seen_and_their_rate_is_doubted(floor: Callable[..., Floor]) -> None:
    one = begun(floor(at(Duplicates, 10.0)))
    assert one.run(10.0) == {State.LIVE}
    assert one.counters.repeated >= 95
    assert one.health.rate_hz == pytest.approx(20.0, rel=0.05)
    one.back_after_s(doubted=True)
    assert one.counters.wrong_rates == 1


def test_a_camera_at_another_rate_is_doubted_until_it_is_right(floor: Callable[..., Floor]) -> None:
    one = begun(floor(at(WrongRate, 10.0, factor=0.5)))
    one.run(10.0)
    assert one.health.rate_hz == pytest.approx(5.0, rel=0.05)
    one.back_after_s(doubted=True)
    assert one.counters.wrong_rates == 1


def test_a_camera_that_says_nothing_is_stale_and_opened_again(floor: Callable[..., Floor]) -> None:
    one = begun(floor(at(Hang, 11.5)))
    assert one.run(11.5) >= {State.STALE, State.REOPENING}
    assert one.counters.failures == 1
    assert one.counters.driver["abandoned"] == 1
    one.back_after_s()


def test_an_unplugged_camera_is_found_again(floor: Callable[..., Floor]) -> None:
    one = begun(floor(at(Unplug, 5.0)))
    assert State.REOPENING in one.run(5.0)
    assert "no video source" in one.health.reason
    one.back_after_s()
    assert one.got[-1].session == 1


class Cut(HalfFrames):
    """Cuts frames for as long as a test says; at a place where the parts of two are no frame."""

    now = threading.Event()

    def active(self, now_ns: int) -> bool:  # noqa: ARG002
        return self.now.is_set()


def test_cut_frames_in_a_real_video_are_a_failure_and_the_video_is_found_again(tmp_path: Path) -> None:
    heard, got = threading.Condition(), list[Reading]()

    def take(reading: Reading) -> None:
        with heard:
            got.append(reading)
            heard.notify_all()

    pipe = Pipe(tmp_path / "camera.y4m")
    cut = Cut(start_ns=0, duration_s=float("inf"), share=0.4)
    device = Device(Measured(HEAT), Y4mEncoder(HEAT), pipe, faults=[cut])
    camera = Camera(name="thermal", source=str(pipe.path), pixels="y16", width=32, height=24, rate_hz=10.0)
    device.start()
    with Supervision({"thermal": lambda: camera}, take) as station:
        assert station.start() == {}
        counters, pause, limit = station.healths["thermal"].counters, threading.Event(), time.monotonic() + PATIENCE_S
        Cut.now.set()
        while not counters.failures:
            assert time.monotonic() < limit
            pause.wait(0.01)
        Cut.now.clear()
        whole_ns, session = time.monotonic_ns(), got[-1].session
        with heard:
            assert heard.wait_for(lambda: got[-1].session > session, PATIENCE_S)
        assert got[-1].arrival_ns - whole_ns < BACK_S * S
        assert station.look()["thermal"] is State.LIVE
    device.stop()
