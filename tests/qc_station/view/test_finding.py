"""The part is found where it lies, however it is turned, and nothing is found where nothing is."""

import math

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc_station.errors import CalibrationError
from qc_station.view.finding import find_part
from qc_station.view.frame import settled_frame
from qc_station.view.preview import HEIGHT, grey, preview
from qc_station.view.view import View
from sensors.readings import Reading
from sensors.streams import Stream


def scene(corners: list[list[float]], dtype: str = "uint16", noise: float = 20.0) -> np.ndarray:
    """A warm figure at 5000 on a floor at 3000, with noise and two dead pixels; edges to a quarter of a pixel."""
    large = np.zeros((480, 640), "float32")
    cv2.fillConvexPoly(large, np.round(np.array(corners) * 4).astype(np.int32), 1.0)
    share = cv2.resize(large, (160, 120), interpolation=cv2.INTER_AREA)
    frame = 3000 + 2000 * share + np.random.default_rng(1).normal(0, noise, share.shape)
    frame[5, 150] = frame[100, 3] = 9000
    return (frame / 256 if dtype == "uint8" else frame).astype(dtype)


@given(st.floats(0, math.pi), st.floats(15, 35), st.floats(12, 25), st.sampled_from(["uint8", "uint16", "float32"]))
def test_a_turned_rectangle_is_found_to_a_pixel_and_a_half(turn: float, long: float, short: float, dtype: str) -> None:
    c, s = math.cos(turn), math.sin(turn)
    corners = [
        [80 + c * x - s * y, 60 + s * x + c * y]
        for x, y in ((-long, -short), (long, -short), (long, short), (-long, short))
    ]
    found = np.array(find_part(scene(corners, dtype)))
    for corner in corners:
        assert np.hypot(*(found - corner).T).min() < 1.5


def test_a_part_seen_askew_gives_its_four_corners_clockwise_from_the_top_left() -> None:
    corners = [[40.0, 20.0], [120.0, 30.0], [135.0, 95.0], [25.0, 85.0]]
    np.testing.assert_allclose(find_part(scene(corners)), corners, atol=1.0)


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (np.full((120, 160), 3000, "uint16"), "nothing stands out"),
        (np.random.default_rng(2).normal(3000, 30, (120, 160)).astype("float32"), "nothing stands out"),
        (scene([[80, 60], [86, 60], [86, 66], [80, 66]]), r"covers 0\.\d% of the frame; needed: 1% to 95%"),
    ],
)
def test_where_there_is_no_part_it_is_said_what_was_found(frame: np.ndarray, message: str) -> None:
    with pytest.raises(CalibrationError, match=message):
        find_part(frame)


@pytest.mark.parametrize(
    "corners",
    [
        [[100, 40], [190, 40], [190, 90], [100, 90]],
        [[-30, 40], [50, 40], [50, 90], [-30, 90]],
        [[60, -20], [110, 10], [80, 60], [30, 30]],
        [[60, 80], [110, 100], [90, 150], [40, 130]],
        [[0, 40], [60, 40], [60, 90], [0, 90]],
    ],
)
def test_a_part_that_leaves_the_frame_has_no_corners_to_propose(corners: list[list[float]]) -> None:
    with pytest.raises(CalibrationError, match=r"touches the border of the frame: nobody sees where it ends"):
        find_part(scene(corners))


def test_the_preview_shows_the_outline_and_the_window_beside_it() -> None:
    corners = ((40.0, 20.0), (120.0, 30.0), (135.0, 95.0), (25.0, 85.0))
    frame = scene([list(point) for point in corners])
    picture = preview(frame, View(sensor=(120, 160), window=(24, 48), corners=corners))
    assert picture.shape == (HEIGHT, 640 + 16 + 960, 3)
    coloured = np.ptp(picture.astype(int), axis=2) > 60
    assert coloured[:, :640].any()
    assert not coloured[:, 640:].any()
    on_first = picture[round(20.0 * 4), round(40.0 * 4)]
    assert on_first.tolist() == [0, 200, 255]


def test_a_frame_without_contrast_is_black() -> None:
    assert not grey(np.full((4, 5), 7, "uint16")).any()


class Film:
    """A driver with so many frames and then silence, or its end."""

    stream = Stream(name="heat", kind="image", shape=(2, 2), nominal_rate_hz=None, units=("1",))

    def __init__(self, frames: int, *, ends: bool = False) -> None:
        self.left, self.ends, self.number, self.closed = frames, ends, 0, False

    def open(self) -> None:
        self.closed = False

    def read(self) -> Reading | None:
        if self.number == self.left:
            if self.ends:
                raise EOFError
            return None
        self.number += 1
        data = np.full((1, 2, 2), self.number, "uint8")
        return Reading(stream="heat", session=0, seq=self.number - 1, arrival_ns=0, device_ns=None, data=data)

    def close(self) -> None:
        self.closed = True


@pytest.mark.parametrize(("frames", "ends", "expected"), [(9, False, 5), (2, False, 2), (2, True, 2)])
def test_a_camera_is_asked_until_it_has_settled_and_closed_again(frames: int, ends: bool, expected: int) -> None:
    film, ticks = Film(frames, ends=ends), iter(range(100))
    assert settled_frame(film, clock=lambda: float(next(ticks)))[0, 0] == expected
    assert film.closed


def test_a_camera_without_a_frame_is_an_error_after_ten_seconds() -> None:
    film, ticks = Film(0), iter(range(100))
    with pytest.raises(CalibrationError, match=r"stream 'heat': no frame in 10 s"):
        settled_frame(film, clock=lambda: float(next(ticks)))
    assert film.closed
