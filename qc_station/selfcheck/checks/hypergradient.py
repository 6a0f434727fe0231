"""The slope of the validation loss by a weight of the step before, against autograd through that step written out."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from models.hypergradient import OneStep
from qc_station.selfcheck.measurement import Measurement
from qc_station.selfcheck.precision import double_precision, relative

ITEMS, INPUTS, TASKS = 20, 4, 3
WEIGHTS = {"a": 0.5, "b": 1.0, "c": 2.0}
RATES = {"below": 0.05, "above": 0.02}


def measure() -> Iterator[Measurement]:
    """A perceptron of two paths with rates of their own, three tasks and a validation loss."""
    with double_precision():
        network = nn.Sequential(nn.Linear(INPUTS, 6), nn.Tanh(), nn.Linear(6, TASKS))
        learnt, held = ((torch.randn(ITEMS, INPUTS), torch.randn(ITEMS, TASKS)) for _ in range(2))
        paths = {"below": list(network[0].parameters()), "above": list(network[2].parameters())}
        step = OneStep(
            network=network,
            paths=paths,
            rates=RATES,
            losses=lambda: dict(zip(WEIGHTS, _losses(network(learnt[0]), learnt[1]), strict=True)),
            validation=lambda: _losses(network(held[0]), held[1]).sum(),
        )
        found = torch.tensor(list(step.hypergradient(dict(WEIGHTS)).values()))
        wanted = _through_the_step(network, paths, learnt, held)
    yield Measurement(name="slope against autograd through the step", error=relative(found, wanted), bound=1e-12)


def _losses(answers: Tensor, targets: Tensor) -> Tensor:
    return (answers - targets).square().mean(dim=0)


def _through_the_step(
    network: nn.Sequential,
    paths: dict[str, list[nn.Parameter]],
    learnt: tuple[Tensor, Tensor],
    held: tuple[Tensor, Tensor],
) -> Tensor:
    """Every parameter moved as a function of the weights, the network written out, and one derivative of it all."""
    weights = torch.tensor(list(WEIGHTS.values()), requires_grad=True)
    total = (weights * _losses(network(learnt[0]), learnt[1])).sum()
    parameters = [p for params in paths.values() for p in params]
    rates = [RATES[path] for path, params in paths.items() for _ in params]
    slopes = torch.autograd.grad(total, parameters, create_graph=True)
    below, bias, above, offset = (p - rate * s for p, rate, s in zip(parameters, rates, slopes, strict=True))
    answers = torch.tanh(held[0] @ below.T + bias) @ above.T + offset
    (found,) = torch.autograd.grad(_losses(answers, held[1]).sum(), weights)
    return found
