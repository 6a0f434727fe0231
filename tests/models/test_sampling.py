"""The sampler: who is drawn, how often, and whose windows may be exchanged."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from models.injection import ABSENT, Dataset
from models.sampling import Sampler, exchangeable
from models.tasks import Task
from tests.synthetic import tasks_for


def numbered(rich: int, single: int) -> Dataset:
    """Two streams whose windows hold the number of their item and their class; the single items have `a` alone."""
    total = rich + single
    a, b = np.arange(total) % 2, np.arange(total) // 2 % 2
    windows = {
        "a": np.stack([np.arange(total), a], axis=1).astype(np.float32),
        "b": np.stack([np.arange(rich), b[:rich]], axis=1).astype(np.float32),
    }
    rows = {"a": np.arange(total), "b": np.where(np.arange(total) < rich, np.arange(total), ABSENT)}
    targets = {"label": np.maximum(a, b), "label.a": a, "label.b": np.where(np.arange(total) < rich, b, np.nan)}
    return Dataset(windows=windows, rows=rows, targets={n: v.astype(np.float32) for n, v in targets.items()})


def tasks() -> tuple[Task, ...]:
    whole, *own = tasks_for()
    return (whole, *(replace(t, name=f"label.{s}", stream=s) for t, s in zip(own, "ab", strict=True)))


def drawn(data: Dataset, batch: int, epochs: int = 1, seed: int = 0) -> list[list[tuple[int, ...]]]:
    """Item numbers by epoch, read from windows without exchange."""
    sampler = Sampler(data, (), batch, seed)
    return [[tuple(b.windows["a"][:, 0].int().tolist()) for b in sampler.epoch()] for _ in range(epochs)]


def test_every_item_comes_once_an_epoch_where_all_are_alike() -> None:
    (epoch,) = drawn(numbered(24, 0), 8)
    assert sorted(n for batch in epoch for n in batch) == list(range(24))


@pytest.mark.parametrize(("rich", "single", "batch"), [(4, 60, 8), (1, 31, 5), (30, 2, 4), (0, 16, 4), (3, 0, 8)])
def test_a_single_stream_item_comes_at_most_once_an_epoch(rich: int, single: int, batch: int) -> None:
    for epoch in drawn(numbered(rich, single), batch, epochs=4):
        counts = Counter(n for items in epoch for n in items)
        assert all(counts[n] <= 1 for n in range(rich, rich + single))
        assert all(len(items) == min(batch, rich + single) for items in epoch)


def test_few_items_with_several_streams_get_a_quarter_of_the_draws() -> None:
    (epoch,) = drawn(numbered(4, 60), 8)
    counts = Counter(n for items in epoch for n in items)
    assert sum(counts[n] for n in range(4)) == 16
    assert {counts[n] for n in range(4)} == {4}


def test_epochs_differ_and_repeat_with_the_seed() -> None:
    data = numbered(24, 0)
    assert drawn(data, 8, 2, seed=1) == drawn(data, 8, 2, seed=1)
    assert drawn(data, 8, 2, seed=1) != drawn(data, 8, 2, seed=2)
    first, second = drawn(data, 8, 2)
    assert first != second


def test_exchange_stays_within_one_class_and_happens() -> None:
    data = numbered(40, 20)
    sampler = Sampler(data, tasks(), 10, 0)
    exchanged = 0
    for _ in range(3):
        for batch in sampler.epoch():
            place = {n: dict(zip(batch.places[n].tolist(), batch.windows[n].tolist(), strict=True)) for n in "ab"}
            for item in range(batch.size):
                for stream in "ab":
                    if item in place[stream]:
                        assert place[stream][item][1] == batch.targets[f"label.{stream}"][item]
            exchanged += sum(place["a"][i][0] != place["b"][i][0] for i in place["b"])
    assert exchanged > 10


def test_a_single_stream_item_keeps_its_own_window() -> None:
    data = numbered(8, 24)
    for batch in Sampler(data, tasks(), 8, 0).epoch():
        alone = set(range(batch.size)) - set(batch.places["b"].tolist())
        numbers = [int(batch.windows["a"][i, 0]) for i in alone]
        assert len(numbers) == len(set(numbers))
        assert all(n >= 8 for n in numbers)


def test_exchange_is_allowed_where_labels_follow_from_the_streams_classes() -> None:
    assert set(exchangeable(numbered(16, 4), tasks())) == {"a", "b"}


def not_a_function() -> Dataset:
    data = numbered(16, 4)
    data.targets["label"][3] = 1 - data.targets["label"][3]
    return data


@pytest.mark.parametrize(
    ("data", "chosen"),
    [
        (not_a_function(), tasks()),
        (numbered(16, 4), tasks()[:2]),
        (numbered(16, 4), (*tasks(), replace(tasks()[1], name="severity.a"))),
        (replace(numbered(8, 0), rows={"a": np.arange(8)}), tasks()),
    ],
    ids=["label is no function", "a stream has no label", "a stream has a severity", "one stream only"],
)
def test_exchange_is_refused_where_it_could_change_what_the_part_is(data: Dataset, chosen: tuple[Task, ...]) -> None:
    if "severity.a" in {t.name for t in chosen}:
        data.targets["severity.a"] = data.targets["label.a"]
    assert exchangeable(data, chosen) == {}
    assert Sampler(data, chosen, 4, 0).pools == {}


def test_a_part_severity_that_no_class_explains_forbids_exchange() -> None:
    data = numbered(16, 0)
    data.targets["severity"] = np.arange(16, dtype=np.float32)
    severity = Task(name="severity", stream=None, classes=(), frequencies=(0.0, 1.0))
    assert exchangeable(data, (*tasks(), severity)) == {}
