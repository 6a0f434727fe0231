"""The fusion's gradient against finite differences, in double precision: hidden layers, straight path and heads."""

import pytest
import torch

from models.network import FEATURES
from tests.synthetic import ENOSE, LABEL, LABEL_ACOUSTIC, network

SPECS = tuple(type(ENOSE)(name=n, kind="series", shape=(1, 4)) for n in ("acoustic", "enose"))


@pytest.mark.parametrize("mask", [(True, True), (True, False), (False, True)])
def test_the_fusion_has_the_gradient_of_finite_differences(mask: tuple[bool, bool]) -> None:
    net = network(SPECS, (LABEL, LABEL_ACOUSTIC)).double()
    presence = torch.tensor([mask, (True, True)])
    features = [torch.randn(2, FEATURES, dtype=torch.float64).requires_grad_() for _ in SPECS]

    def fused(*signals: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return tuple(net.answer(net.advance(signals, presence)).values())

    assert torch.autograd.gradcheck(fused, features)


def test_its_parameters_have_the_gradient_of_finite_differences() -> None:
    """Along random directions in all weights at once, for there are thousands."""
    net = network(SPECS, (LABEL, LABEL_ACOUSTIC)).double()
    shared = net.paths()["shared"]
    features = [torch.randn(3, FEATURES, dtype=torch.float64) for _ in SPECS]
    presence = torch.tensor([(True, True), (True, False), (False, True)])
    # Biases begin at zero, the corner of every rectifier whose streams are absent.
    start = [p.detach() + 0.1 * torch.randn_like(p) for p in shared]

    def total(directions: list[torch.Tensor], length: float) -> torch.Tensor:
        with torch.no_grad():
            for parameter, origin, direction in zip(shared, start, directions, strict=True):
                parameter.copy_(origin + length * direction)
        return torch.stack([a.square().sum() for a in net.answer(net.advance(features, presence)).values()]).sum()

    for _ in range(5):
        directions = [torch.randn_like(p) for p in shared]
        gradients = torch.autograd.grad(total(directions, 0.0), shared)
        wanted = sum((g * d).sum().item() for g, d in zip(gradients, directions, strict=True))
        step = 1e-6
        with torch.no_grad():
            found = (total(directions, step) - total(directions, -step)).item() / (2 * step)
        assert found == pytest.approx(wanted, rel=1e-6)


def test_the_gradient_of_an_absent_streams_features_is_zero() -> None:
    net = network(SPECS, (LABEL,)).double()
    features = [torch.randn(1, FEATURES, dtype=torch.float64).requires_grad_() for _ in SPECS]
    answers = net.answer(net.advance(features, torch.tensor([(True, False)])))
    answers["label:joint"].sum().backward()
    assert features[1].grad is not None
    assert (features[1].grad == 0).all()
    assert features[0].grad is not None
    assert (features[0].grad != 0).any()
