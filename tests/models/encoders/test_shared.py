"""A process that has no window of a stream, or a part of them, draws and gives what it would have in the whole."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from models.encoders import encoder_for
from models.encoders.base import Encoder
from tests.synthetic import ACOUSTIC, ENOSE, SPECS, THERMAL, raw_windows

MANY = 450
"""Windows, enough for convolutions on images."""
LARGE = replace(THERMAL, shape=(1, 40, 40))


def fitted(spec: object, windows: int = MANY) -> Encoder:
    encoder = encoder_for(spec, 8)  # type: ignore[arg-type]
    encoder.fit(raw(spec, windows))
    for layer in encoder.modules():
        # Statistics of the batch are another matter: see models.shared_normalization.
        if isinstance(layer, nn.BatchNorm2d):
            layer.eval()
            layer.train = lambda _=True, layer=layer: layer  # type: ignore[method-assign,assignment,misc]
    return encoder.train()


def raw(spec: object, items: int) -> torch.Tensor:
    return torch.from_numpy(raw_windows(spec, items)).float()  # type: ignore[arg-type]


@pytest.mark.parametrize("mine", [slice(0, 0), slice(0, 3), slice(3, 7), slice(0, 7)])
@pytest.mark.parametrize(("spec", "fewest"), [*((spec, MANY) for spec in SPECS), (LARGE, MANY), (LARGE, 20)])
def test_shared_windows_have_the_noise_of_the_whole(spec: object, fewest: int, mine: slice) -> None:
    encoder, windows = fitted(spec, fewest), raw(spec, 7)
    torch.manual_seed(1)
    whole, after = encoder(windows), torch.get_rng_state()
    torch.manual_seed(1)
    encoder.share = (7, mine)
    given = windows[mine].requires_grad_()
    found = encoder(given)
    assert torch.equal(torch.get_rng_state(), after)
    torch.testing.assert_close(found, whole[mine], rtol=1e-5, atol=1e-5)
    found.sum().backward()
    assert given.grad is not None
    assert given.grad.shape == given.shape


def test_in_use_nothing_is_drawn() -> None:
    for spec in (ACOUSTIC, THERMAL, ENOSE):
        encoder, before = fitted(spec).eval(), torch.get_rng_state()
        encoder.share = (7, slice(0, 2))
        encoder(raw(spec, 2))
        assert torch.equal(torch.get_rng_state(), before)
