"""One step's total: items by their weights, further terms, and where the gradients of the tasks meet."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import count

import numpy as np
import pytest
import torch
from torch import Tensor

from models.adjustment import PathSettings
from models.gramian import cosines, gramian, shares
from models.injection import Batch, Dataset, collate
from models.network import MultimodalNetwork
from models.settings import Settings
from models.trainer import Trainer
from tests.synthetic import ENOSE, dataset, tasks_for, without

SPECS = (replace(ENOSE, name="one", augment=()), replace(ENOSE, name="two", augment=()))
ITEMS = 12
SPLITS = ([range(ITEMS)], [range(3), range(3, ITEMS)], [[0], [1, 6], [2, 3, 4, 5], range(7, 11), [11]])
STILL = PathSettings(optimizer="sgd", lr=0.0, weight_decay=0.0, clip_norm=1e9)


class Small:
    """A term that pulls the features of the items that have the first stream to zero."""

    name, weight = "small", 0.7

    def count(self, _batch: Batch, presence: Tensor) -> int:
        return int(presence[:, 0].sum())

    def total(
        self,
        _network: MultimodalNetwork,
        _batch: Batch,
        presence: Tensor,
        features: Sequence[Tensor],
        _answers: Mapping[str, Tensor],
    ) -> Tensor:
        return features[0][presence[:, 0]].square().sum()


def weighed(data: Dataset, **weights: Sequence[float]) -> Dataset:
    given = {name.removeprefix("own"): np.array(values, np.float32) for name, values in weights.items()}
    return replace(data, weights=given)


def trainer(data: Dataset, weighting: str = "fixed", *terms: Small) -> Trainer:
    """No dropout of any kind; a step leaves its gradient and changes nothing."""
    paths = dict.fromkeys(("one", "two", "shared"), STILL)
    chosen = Settings(weighting=weighting, paths=paths, drop_stream=0.0)
    built = Trainer(SPECS, tasks_for(SPECS), data, data, chosen, lambda: float(next(count())), terms=terms)
    built.network.eval()
    return built


def gradient(one: Trainer, data: Dataset, chunks: Sequence[Sequence[int]] = SPLITS[0]) -> Tensor:
    one.step([collate(data, np.array(chunk)) for chunk in chunks])
    return torch.cat([p.grad.flatten() for p in one.network.parameters() if p.grad is not None])


def near(found: Tensor, wanted: Tensor) -> bool:
    return bool((found - wanted).norm() <= 1e-5 * wanted.norm())


def test_an_item_of_weight_two_counts_as_two_items() -> None:
    data = dataset(ITEMS, specs=SPECS)
    twice = np.array([*range(ITEMS), 4])
    wanted = gradient(trainer(data), data, [twice])
    heavy = weighed(data, own=[2.0 if n == 4 else 1.0 for n in range(ITEMS)])
    assert near(gradient(trainer(heavy), heavy), wanted)


def test_an_item_of_no_weight_is_no_item() -> None:
    data = dataset(ITEMS, specs=SPECS)
    light = weighed(data, own=[0.0 if n in (2, 7) else 1.0 for n in range(ITEMS)])
    kept = [n for n in range(ITEMS) if n not in (2, 7)]
    assert near(gradient(trainer(light), light), gradient(trainer(data), data, [kept]))


def test_a_batch_whose_items_all_weigh_nothing_changes_nothing() -> None:
    data = weighed(dataset(ITEMS, specs=SPECS), own=[0.0] * ITEMS)
    one = trainer(data)
    assert one.step([collate(data, np.arange(ITEMS))]) == {}
    assert all(p.grad is None for p in one.network.parameters())


def test_an_obscured_window_teaches_its_own_stream_less_and_the_other_as_before() -> None:
    data = dataset(ITEMS, specs=SPECS)
    blurred = weighed(data, one=[0.0 if n < 6 else 1.0 for n in range(ITEMS)])
    found = trainer(blurred).step([collate(blurred, np.arange(ITEMS))])
    assert found["label.one"].items == 6
    assert found["label.two"].items == ITEMS
    # The joint answer of such an item counts by the mean quality of what it has: half.
    assert found["label:joint"].items == 6 + 6 * 0.5


@pytest.mark.parametrize("chunks", SPLITS[1:])
@pytest.mark.parametrize("weighting", ["fixed", "upgrad"])
def test_weights_and_terms_come_out_the_same_however_the_batches_are_cut(
    weighting: str, chunks: list[Sequence[int]]
) -> None:
    data = without(dataset(ITEMS, specs=SPECS), "one", [0, 5])
    random = np.random.default_rng(1)
    data = weighed(data, own=list(random.uniform(0, 2, ITEMS)), two=list(random.uniform(0, 1, ITEMS)))
    whole = gradient(trainer(data, weighting, Small()), data)
    assert near(gradient(trainer(data, weighting, Small()), data, chunks), whole)


def test_a_further_term_adds_its_weighted_mean() -> None:
    data = without(dataset(ITEMS, specs=SPECS), "one", [0, 5])
    one = trainer(data, "fixed", Small())
    added = gradient(one, data) - gradient(trainer(data), data)
    batch = collate(data, np.arange(ITEMS))
    one.paths.zero()
    features = one.network.encode(batch)[0]
    (0.7 * features[[n for n in range(ITEMS) if n not in (0, 5)]].square().sum() / 10).backward()
    wanted = [p.grad if p.grad is not None else torch.zeros_like(p) for p in one.network.parameters()]
    assert near(added, torch.cat([g.flatten() for g in wanted]))


def test_a_further_term_is_reported_beside_the_pairs() -> None:
    data = dataset(ITEMS, specs=SPECS)
    outcome = trainer(data, "fixed", Small()).run()
    assert set(outcome.epochs[-1].extra) == {"small"}
    assert "small" not in outcome.epochs[-1].train


def test_every_epoch_says_how_the_gradients_stood_to_one_another() -> None:
    data = dataset(ITEMS, specs=SPECS)
    for row in trainer(data).run().epochs[:3]:
        assert sum(row.shares.values()) == pytest.approx(1.0)
        pairs = len(row.train) * (len(row.train) - 1) // 2
        assert len(row.cosines) == pairs
        assert all(-1.0 - 1e-9 <= value <= 1.0 + 1e-9 for value in row.cosines.values())
        assert set(row.rates) == {"one", "two", "shared"}


def test_the_gramian_is_that_of_the_gradients() -> None:
    features = [torch.randn(5, 3, requires_grad=True), torch.randn(5, 2, requires_grad=True)]
    losses = [features[0].square().sum(), (features[0].sum() * features[1].prod(dim=1)).sum(), features[1].sum()]
    rows = []
    for loss in losses:
        found = torch.autograd.grad(loss, features, retain_graph=True, allow_unused=True)
        parts = [torch.zeros_like(f) if g is None else g for g, f in zip(found, features, strict=True)]
        rows.append(torch.cat([part.flatten() for part in parts]))
    table = torch.stack(rows).double()
    assert torch.allclose(gramian(losses, features), table @ table.T)


def test_cosines_and_shares_by_hand() -> None:
    products = torch.tensor([[4.0, -3.0, 0.0], [-3.0, 9.0, 0.0], [0.0, 0.0, 0.0]], dtype=torch.float64)
    assert cosines(["a", "b", "c"], products) == pytest.approx({"a|b": -0.5, "a|c": 0.0, "b|c": 0.0})
    assert shares({"a": 3.0, "b": 1.0, "c": 5.0}, products) == pytest.approx({"a": 6 / 9, "b": 3 / 9, "c": 0.0})
