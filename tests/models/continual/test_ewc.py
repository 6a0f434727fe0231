"""Elastic weight consolidation: zero at the champion, the same Fisher information however items are chunked."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from models.continual.ewc import Elastic, fisher
from models.continual.warm_start import warm_start
from models.discrepancy import pairs_of
from models.injection import Dataset, InputSpec
from models.network import MultimodalNetwork
from models.tasks import Task
from tests.synthetic import ENOSE, LABEL, SEVERITY, THERMAL, dataset, network, raw_windows, without

A, B, C = (replace(ENOSE, name=name) for name in "abc")
TASKS = (LABEL, SEVERITY)
ONE = Task(name="label.a", stream="a", classes=("ok", "bad"), frequencies=(0.5, 0.5))


def double(specs: tuple[InputSpec, ...], tasks: tuple[Task, ...] = TASKS) -> MultimodalNetwork:
    return network(specs, tasks).double()


def parts(many: int, specs: tuple[InputSpec, ...] = (A, B)) -> Dataset:
    return without(dataset(many, specs=specs, seed=4), specs[0].name, [1, 4])


@pytest.mark.parametrize("specs", [(A, B), (THERMAL, B)], ids=["series", "image"])
def test_fisher_information_does_not_depend_on_the_chunk(specs: tuple[InputSpec, ...]) -> None:
    net, data = double(specs), parts(11, specs)
    whole = fisher(net, data, chunk=11)
    for chunk in (1, 4):
        for name, found in fisher(net, data, chunk=chunk).items():
            scale = whole[name].abs().max().clamp_min(1e-300)
            assert ((found - whole[name]).abs().max() / scale) <= 1e-10
    assert sum(float(f.sum()) for f in whole.values()) > 0


def test_fisher_information_is_that_of_single_items_one_by_one() -> None:
    """Squares of sums are not sums of squares: against a plain loop over items."""
    net, data = double((A,), (ONE,)), dataset(6, specs=(A,), seed=4)
    found = fisher(net, data, chunk=3, seed=1)
    draws = np.random.default_rng(1).random((6, 1))
    wanted = {name: torch.zeros_like(p) for name, p in net.named_parameters()}
    for item in range(6):
        window = torch.from_numpy(data.windows["a"][[item]]).double()
        answer = net.answer(net.advance([net.encoders["a"](window)], torch.ones(1, 1, dtype=torch.bool)))["label.a"]
        log_p = torch.log_softmax(answer, dim=1)[0]
        label = 0 if draws[item, 0] <= log_p[0].exp().item() else 1
        net.zero_grad()
        log_p[label].backward()
        for name, p in net.named_parameters():
            if p.grad is not None:
                wanted[name] += p.grad.square() / 6 / pairs_of(net)[0].loss.no_skill
    for name, value in wanted.items():
        torch.testing.assert_close(found[name], value, rtol=1e-10, atol=1e-18)


def test_the_expected_fisher_information_of_a_head_is_known() -> None:
    """Of the bias of one head: p_k (1 - p_k), over many draws."""
    net = double((A,), (ONE,))
    data = dataset(2, specs=(A,), seed=4)
    found = torch.stack([fisher(net, data, seed=s)["heads.label/a.bias"] for s in range(150)]).mean(dim=0)
    with torch.inference_mode():
        features = [net.encoders["a"](torch.from_numpy(data.windows["a"]).double())]
        p = net.answer(net.advance(features, torch.ones(2, 1, dtype=torch.bool)))["label.a"].softmax(dim=1)
    wanted = (p * (1 - p)).mean(dim=0) / ONE.no_skill
    torch.testing.assert_close(found, wanted, rtol=0.15, atol=0)


def test_an_absent_stream_has_no_information() -> None:
    net, data = double((A, B)), without(dataset(5, specs=(A, B)), "a", [0, 1, 2, 3, 4])
    found = fisher(net, data)
    assert not any(f.any() for name, f in found.items() if name.startswith(("encoders.a", "heads.label:a")))
    assert all(f.any() for name, f in found.items() if name.startswith("heads.label:b"))


def test_measuring_changes_no_parameter_and_no_mode() -> None:
    net = double((A, B)).train()
    before = {n: v.clone() for n, v in net.state_dict().items()}
    fisher(net, parts(5))
    assert all(torch.equal(before[n], v) for n, v in net.state_dict().items())
    assert net.training


def test_no_items_are_refused() -> None:
    with pytest.raises(ValueError, match="no items to measure"):
        fisher(double((A, B)), dataset(0, specs=(A, B)))


def test_the_penalty_is_zero_at_the_champion_and_positive_after_one_step() -> None:
    old, data = double((A, B)), parts(8)
    term = Elastic(old, fisher(old, data))
    now = warm_start(old, (A, B), TASKS)
    assert term.penalty(now).item() == 0.0
    optimiser = torch.optim.SGD(now.parameters(), lr=1e-3)
    features = [torch.randn(4, 64, dtype=torch.float64) for _ in range(2)]
    answers = now.answer(now.advance(features, torch.ones(4, 2, dtype=torch.bool)))
    answers["label:joint"].square().sum().backward()
    optimiser.step()
    assert term.penalty(now).item() > 0.0


def test_the_penalty_is_half_the_weighted_square() -> None:
    old = double((A, B))
    importance = fisher(old, parts(8))
    now = warm_start(old, (A, B), TASKS)
    with torch.no_grad():
        now.heads["label:joint"].bias += 0.5  # type: ignore[operator]
    wanted = 0.5 * 0.25 * importance["heads.label:joint.bias"].sum().item()
    assert Elastic(old, importance).penalty(now).item() == pytest.approx(wanted, rel=1e-12)


def test_new_rows_and_new_streams_are_free() -> None:
    old = double((A, B))
    wider = replace(LABEL, classes=("ok", "burr", "crack", "leak"), frequencies=(0.4, 0.3, 0.2, 0.1))
    now = warm_start(old, (A, B, C), (wider, SEVERITY), {"c": raw_windows(C, 9)})
    term = Elastic(old, fisher(old, parts(8)))
    with torch.no_grad():
        now.heads["label:a"].weight[1] += 1.0  # type: ignore[index,operator]
        now.encoders["c"].out.weight += 1.0  # type: ignore[union-attr,operator]
        now.hidden[0].blocks[1].weight += 1.0  # type: ignore[index,operator,union-attr]
    assert term.penalty(now).item() == 0.0
    with torch.no_grad():
        now.heads["label:a"].weight[2] += 1.0  # type: ignore[index,operator]
    assert term.penalty(now).item() > 0.0
