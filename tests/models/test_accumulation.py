"""A step from many small batches has the gradient of one large batch, item for item."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from models.adjustment import PathSettings
from models.discrepancy import eligible, pair_losses
from models.history import Tally
from models.injection import Dataset, collate
from models.settings import Settings
from models.trainer import Trainer
from models.weighting import names
from tests.synthetic import ENOSE, dataset, tasks_for, without

# Series have no batch normalization, whose statistics would differ with the cut by design.
SPECS = (replace(ENOSE, name="one", augment=()), replace(ENOSE, name="two", augment=()))
ITEMS = 12
STILL = PathSettings(optimizer="sgd", lr=0.0, weight_decay=0.0, clip_norm=1e9)


def holed() -> Dataset:
    """Items of which some lack a stream and some a label."""
    data = without(without(dataset(ITEMS, specs=SPECS), "one", [0, 1, 2, 7]), "two", [5, 6])
    for number, name in enumerate(sorted(data.targets)):
        data.targets[name][[number, number + 4, 11]] = np.nan
    return data


@cache
def trainer(weighting: str = "fixed") -> Trainer:
    """A trainer without dropout of any kind whose steps leave gradients and change no parameter."""
    paths = dict.fromkeys(("one", "two", "shared"), STILL)
    chosen = Settings(weighting=weighting, paths=paths, drop_stream=0.0)
    built = Trainer(SPECS, tasks_for(SPECS), holed(), holed(), chosen)
    built.network.eval()
    return built


def stepped(
    chunks: Sequence[Sequence[int]], weighting: str = "fixed"
) -> tuple[dict[str, torch.Tensor], dict[str, Tally]]:
    """Gradients and tallies of one step from these items."""
    one = trainer(weighting)
    one.weighting.state.clear()
    one.loss.latest = {"label:joint": 0.5, "label.one": 2.0}
    tallies = one.step([collate(holed(), np.array(chunk)) for chunk in chunks])
    return {n: p.grad.clone() for n, p in one.network.named_parameters() if p.grad is not None}, tallies


def splits() -> st.SearchStrategy[list[list[int]]]:
    """All items in any order, cut anywhere."""

    def cut(order: list[int], places: set[int]) -> list[list[int]]:
        borders = [0, *sorted(places), ITEMS]
        return [order[a:b] for a, b in pairwise(borders)]

    return st.builds(cut, st.permutations(range(ITEMS)), st.sets(st.integers(1, ITEMS - 1), max_size=4))


def same(found: dict[str, torch.Tensor], wanted: dict[str, torch.Tensor]) -> None:
    assert found.keys() == wanted.keys()
    size = torch.cat([g.flatten() for g in wanted.values()]).norm()
    off = torch.cat([(found[n] - wanted[n]).flatten() for n in wanted]).norm()
    assert off <= 1e-5 * size


@settings(max_examples=8)
@given(splits())
def test_any_split_of_a_batch_has_the_gradient_of_the_whole(chunks: list[list[int]]) -> None:
    same(stepped(chunks)[0], stepped([range(ITEMS)])[0])


@pytest.mark.parametrize("weighting", names())
@pytest.mark.parametrize("chunks", [[range(3), range(3, ITEMS)], [[0], [1, 6], range(2, 6), range(7, 11), [11]]])
def test_every_weighting_sees_the_losses_of_the_whole_step(weighting: str, chunks: list[list[int]]) -> None:
    whole, whole_tallies = stepped([range(ITEMS)], weighting)
    found, tallies = stepped(chunks, weighting)
    same(found, whole)
    assert {o: t.weight for o, t in tallies.items()} == pytest.approx({o: t.weight for o, t in whole_tallies.items()})


def test_the_gradient_is_that_of_weighted_means_over_items_that_have_the_pair() -> None:
    found, _ = stepped([range(ITEMS)])
    net, batch = trainer().network, collate(holed(), np.arange(ITEMS))
    presence = batch.presence(net.streams)
    answers = net.answer(net.advance(net.encode(batch), presence))
    total = torch.zeros(())
    for pair in trainer().pairs:
        here = eligible(pair, batch.targets, presence)
        total = (
            total
            + pair.weight * pair_losses(pair, answers[pair.output][here], batch.targets[pair.task.name][here]).mean()
        )
    net.zero_grad()
    total.backward()
    same(found, {n: p.grad for n, p in net.named_parameters() if p.grad is not None})


def test_tallies_count_the_items_of_each_pair() -> None:
    data = holed()
    known = {n: ~np.isnan(v) for n, v in data.targets.items()}
    there = {n: r >= 0 for n, r in data.rows.items()}
    for chunks in ([range(ITEMS)], [range(4), range(4, 9), range(9, ITEMS)]):
        _, tallies = stepped(chunks)
        assert tallies["label:joint"].items == known["label"].sum()
        assert tallies["label:one"].items == (known["label"] & there["one"]).sum()
        assert tallies["label.two"].items == (known["label.two"] & there["two"]).sum()
        assert {t.steps for t in tallies.values()} == {1}


def test_a_batch_without_any_label_changes_nothing_and_breaks_nothing() -> None:
    data = holed()
    for values in data.targets.values():
        values[:] = np.nan
    one = trainer()
    before = {n: p.clone() for n, p in one.network.named_parameters()}
    assert one.step([collate(data, np.arange(4))]) == {}
    assert all(torch.equal(before[n], p) for n, p in one.network.named_parameters())
