"""What a V4L2 camera is asked for, in which order, and what happens when it does something else; without a camera."""

from pathlib import Path
from typing import Any

import cv2
import pytest

from sensors.errors import SensorNotFoundError
from sensors.video.capture import OpenCVCapture, Request
from sensors.video.source import SourceKind, VideoSource

Y16 = float(cv2.VideoWriter.fourcc(*"Y16 "))
YUYV = float(cv2.VideoWriter.fourcc(*"YUYV"))


class FakeVideo:
    """Remembers what it is asked for and does it, but for what it was told to refuse."""

    refuses: dict[int, float]
    made: list["FakeVideo"]

    def __init__(self, *given: Any) -> None:
        self.given, self.asked, self.released = given, list[tuple[int, float]](), False
        self.made.append(self)

    def isOpened(self) -> bool:  # noqa: N802
        return True

    def set(self, key: int, value: float) -> bool:
        self.asked.append((key, value))
        return key not in self.refuses

    def get(self, key: int) -> float:
        return self.refuses.get(key, dict(self.asked).get(key, 0.0))

    def release(self) -> None:
        self.released = True


@pytest.fixture
def video(monkeypatch: pytest.MonkeyPatch) -> type[FakeVideo]:
    FakeVideo.refuses, FakeVideo.made = {}, []
    monkeypatch.setattr(cv2, "VideoCapture", FakeVideo)
    return FakeVideo


def request(kind: SourceKind = SourceKind.DEVICE, **options: Any) -> Request:
    size = {"width": 160, "height": 122, "rate_hz": 9.0}
    source = VideoSource(address=str(Path("/dev/video7")), kind=kind)
    return Request(**{"source": source, "fourcc": "Y16 ", "open_s": 12.0, **size, **options})


def test_a_v4l2_camera_is_asked_for_pixels_size_rate_and_then_for_no_conversion(video: type[FakeVideo]) -> None:
    OpenCVCapture(request())
    (one,) = video.made
    assert one.given == ("/dev/video7", cv2.CAP_V4L2)
    assert one.asked == [
        (cv2.CAP_PROP_FOURCC, Y16),
        (cv2.CAP_PROP_FRAME_WIDTH, 160.0),
        (cv2.CAP_PROP_FRAME_HEIGHT, 122.0),
        (cv2.CAP_PROP_FPS, 9.0),
        (cv2.CAP_PROP_CONVERT_RGB, 0),
    ]
    assert not one.released


def test_what_is_left_open_is_not_asked_for(video: type[FakeVideo]) -> None:
    OpenCVCapture(request(width=None, height=None, rate_hz=None))
    assert [key for key, _ in video.made[0].asked] == [cv2.CAP_PROP_FOURCC, cv2.CAP_PROP_CONVERT_RGB]


@pytest.mark.parametrize(
    ("refuses", "said"),
    [
        ({cv2.CAP_PROP_FOURCC: YUYV}, "pixel format 'Y16 ' asked, 'YUYV' found"),
        ({cv2.CAP_PROP_FRAME_HEIGHT: 120.0}, "height 122 asked, 120 found"),
        ({cv2.CAP_PROP_CONVERT_RGB: 1.0}, "raw frames asked, conversion to colour cannot be switched off"),
    ],
)
def test_a_camera_that_does_something_else_is_refused_and_released(
    video: type[FakeVideo], refuses: dict[int, float], said: str
) -> None:
    video.refuses = refuses
    with pytest.raises(SensorNotFoundError, match=f"/dev/video7 does not do what was asked: {said}$"):
        OpenCVCapture(request())
    assert video.made[0].released


def test_ffmpeg_is_told_how_long_opening_may_take_and_no_pixel_format(video: type[FakeVideo]) -> None:
    OpenCVCapture(request(SourceKind.STREAM, width=None, height=None, rate_hz=None))
    address, api, options = video.made[0].given
    assert (address, api) == ("/dev/video7", cv2.CAP_FFMPEG)
    assert options[:3] == [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, 12000, cv2.CAP_PROP_READ_TIMEOUT_MSEC]
    assert [key for key, _ in video.made[0].asked] == [cv2.CAP_PROP_CONVERT_RGB]
