"""Contrast of a frame against its surroundings."""

import numpy as np
import pytest
import torch

from models.frontends.contrast import ONE_PASS, Contrast, surroundings


@pytest.mark.parametrize("side", [3, ONE_PASS, ONE_PASS + 2, 15])
def test_surroundings_are_the_mean_of_what_lies_on_the_map(side: int) -> None:
    maps = torch.randn(2, 1, 17, 20, dtype=torch.float64)
    found = surroundings(maps, side)
    assert found.shape == maps.shape
    reach = side // 2
    for row, column in ((0, 0), (8, 10), (16, 19), (1, 17)):
        inside = maps[:, :, max(0, row - reach) : row + reach + 1, max(0, column - reach) : column + reach + 1]
        torch.testing.assert_close(found[:, :, row, column], inside.mean(dim=(2, 3)))


def test_a_map_that_was_not_pooled_is_measured_once_with_the_same_result() -> None:
    contrast, frames = Contrast(1, 24, 32), torch.randn(3, 1, 24, 32)
    assert torch.equal(contrast.measure(frames, frames), contrast.measure(frames, frames.clone()))


def test_levels_are_those_of_the_sorted_map() -> None:
    contrast, frames = Contrast(1, 24, 32), torch.randn(3, 1, 24, 32)
    values = contrast.measure(frames, frames)[:, -9:]
    ordered = np.sort(frames.flatten(1).numpy())
    places = [round(level * 767) for level in (0.0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0)]
    wanted = np.sign(ordered[:, places]) * np.log1p(np.abs(ordered[:, places]))
    np.testing.assert_allclose(values.numpy(), wanted, rtol=1e-6, atol=1e-6)
