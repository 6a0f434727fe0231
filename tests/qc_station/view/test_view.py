"""A frame becomes the window: exactly where nothing is to be computed, and as the plane says where it is."""

import json

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc_station.config.station import StreamConfig
from qc_station.view.applied import Applied
from qc_station.view.view import View, outline_of_region

DTYPES = ("uint8", "uint16", "float32")
TILTED = ((3.0, 2.0), (41.0, 5.5), (46.0, 30.0), (1.5, 27.0))


def ramp(rows: int, columns: int, dtype: str = "float32", frames: int = 1) -> np.ndarray:
    """Frames that say at each pixel's middle where it is: 3 x + 2 y."""
    y, x = np.mgrid[:rows, :columns] + 0.5
    return np.stack([(3 * x + 2 * y + 10 * n).astype(dtype) for n in range(frames)])


def test_without_a_region_the_very_frames_come_back() -> None:
    view = View.of(StreamConfig(kind="image", height=6, width=8, dtype="uint16"))
    frames = ramp(6, 8, "uint16", frames=2)
    assert view.identity
    assert view.apply(frames) is frames


def test_a_region_of_the_windows_size_is_a_view_of_the_frame_without_a_copy() -> None:
    view = View(sensor=(6, 8), window=(3, 4), region=(2, 1, 4, 3))
    frames = ramp(6, 8, frames=2)
    assert np.shares_memory(view.apply(frames), frames)
    np.testing.assert_array_equal(view.apply(frames), frames[:, 1:4, 2:6])


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_region_twice_as_large_as_the_window_is_the_mean_of_four_pixels(dtype: str) -> None:
    frames = np.random.default_rng(1).integers(0, 200, (2, 10, 12)).astype(dtype)
    found = View(sensor=(10, 12), window=(3, 4), region=(1, 2, 8, 6)).apply(frames)
    means = frames[:, 2:8, 1:9].astype(float).reshape(2, 3, 2, 4, 2).mean(axis=(2, 4))
    assert found.dtype == dtype
    np.testing.assert_allclose(found, means, atol=0.51 if dtype != "float32" else 1e-4)


def test_a_region_that_is_wide_and_low_is_averaged_along_and_drawn_out_across() -> None:
    found = View(sensor=(4, 16), window=(8, 4)).apply(ramp(4, 16))[0]
    y, x = np.mgrid[:8, :4] + 0.5
    # Beyond the middle of the outermost pixels nothing was measured.
    np.testing.assert_allclose(found[1:-1], (3 * x * 4 + 2 * y / 2)[1:-1], atol=1e-3)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("window", [(24, 40), (60, 100), (9, 13)])
def test_four_corners_show_the_plane_between_them(dtype: str, window: tuple[int, int]) -> None:
    view = View(sensor=(32, 48), window=window, corners=TILTED)
    found = view.apply(ramp(32, 48, dtype, frames=2))
    y, x = np.mgrid[: window[0], : window[1]] + 0.5
    seen = view.to_sensor(np.column_stack([x.ravel(), y.ravel()]))
    expected = (seen @ [3.0, 2.0]).reshape(window)
    assert (found.shape, found.dtype) == ((2, *window), np.dtype(dtype))
    np.testing.assert_allclose(found[0], expected, atol=1.6)
    np.testing.assert_allclose(found[1], expected + 10, atol=1.6)


def test_the_corners_of_a_region_give_what_the_region_gives() -> None:
    frames = np.random.default_rng(2).integers(0, 60000, (1, 20, 30)).astype("uint16")
    flat = View(sensor=(20, 30), window=(8, 10), region=(4, 3, 10, 8)).apply(frames)
    bent = View(sensor=(20, 30), window=(8, 10), corners=outline_of_region(4, 3, 10, 8)).apply(frames)
    np.testing.assert_array_equal(flat, bent)


def test_a_shrinking_perspective_averages_and_does_not_pick_pixels() -> None:
    stripes = np.tile(np.array([0, 1000], "uint16"), (1, 64, 32))
    found = View(sensor=(64, 64), window=(16, 16), corners=outline_of_region(0, 0, 64, 64)).apply(stripes)
    assert np.ptp(found[:, 1:-1, 1:-1]) <= 40
    assert abs(float(found.mean()) - 500.0) < 20


def test_the_corners_of_the_window_are_the_corners_in_the_frame() -> None:
    view = View(sensor=(32, 48), window=(10, 20), corners=TILTED)
    window = np.array([[0, 0], [20, 0], [20, 10], [0, 10]], float)
    np.testing.assert_allclose(view.to_sensor(window), TILTED, atol=1e-4)


@given(st.lists(st.tuples(st.floats(4, 40), st.floats(4, 26)), min_size=1, max_size=8))
def test_there_and_back_is_where_one_began(points: list[tuple[float, float]]) -> None:
    view = View(sensor=(32, 48), window=(10, 20), corners=TILTED)
    np.testing.assert_allclose(view.to_sensor(view.to_window(np.array(points))), points, atol=1e-6)


def test_a_mark_in_the_window_is_shown_at_its_place_in_the_frame() -> None:
    view = View(sensor=(32, 48), window=(20, 40), corners=TILTED)
    mark = np.zeros((20, 40), "float32")
    mark[5:8, 30:33] = 1.0
    shown = view.on_sensor(mark)
    middle = view.to_sensor(np.array([[31.5, 6.5]]))[0]
    y, x = np.mgrid[:32, :48] + 0.5
    found = np.array([(shown * x).sum(), (shown * y).sum()]) / shown.sum()
    np.testing.assert_allclose(found, middle, atol=0.2)
    outside = cv2.fillConvexPoly(np.ones((32, 48), "uint8"), np.round(TILTED).astype(np.int32), 0)
    outside = cv2.erode(outside, np.ones((3, 3), "uint8"))
    assert not shown[outside.astype(bool)].any()


def test_frames_of_another_size_are_refused_with_both_sizes() -> None:
    with pytest.raises(ValueError, match=r"frames of \(6, 9\) \(rows, columns\); this view takes \(6, 8\)"):
        View(sensor=(6, 8), window=(6, 8)).apply(ramp(6, 9))


def test_what_was_applied_is_json_and_reads_back() -> None:
    applied = Applied(offset_ns=5, position_mm=300.0, travel_ns=7, sensor_size=(32, 48), outline=TILTED)
    read = json.loads(json.dumps(applied.as_json()))
    assert read["outline"] == [list(point) for point in TILTED]
    assert (read["offset_ns"], read["position_mm"], read["travel_ns"], read["sensor_size"]) == (5, 300.0, 7, [32, 48])
