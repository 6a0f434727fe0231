"""The one-step hypergradient against autograd through the step."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.func import functional_call

from models.discrepancy import eligible, pair_losses, pairs_of
from models.hypergradient import OneStep
from models.injection import Dataset, collate
from models.network import MultimodalNetwork
from models.weighting.base import Outlook
from tests.synthetic import ACOUSTIC, ENOSE, THERMAL, dataset, network, tasks_for

WEIGHTS = {"a": 1.0, "b": 0.3, "c": 2.0}
RATES = {"encoder": 0.07, "shared": 0.2}


class Small(nn.Module):
    """Two paths, dropout and batch statistics, in float64."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.encoder = nn.Sequential(nn.Linear(4, 6), nn.BatchNorm1d(6), nn.Tanh(), nn.Dropout(0.5))
        self.heads = nn.Linear(6, 3)
        self.double()

    def forward(self, rows: Tensor) -> Tensor:
        found: Tensor = self.heads(self.encoder(rows))
        return found


def small(**changes: object) -> tuple[Small, OneStep]:
    net, draw = Small(), torch.Generator().manual_seed(1)
    rows, other = (torch.randn(9, 4, dtype=torch.float64, generator=draw) for _ in range(2))
    targets, wanted = (torch.randn(9, 3, dtype=torch.float64, generator=draw) for _ in range(2))

    def losses() -> dict[str, Tensor]:
        each = (net(rows) - targets).square().mean(dim=0)
        return dict(zip(WEIGHTS, each, strict=True))

    def validation() -> Tensor:
        return (net(other) - wanted).abs().pow(1.5).sum()

    given: dict[str, object] = {
        "network": net,
        "paths": {"encoder": list(net.encoder.parameters()), "shared": list(net.heads.parameters())},
        "rates": RATES,
        "losses": losses,
        "validation": validation,
    }
    return net, OneStep(**(given | changes))  # type: ignore[arg-type]


