"""Sixteen-bit frames through OpenCV and the real camera driver: from a file, and live through a pipe."""

from collections import deque
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from sensors.camera import Camera
from sensors.driver import Driver
from sensors.errors import SensorNotFoundError, SensorReadError
from sensors.readings import Quality, Reading
from sensors.simulated.wires.device import Device
from sensors.simulated.wires.pipe import Pipe
from sensors.simulated.wires.video import write_video
from sensors.simulated.wires.y4m import Y4mEncoder
from sensors.streams import Stream
from tests.sensors.simulated.measured import GAS, HEAT, Measured, heat

FAST = Stream(name="thermal", kind="image", shape=(24, 32), nominal_rate_hz=50.0, units=("cK",))
"""Fast, so that a test in real time is soon over."""


def next_of(driver: Driver) -> Reading:
    for _ in range(100):
        if (reading := driver.read()) is not None:
            return reading
    raise AssertionError("no frame within 20 s")


def next_fresh(driver: Driver, tries: int = 5) -> Reading:
    """The next frame, opening again where the video has ended, as the supervisor does."""
    for _ in range(tries):
        try:
            return next_of(driver)
        except SensorReadError:
            driver.close()
            driver.open()
    raise AssertionError(f"no frame after opening {tries} times")


def test_a_film_holds_every_bit_of_every_frame(tmp_path: Path) -> None:
    path = tmp_path / "line.mkv"
    assert write_video(Measured(HEAT, count=12), path) == 12
    camera = Camera(name="thermal", source=str(path), pixels="gray16", width=32, height=24)
    camera.open()
    frames = [next_of(camera) for _ in range(12)]
    assert camera.stream.nominal_rate_hz == 10.0
    np.testing.assert_array_equal(np.concatenate([frame.data for frame in frames]), heat(0, 12))
    with pytest.raises(EOFError):
        next_of(camera)
    camera.close()


def test_a_film_is_of_images_and_in_a_folder_that_is_there(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="needs images and a rate"):
        write_video(Measured(GAS, count=1), tmp_path / "gas.mkv")
    with pytest.raises(SensorNotFoundError, match="cannot write"):
        write_video(Measured(HEAT, count=1), tmp_path / "no folder" / "line.mkv")


@pytest.fixture
def live(tmp_path: Path) -> Iterator[tuple[Device, Camera]]:
    pipe = Pipe(tmp_path / "camera.y4m")
    device = Device(Measured(FAST), Y4mEncoder(FAST), pipe)
    camera = Camera(name="thermal", source=str(pipe.path), pixels="gray16", width=32, height=24, rate_hz=50.0)
    pipe.plug()
    device.start()
    yield device, camera
    camera.close()
    device.stop()


def test_a_camera_sees_live_frames_one_by_one_and_bit_for_bit(live: tuple[Device, Camera]) -> None:
    _, camera = live
    camera.open()
    frames = [next_of(camera) for _ in range(20)]
    first = next(n for n in range(200) if np.array_equal(heat(n, 1), frames[0].data))
    np.testing.assert_array_equal(
        np.concatenate([frame.data for frame in frames if not frame.quality & Quality.OVERFLOW]),
        np.concatenate([heat(first + frame.seq, 1) for frame in frames if not frame.quality & Quality.OVERFLOW]),
    )
    arrivals = [frame.arrival_ns for frame in frames]
    assert (arrivals[-1] - arrivals[4]) / 15 == pytest.approx(20e6, rel=0.5)


def test_a_camera_that_is_opened_again_finds_a_video_from_its_beginning(live: tuple[Device, Camera]) -> None:
    _, camera = live
    for session in range(3):
        camera.open()
        reading = next_of(camera)
        assert (reading.session, reading.data.shape) == (session, (1, 24, 32))
        assert abs(float(reading.data.mean()) - 29515) < 10
        camera.close()


def test_a_camera_that_is_switched_off_has_ended_and_comes_back(live: tuple[Device, Camera]) -> None:
    device, camera = live
    camera.open()
    next_of(camera)
    device.stop()
    with pytest.raises(SensorReadError, match="no more frames"):
        deque((camera.read() for _ in range(100)), maxlen=0)
    camera.close()
    with pytest.raises(SensorNotFoundError, match="no video source"):
        camera.open()
    device.link.plug()
    device.start()
    camera.open()
    assert next_fresh(camera).count == 1
