import itertools
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sensors.camera import Camera
from sensors.driver import Driver
from sensors.errors import SensorNotFoundError, SensorReadError
from sensors.hanging import MOST_HANGING
from sensors.readings import Quality, Reading
from sensors.video.capture import Request
from tests.sensors.scripted_capture import ScriptedCapture, frame

PATIENCE_S = 30.0
"""How long a test waits for another thread before it fails; never waited out in a test that passes."""


class Scene:
    """Cameras on scripted captures; each opening takes the next capture."""

    def __init__(self, device: str) -> None:
        self.device = device
        self.captures = [ScriptedCapture() for _ in range(MOST_HANGING + 2)]
        self.requests: list[Request] = []
        self.cameras: list[Camera] = []

    def camera(self, **options: Any) -> Camera:
        given = {"name": "thermal", "source": self.device, "pixels": "y16", "close_wait_s": 0.0, **options}
        camera = Camera(capture=self._opened, **given)
        self.cameras.append(camera)
        return camera

    def _opened(self, request: Request) -> ScriptedCapture:
        self.requests.append(request)
        return self.captures[len(self.requests) - 1]

    def end(self) -> None:
        for capture in self.captures:
            capture.feed("end")
        for camera in self.cameras:
            camera.close()


@pytest.fixture
def device(tmp_path: Path) -> str:
    """The name that udev gives to a device and takes away when it is unplugged."""
    (tmp_path / "camera").symlink_to("/dev/null")
    return str(tmp_path / "camera")


@pytest.fixture
def scene(device: str) -> Iterator[Scene]:
    scene = Scene(device)
    yield scene
    scene.end()


def next_of(driver: Driver) -> Reading:
    for _ in range(200):
        reading = driver.read()
        if reading is not None:
            return reading
    raise AssertionError("no reading came")


def test_frames_become_readings_in_order(scene: Scene) -> None:
    scene.captures[0].feed(frame(30000), frame(30001))
    camera = scene.camera()
    camera.open()
    one, two = next_of(camera), next_of(camera)
    assert (one.seq, two.seq, one.session, one.quality) == (0, 1, 0, Quality.OK)
    assert (one.stream, one.data.shape, one.data.dtype) == ("thermal", (1, 3, 4), np.float32)
    np.testing.assert_allclose(two.data, 26.86, atol=1e-4)
    assert (camera.stream.shape, camera.stream.units, camera.stream.nominal_rate_hz) == ((3, 4), ("Cel",), 9.0)


def test_a_frame_is_stamped_between_grab_and_retrieve(scene: Scene) -> None:
    log, ticks = scene.captures[0].feed(frame(1), frame(2)).log, itertools.count(100)

    def clock() -> int:
        log.append("clock")
        return next(ticks)

    camera = scene.camera(clock=clock)
    camera.open()
    assert [next_of(camera).arrival_ns, next_of(camera).arrival_ns] == [100, 101]
    assert log[:6] == ["grab", "clock", "retrieve"] * 2


def test_a_capture_that_hangs_does_not_stop_the_reader(scene: Scene) -> None:
    camera = scene.camera()
    camera.open()
    assert scene.captures[0].starved.wait(PATIENCE_S)
    assert camera.read() is None
    scene.captures[0].feed(frame(7))
    assert next_of(camera).seq == 0


def test_a_hanging_capture_is_abandoned_and_the_next_session_is_not_disturbed(scene: Scene) -> None:
    hung, fresh = scene.captures[:2]
    camera = scene.camera()
    camera.open()
    assert hung.starved.wait(PATIENCE_S)
    camera.close()
    assert camera.counters["abandoned"] == 1
    camera.open()
    hung.feed(frame(99))  # It wakes after all: the frame belongs to nobody.
    assert hung.released.wait(PATIENCE_S)
    fresh.feed(frame(5))
    reading = next_of(camera)
    assert (reading.session, reading.seq) == (1, 0)
    np.testing.assert_allclose(reading.data, 0.05 - 273.15, atol=1e-4)


def test_abandoned_threads_are_bounded_and_forgiven_when_they_end(scene: Scene) -> None:
    camera = scene.camera()
    for capture in scene.captures[:MOST_HANGING]:
        camera.open()
        assert capture.starved.wait(PATIENCE_S)
        camera.close()
    with pytest.raises(SensorNotFoundError, match=f"{MOST_HANGING} captures .* hang .*unplug the camera"):
        camera.open()
    with pytest.raises(SensorNotFoundError, match=f"{MOST_HANGING} captures of {scene.device} hang"):
        scene.camera(name="another").open()
    (hung,) = (t for t in threading.enumerate() if t is scene.captures[0].thread)
    scene.captures[0].feed("end")
    hung.join(PATIENCE_S)
    camera.open()
    assert camera.session == MOST_HANGING