def through_the_step(net: nn.Module, one: OneStep, question: Callable[[nn.Module], Tensor]) -> dict[str, float]:
    """The same by autograd: the step is part of the graph of the validation loss."""
    net.eval()
    weights = torch.tensor(list(WEIGHTS.values()), dtype=torch.float64, requires_grad=True)
    total = (torch.stack(list(one.losses().values())) * weights).sum()
    named = dict(net.named_parameters())
    gradients = torch.autograd.grad(total, list(named.values()), create_graph=True)
    after = {n: p - RATES[path_of(n)] * g for (n, p), g in zip(named.items(), gradients, strict=True)}

    class Wrapped(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = net

        def forward(self) -> Tensor:
            return question(self.net)

    loss = functional_call(Wrapped(), {f"net.{n}": v for n, v in after.items()}, ())
    (found,) = torch.autograd.grad(loss, weights)
    return dict(zip(WEIGHTS, found.tolist(), strict=True))


def path_of(name: str) -> str:
    return "encoder" if name.startswith("encoder") else "shared"


def test_it_is_autograd_through_the_inner_step() -> None:
    net, one = small()
    wanted = through_the_step(net, one, lambda _: one.validation())
    found = one.hypergradient(WEIGHTS)
    assert found == pytest.approx(wanted, rel=1e-12)
    assert max(abs(v) for v in found.values()) > 1e-3


def test_it_is_the_slope_of_the_validation_loss_after_a_step_that_is_made() -> None:
    net, one = small()
    net.eval()

    def after(weights: dict[str, float]) -> float:
        start = {n: p.detach().clone() for n, p in net.named_parameters()}
        losses = one.losses()
        torch.stack([weights[n] * loss for n, loss in losses.items()]).sum().backward()
        with torch.no_grad():
            for name, parameter in net.named_parameters():
                assert parameter.grad is not None
                parameter.sub_(RATES[path_of(name)] * parameter.grad)
            loss = one.validation_loss()
            for name, parameter in net.named_parameters():
                parameter.copy_(start[name])
                parameter.grad = None
        return loss

    for name, slope in one.hypergradient(WEIGHTS).items():
        rise = after(WEIGHTS | {name: WEIGHTS[name] + 1e-6}) - after(WEIGHTS | {name: WEIGHTS[name] - 1e-6})
        assert slope == pytest.approx(rise / 2e-6, rel=1e-6)


def test_it_leaves_parameters_gradients_statistics_modes_and_chance_as_they_were() -> None:
    net, one = small()
    net.train()
    net.encoder[1].eval()
    before = {n: v.clone() for n, v in net.state_dict().items()}
    chance = torch.get_rng_state()
    assert one.hypergradient(WEIGHTS) == one.hypergradient(WEIGHTS)
    assert one.validation_loss() == one.validation_loss()
    assert all(torch.equal(before[n], v) for n, v in net.state_dict().items())
    assert all(p.grad is None for p in net.parameters())
    assert [m.training for m in net.encoder] == [True, False, True, True]
    assert torch.equal(chance, torch.get_rng_state())


def test_each_batch_goes_through_the_network_once_however_many_losses_there_are() -> None:
    asked: list[str] = []
    _, plain = small()

    def losses() -> dict[str, Tensor]:
        asked.append("training")
        return dict(plain.losses())

    def validation() -> Tensor:
        asked.append("validation")
        return plain.validation()

    _, one = small(network=plain.network, paths=plain.paths, losses=losses, validation=validation)
    one.hypergradient(WEIGHTS)
    assert asked == ["training", "validation"]


def test_only_the_tasks_that_the_batch_has_are_answered_for() -> None:
    _, one = small()
    assert set(one.hypergradient({"a": 1.0, "c": 1.0, "elsewhere": 1.0})) == {"a", "c"}
    assert one.hypergradient({"elsewhere": 1.0}) == {}


def test_a_network_that_stands_still_does_not_answer() -> None:
    _, one = small(rates={"encoder": 0.0, "shared": 0.0})
    assert all(slope == 0.0 for slope in one.hypergradient(WEIGHTS).values())


def test_a_fold_without_a_label_has_no_slope() -> None:
    _, one = small(validation=lambda: torch.zeros(()))
    assert all(slope == 0.0 for slope in one.hypergradient(WEIGHTS).values())


def pair_means(net: MultimodalNetwork, data: Dataset) -> dict[str, Tensor]:
    """Mean normalized loss of every pair over all items."""
    batch = collate(data, np.arange(len(data)))
    mask, means = batch.presence(net.streams), {}
    answers = net.answer(net.advance(net.encode(batch), mask))
    for pair in pairs_of(net):
        here = eligible(pair, batch.targets, mask)
        means[pair.output] = pair_losses(pair, answers[pair.output][here], batch.targets[pair.task.name][here]).mean()
    return means


def test_every_kind_of_encoder_can_be_asked() -> None:
    """Against one backward pass for each loss, on networks as they are trained."""
    specs = (ACOUSTIC, THERMAL, ENOSE)
    net, moved = network(specs, tasks_for(specs)), network(specs, tasks_for(specs))
    train, fold = dataset(12, specs=specs), dataset(8, specs=specs, seed=5)
    weights = {p.output: p.weight for p in pairs_of(net)}

    def total(which: MultimodalNetwork, data: Dataset) -> Tensor:
        return torch.stack([weights[o] * value for o, value in pair_means(which, data).items()]).sum()

    rates = {path: 0.001 * (number + 1) for number, path in enumerate(net.paths())}
    one: Outlook = OneStep(
        network=net,
        paths=net.paths(),
        rates=rates,
        losses=lambda: pair_means(net, train),
        validation=lambda: total(net, fold),
    )
    found = one.hypergradient(weights)
    rate_of = {id(p): rates[path] for path, parameters in net.paths().items() for p in parameters}
    each = [rate_of[id(p)] for p in net.parameters()]
    steps = gradients(total(net, train), net)
    with torch.no_grad():
        for own, old, rate, step in zip(moved.parameters(), net.parameters(), each, steps, strict=True):
            own.copy_(old - rate * step)
    slopes = gradients(total(moved, fold), moved)
    for output in weights:
        own_steps = gradients(pair_means(net, train)[output], net)
        wanted = -sum(r * float((v * g).sum()) for r, v, g in zip(each, slopes, own_steps, strict=True))
        assert found[output] == pytest.approx(wanted, rel=2e-4, abs=1e-9)


def gradients(loss: Tensor, net: nn.Module) -> tuple[Tensor, ...]:
    return torch.autograd.grad(loss, list(net.parameters()), allow_unused=True, materialize_grads=True)
