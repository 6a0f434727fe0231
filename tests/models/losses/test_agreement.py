"""Agreement between two streams: what it pulls together, what it leaves alone, and on which items."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from models.injection import collate
from models.losses.agreement import SHARPNESS, Agreement, agreement, agreements, known_different
from models.terms import Term
from tests.synthetic import ENOSE, LABEL_ACOUSTIC, THERMAL, dataset, network, tasks_for, without

STREAMS = ("thermal", "enose")
SPECS = (THERMAL, ENOSE)


def everyone_else(items: int) -> torch.Tensor:
    return ~torch.eye(items, dtype=torch.bool)


def term(weight: float = 0.5) -> Agreement:
    return Agreement(("thermal", "enose"), STREAMS, tasks_for(), weight)


@given(st.integers(2, 9), st.integers(0, 10**6))
def test_it_is_the_pairwise_sigmoid_loss_written_out(items: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    a, b = random.normal(size=(2, items, 5))
    different = random.random((items, items)) < 0.7
    different = (different | different.T) & ~np.eye(items, dtype=bool)
    cosine = (a / np.linalg.norm(a, axis=1)[:, None]) @ (b / np.linalg.norm(b, axis=1)[:, None]).T
    wanted = []
    for i in range(items):
        own = math.log1p(math.exp(-SHARPNESS * cosine[i, i]))
        others = [
            (math.log1p(math.exp(SHARPNESS * cosine[i, j])) + math.log1p(math.exp(SHARPNESS * cosine[j, i]))) / 2
            for j in range(items)
            if different[i, j]
        ]
        wanted.append((own + sum(others) / max(1, len(others))) / (2 * math.log(2)))
    found = agreement(torch.tensor(a), torch.tensor(b), torch.tensor(different))
    np.testing.assert_allclose(found.numpy(), wanted, rtol=1e-12)


@pytest.mark.parametrize("items", [2, 3, 16])
def test_streams_that_have_nothing_to_do_with_each_other_cost_1_whatever_the_batch(items: int) -> None:
    first, second = torch.zeros(items, 8), torch.zeros(items, 8)
    first[:, :4], second[:, 4:] = torch.randn(items, 4), torch.randn(items, 4)
    torch.testing.assert_close(agreement(first, second, everyone_else(items)), torch.ones(items))


def test_agreement_costs_little_and_sameness_of_everything_much() -> None:
    apart = 2 * torch.eye(4) - 0.5
    assert agreement(apart, apart, everyone_else(4)).max() < 0.2
    alike = torch.ones(4, 4)
    assert agreement(alike, alike, everyone_else(4)).min() > 5.0


def test_it_does_not_ask_how_long_a_vector_is() -> None:
    first, second = torch.randn(2, 5, 6, dtype=torch.float64)
    torch.testing.assert_close(
        agreement(3 * first, 0.1 * second, everyone_else(5)), agreement(first, second, everyone_else(5))
    )


def test_only_a_known_label_tells_parts_apart() -> None:
    nan = float("nan")
    found = known_different([torch.tensor([0.0, 1.0, 0.0, nan]), torch.tensor([nan, 2.0, 3.0, 2.0])])
    wanted = [[0, 1, 0, 0], [1, 0, 1, 0], [0, 1, 0, 1], [0, 0, 1, 0]]
    assert found.int().tolist() == wanted


def test_items_count_that_have_both_streams_and_a_counterexample() -> None:
    data = without(without(dataset(6), "thermal", [0]), "enose", [1])
    data.targets["label"][:] = [0, 0, 1, 1, np.nan, 0]
    for name in ("label.thermal", "label.enose"):
        data.targets[name][:] = np.nan
    batch = collate(data, np.arange(6))
    assert term().count(batch, batch.presence(STREAMS)) == 3
    # Of items 2, 3 and 5 with both streams; without 5 nobody is of another kind.
    there = batch.presence(STREAMS)
    there[5, 0] = False
    assert term().count(batch, there) == 0


def test_the_sum_is_over_those_items_and_its_gradient_reaches_both_encoders() -> None:
    net, batch = network(SPECS, tasks_for()), collate(without(dataset(12), "enose", [3]), np.arange(12))
    presence = batch.presence(STREAMS)
    features = net.encode(batch)
    one: Term = term()
    total = one.total(net, batch, presence, features, {})
    keep = [i for i in range(12) if i != 3]
    labels = torch.stack([batch.targets[t.name] for t in tasks_for()], dim=1)[keep]
    different = (labels[:, None] != labels[None]).any(dim=2)
    wanted = agreement(features[0][keep], features[1][keep], different)[different.any(dim=1)]
    assert one.count(batch, presence) == len(wanted) > 0
    torch.testing.assert_close(total, wanted.sum())
    total.backward()
    for name, encoder in net.encoders.items():
        assert sum(float(p.grad.abs().sum()) for p in encoder.parameters() if p.grad is not None) > 0, name
    assert all(p.grad is None for p in net.heads.parameters())


def test_a_few_steps_bring_the_streams_of_a_part_together() -> None:
    first = torch.randn(8, 6, requires_grad=True)
    second = torch.randn(8, 6, requires_grad=True)
    optimiser = torch.optim.SGD([first, second], lr=1.0)
    before = agreement(first, second, everyone_else(8)).mean().item()
    for _ in range(100):
        optimiser.zero_grad()
        agreement(first, second, everyone_else(8)).mean().backward()
        optimiser.step()
    assert agreement(first, second, everyone_else(8)).mean().item() < 0.6 * before


def test_it_is_off_unless_asked_for_and_a_weight_of_0_switches_it_off() -> None:
    assert agreements({}, STREAMS, tasks_for()) == ()
    assert agreements({"thermal+enose": 0.0}, STREAMS, tasks_for()) == ()
    (one,) = agreements({"enose+thermal": 0.25}, STREAMS, tasks_for())
    assert (one.name, one.weight, one.columns) == ("agreement:enose+thermal", 0.25, [1, 0])


def test_one_number_is_shared_by_all_pairs_of_streams() -> None:
    tasks = (*tasks_for(), LABEL_ACOUSTIC)
    found = agreements(0.6, ("acoustic", *STREAMS), tasks)
    assert {t.name: t.weight for t in found} == pytest.approx(
        {f"agreement:{p}": 0.2 for p in ("acoustic+thermal", "acoustic+enose", "thermal+enose")}
    )
    assert agreements(0.0, STREAMS, tasks) == agreements(1.0, ("thermal",), tasks) == ()


@pytest.mark.parametrize("pair", ["thermal", "thermal+thermal", "thermal+taste", "thermal+enose+thermal", ""])
def test_two_different_streams_of_the_network_are_needed(pair: str) -> None:
    with pytest.raises(ValueError, match="two different streams joined by"):
        agreements({pair: 1.0}, STREAMS, tasks_for())


@pytest.mark.parametrize("weight", [-0.1, math.nan, math.inf])
def test_a_weight_under_zero_is_refused(weight: float) -> None:
    with pytest.raises(ValueError, match="at least 0 is allowed"):
        term(weight)


def test_without_classes_there_is_nothing_to_contrast() -> None:
    with pytest.raises(ValueError, match="no task with classes"):
        Agreement(("thermal", "enose"), STREAMS, (), 1.0)
