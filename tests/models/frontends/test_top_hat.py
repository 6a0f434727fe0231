"""Spots that stand out of all that is larger."""

import numpy as np
import pytest
import torch
from scipy import ndimage

from models.frontends.top_hat import COMMON, FLAT, HEIGHTS, LEAST, MOST, SIDES, TopHats, top_hat


@pytest.mark.parametrize("side", [*SIDES[:3], 5])
def test_the_height_over_the_opening_is_that_of_scipy_up_to_the_edge(side: int) -> None:
    maps = torch.randn(2, 1, 17, 20, generator=torch.Generator().manual_seed(0))
    for frame, found in zip(maps[:, 0].numpy(), top_hat(maps, side)[:, 0].numpy(), strict=True):
        # "nearest" repeats what lies in the square anyway, so that the edge counts no more than once.
        lowest = ndimage.grey_erosion(frame, size=(side, side), mode="nearest")
        opened = ndimage.grey_dilation(lowest, size=(side, side), mode="nearest")
        np.testing.assert_array_equal(found, frame - opened)


def test_a_plateau_stands_out_only_of_larger_squares() -> None:
    frame = torch.zeros(1, 1, 32, 32)
    frame[:, :, 10:16, 10:16] = 3.0
    assert top_hat(frame, 5).max() == 0.0
    assert top_hat(frame, 7).max() == 3.0


def frames_with(spot: float, size: int) -> torch.Tensor:
    """A scene with a wide warm plateau, and a spot on it."""
    scene = torch.randn(1, 1, 48, 64, generator=torch.Generator().manual_seed(1)) * 0.02
    scene[:, :, :, 30:] += 2.0
    scene[:, :, 20 : 20 + size, 40 : 40 + size] += spot
    return scene


def heights(frame: torch.Tensor) -> torch.Tensor:
    """By side and place."""
    return TopHats(1, 48, 64).measure(frame, frame)[0, : len(SIDES) * len(HEIGHTS)].reshape(len(SIDES), -1)


def test_a_spot_on_a_plateau_is_seen_by_every_square_that_is_larger() -> None:
    clear, hot = heights(frames_with(0.0, 5)), heights(frames_with(4.0, 5))
    single = HEIGHTS.index(1.0)
    assert hot[0, single] - clear[0, single] < 1.0
    assert (hot[1:, single] - clear[1:, single] > 2.0).all()


def test_the_highest_cell_is_measured_over_most_of_the_frame() -> None:
    frame = frames_with(4.0, 5)
    values = TopHats(1, 48, 64).measure(frame, frame)[0, len(SIDES) * len(HEIGHTS) : -1].exp() - LEAST
    ordered = np.sort(frame.flatten().numpy())
    places = [round(level * (len(ordered) - 1)) for level in (*MOST, *COMMON)]
    *most, low, high = ordered[places]
    np.testing.assert_allclose(values.numpy(), (ordered[-1] - np.array(most)) / (high - low + FLAT), rtol=1e-4)


def test_a_dark_spot_is_as_deep_as_a_bright_one_is_high() -> None:
    depth = TopHats(1, 48, 64).count - 1
    clear, dark = (TopHats(1, 48, 64).measure(frame, frame)[0] for frame in (frames_with(0.0, 5), frames_with(-4.0, 5)))
    assert dark[depth] - clear[depth] > 2.0
    bright = heights(frames_with(4.0, 5))[-1, HEIGHTS.index(1.0)]
    assert float(dark[depth] - bright) == pytest.approx(0.0, abs=0.1)


def test_heights_are_relative_to_the_common_values_whatever_the_unit() -> None:
    frame = frames_with(4.0, 5)
    torch.testing.assert_close(heights(100.0 * frame), heights(frame), atol=0.01, rtol=0.0)


@pytest.mark.parametrize(
    ("sides", "large_enough"), [((31, 31), True), ((48, 64), True), ((64, 30), False), ((1, 8), False)]
)
def test_a_map_must_hold_every_square(sides: tuple[int, int], large_enough: bool) -> None:
    assert TopHats.fit_into(*sides) == large_enough


def test_a_flat_frame_has_no_spots() -> None:
    flat = torch.zeros(1, 1, 48, 64)
    assert torch.equal(heights(flat), heights(flat).min().expand(len(SIDES), len(HEIGHTS)))
