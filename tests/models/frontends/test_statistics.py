"""What all statistics of frames have in common."""

import pytest
import torch

from models.frontends.contrast import Contrast
from models.frontends.statistics import OUTLIER, Statistics
from models.frontends.top_hat import TopHats


@pytest.mark.parametrize("kind", [Contrast, TopHats])
def test_training_frames_are_standard_and_far_outliers_are_held(kind: type[Statistics]) -> None:
    statistics = kind(1, 32, 40)
    frames = torch.randn(50, 1, 32, 40, generator=torch.Generator().manual_seed(0))
    statistics.fit(frames, frames)
    values = statistics(frames, frames)
    assert values.shape == (50, statistics.count)
    torch.testing.assert_close(values.mean(dim=0), torch.zeros(statistics.count), atol=0.1, rtol=0.0)
    strange = frames.clone()
    strange[:, :, 16, 16] = 1e6
    assert statistics(strange, strange).abs().max() == OUTLIER


@pytest.mark.parametrize("kind", [Contrast, TopHats])
def test_a_single_frame_leaves_the_scale_as_it_is(kind: type[Statistics]) -> None:
    statistics, frame = kind(1, 32, 40), torch.randn(1, 1, 32, 40)
    statistics.fit(frame, frame)
    assert torch.equal(statistics.scale, torch.ones(statistics.count))
