"""The front ends' gradients against finite differences, in double precision."""

import pytest
import torch

from models.frontends.contrast import Contrast
from models.frontends.logmel import LogMel
from models.frontends.statistics import Statistics
from models.frontends.top_hat import TopHats


@pytest.mark.parametrize("n_fft", [32, 64])
def test_the_log_mel_spectrogram_has_the_gradient_of_finite_differences(n_fft: int) -> None:
    frontend = LogMel(8000.0, n_fft, n_fft // 2, 8).double()
    sound = torch.randn(2, 80, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(frontend, sound)


@pytest.mark.parametrize("kind", [Contrast, TopHats])
def test_statistics_of_frames_have_the_gradient_of_finite_differences(kind: type[Statistics]) -> None:
    frontend = kind(1, 8, 7).double()
    mean = torch.randn(2, 1, 8, 7, dtype=torch.float64, requires_grad=True)
    # Differences of a tenth, so that no finite step changes an order.
    highest = (mean.detach() + torch.rand_like(mean)).requires_grad_()
    assert torch.autograd.gradcheck(frontend, (mean, highest))