def test_a_slow_reader_gets_the_newest_frames_and_is_told_how_many_it_missed(scene: Scene) -> None:
    scene.captures[0].feed(*(frame(30000 + i) for i in range(10)))
    camera = scene.camera()
    camera.open()
    assert scene.captures[0].starved.wait(PATIENCE_S)
    readings = [next_of(camera) for _ in range(4)]
    assert [reading.seq for reading in readings] == [6, 7, 8, 9]
    assert readings[0].quality == Quality.OVERFLOW | Quality.GAP_BEFORE
    assert [reading.quality for reading in readings[1:]] == [Quality.OK] * 3
    assert camera.counters["overflows"] == 6


def test_frozen_and_saturated_frames_are_flagged_and_counted(scene: Scene) -> None:
    scene.captures[0].feed(frame(30000), frame(30000), frame(65535), frame(30000))
    camera = scene.camera()
    camera.open()
    flags = [next_of(camera).quality for _ in range(4)]
    assert flags == [Quality.OK, Quality.REPEATED, Quality.SATURATED, Quality.OK]
    assert (camera.counters["repeated"], camera.counters["saturated"]) == (1, 1)


def test_an_unplugged_device_is_an_error_although_frames_still_come(scene: Scene) -> None:
    scene.captures[0].feed(*(frame(i) for i in range(4)))
    camera = scene.camera()
    camera.open()
    assert next_of(camera).seq == 0
    Path(scene.device).unlink()
    with pytest.raises(SensorReadError, match=rf"'thermal': {scene.device} is gone; found: "):
        camera.read()
    with pytest.raises(SensorNotFoundError, match=rf"'thermal': no video source {scene.device} .*found: "):
        camera.open()


@pytest.mark.parametrize(
    ("event", "said"),
    [
        ("end", "no more frames came"),
        (RuntimeError("bus"), "'thermal': bus"),
        (SensorReadError("odd"), "'thermal': odd"),
        (np.zeros((3, 4), np.uint8), "uint8; needed"),
        (np.zeros((5, 4), np.uint16), r"\(5, 4\) pixels in size, \(3, 4\) before"),
        (None, "could not be decoded"),
    ],
)
def test_what_goes_wrong_in_the_thread_reaches_the_reader_after_the_frames_before_it(
    scene: Scene, event: Any, said: str
) -> None:
    scene.captures[0].feed(frame(1), event)
    camera = scene.camera()
    camera.open()
    assert next_of(camera).seq == 0
    with pytest.raises(SensorReadError, match=said):
        next_of(camera)
    camera.close()
    scene.captures[1].feed(frame(1))
    camera.open()
    assert next_of(camera).session == 1


def test_a_capture_that_never_opens_is_given_up(scene: Scene) -> None:
    gate = threading.Event()

    def hang(request: Request) -> ScriptedCapture:
        assert request.source.address == scene.device
        gate.wait()
        return scene.captures[0]

    camera = Camera(
        name="thermal", source=scene.device, pixels="y16", capture=hang, open_wait_s=0.01, close_wait_s=0.01
    )
    with pytest.raises(SensorNotFoundError, match=r"did not open within 0\.01 s"):
        camera.open()
    assert (camera.counters["abandoned"], camera.session) == (1, -1)
    gate.set()
    assert scene.captures[0].released.wait(PATIENCE_S)


def test_the_format_says_what_is_asked_of_the_device(scene: Scene) -> None:
    scene.camera(pixels="infiray", rate_hz=25.0).open()
    scene.camera(pixels="y16", width=160, height=122).open()
    asked = [(r.fourcc, r.width, r.height, r.rate_hz) for r in scene.requests]
    assert asked == [("YUYV", 256, 384, 25.0), ("Y16 ", 160, 122, None)]
    assert [camera.stream.nominal_rate_hz for camera in scene.cameras] == [25.0, 9.0]


def test_closing_releases_and_may_be_repeated(scene: Scene) -> None:
    camera = scene.camera()
    camera.close()
    scene.captures[0].feed(frame(1), "end")
    camera.open()
    camera.close()
    camera.close()
    assert scene.captures[0].released.wait(PATIENCE_S)
    with pytest.raises(SensorReadError, match=r"'thermal'.*call open\(\) first"):
        camera.read()


def test_counts_have_the_unit_that_a_person_knows_and_degrees_no_other(device: str) -> None:
    counts = Camera(name="a", source=device, pixels="gray16", unit="cK")
    assert counts.stream.units == ("cK",)
    assert Camera(name="a", source=device, pixels="gray16").stream.units == ("1",)
    with pytest.raises(ValueError, match="unit = 'cK' for pixels 'y16'; allowed: 'Cel'"):
        Camera(name="a", source=device, pixels="y16", unit="cK")


def test_opencv_is_to_give_up_opening_before_the_camera_does(scene: Scene) -> None:
    camera = scene.camera(open_wait_s=10.0)
    camera.open()
    assert scene.requests[0].open_s < camera.open_wait_s == 10.0


def test_constructing_touches_nothing_and_knows_the_size_of_the_format(tmp_path: Path) -> None:
    camera = Camera(name="p2", source=str(tmp_path / "absent"), pixels="infiray")
    assert camera.stream.shape == (192, 256)
    assert camera.session == -1
