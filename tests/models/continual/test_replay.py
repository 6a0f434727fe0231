"""Old items beside new ones: how many, of which classes, and nothing else changed."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.continual.replay import REPLAYED, chosen, joined, quotas
from models.injection import ABSENT, Dataset
from tests.synthetic import ENOSE, THERMAL, dataset, without

A, B = replace(ENOSE, name="a"), replace(ENOSE, name="b")


def rare(items: int = 100) -> Dataset:
    """Ninety of class 0, eight of class 1, two of class 2."""
    data = dataset(items, specs=(A, B))
    data.targets["label"][:] = np.repeat([0.0, 1.0, 2.0], [items - 10, 8, 2])
    return replace(data, names=tuple(f"old {n}" for n in range(items)))


def window_of(data: Dataset, stream: str, item: int) -> np.ndarray | None:
    row = data.rows[stream][item]
    return None if row == ABSENT else data.windows[stream][row]


@given(st.lists(st.integers(0, 50), min_size=1, max_size=8), st.integers(0, 300))
def test_quotas_are_equal_but_for_classes_that_have_fewer(available: list[int], many: int) -> None:
    found = quotas(np.array(available, np.int64), many)
    assert found.sum() == min(many, sum(available))
    assert (found <= available).all()
    unfilled = [n for n, most in zip(found.tolist(), available, strict=True) if n < most]
    assert max(unfilled, default=0) - min(unfilled, default=0) <= 1
    assert all(n <= min(unfilled) + 1 for n in found.tolist()) if unfilled else True


def test_rare_classes_are_replayed_first() -> None:
    data = rare()
    codes = data.targets["label"][chosen(data, 0.12, "label")]
    assert np.bincount(codes.astype(int)).tolist() == [5, 5, 2]


def test_five_per_cent_are_five_of_a_hundred_and_not_six() -> None:
    assert len(chosen(rare(), 0.05, "label")) == 5
    assert len(chosen(rare(), 0.051, "label")) == 6


def test_the_same_seed_chooses_the_same_items_and_another_does_not() -> None:
    data = rare()
    assert chosen(data, 0.2, "label", seed=3).tolist() == chosen(data, 0.2, "label", seed=3).tolist()
    assert chosen(data, 0.2, "label", seed=3).tolist() != chosen(data, 0.2, "label", seed=4).tolist()


def test_items_of_unknown_class_are_replayed_too() -> None:
    data = rare()
    data.targets["label"][:50] = np.nan
    assert np.isnan(data.targets["label"][chosen(data, 0.1, "label")]).sum() == 3


@pytest.mark.parametrize("draws", [0.0, 0.3, 0.5, 0.8])
def test_replayed_items_come_to_the_share_that_was_asked_for(draws: float) -> None:
    whole = joined(dataset(40, specs=(A, B), seed=3), rare(), 0.1, draws=draws, least=0)
    replayed = ~np.isnan(whole.targets[REPLAYED])
    assert replayed.sum() == max(10, round(40 * draws / (1 - draws)))
    assert not replayed[:40].any()
    counts = np.unique(whole.rows["a"][replayed], return_counts=True)[1]
    assert len(counts) == 10
    assert counts.max() - counts.min() <= 1


@pytest.mark.parametrize("fresh", [0.0, 1 / 6, 0.5])
def test_few_new_items_come_to_the_share_that_was_asked_for(fresh: float) -> None:
    whole = joined(dataset(4, specs=(A, B), seed=3), rare(), 0.6, draws=0.5, fresh=fresh, least=0)
    new = np.isnan(whole.targets[REPLAYED])
    assert new.sum() == max(4, round(60 * fresh / (1 - fresh)))
    assert (~new).sum() == 60
    counts = np.unique(whole.rows["a"][new], return_counts=True)[1]
    assert len(counts) == 4
    assert counts.max() - counts.min() <= 1
    assert len(whole.windows["a"]) == 64


def test_every_item_keeps_its_windows_and_targets() -> None:
    new, old = without(dataset(20, specs=(A, B), seed=3), "a", [2, 5]), without(rare(), "b", list(range(0, 100, 3)))
    old = replace(old, names=tuple(f"old {n}" for n in range(100)))
    new = replace(new, names=tuple(f"new {n}" for n in range(20)))
    whole = joined(new, old, 0.3, draws=0.5, least=0)
    assert len(whole) == len(whole.names) == 50
    for place, name in enumerate(whole.names):
        source, number = (new, old)[name.startswith("old")], int(name.split()[1])
        for stream in ("a", "b"):
            assert np.array_equal(window_of(whole, stream, place), window_of(source, stream, number))
        for task, values in source.targets.items():
            assert np.array_equal(whole.targets[task][place], values[number], equal_nan=True)


def test_a_window_that_is_replayed_twice_is_stored_once() -> None:
    whole = joined(dataset(60, specs=(A, B)), rare(), 0.05, draws=0.5, least=0)
    assert len(whole) == 120
    assert [len(w) for w in whole.windows.values()] == [65, 65]


def test_a_stream_that_only_new_items_have_is_absent_in_old_ones() -> None:
    whole = joined(dataset(10, specs=(THERMAL, ENOSE)), dataset(40, specs=(ENOSE,)), 0.25, by="label", least=0)
    assert (whole.rows["thermal"][10:] == ABSENT).all()
    assert (whole.rows["thermal"][:10] != ABSENT).all()
    assert np.isnan(whole.targets["label.thermal"][10:]).all()


def test_a_stream_that_only_old_items_have_is_absent_in_new_ones() -> None:
    whole = joined(dataset(10, specs=(ENOSE,)), dataset(40, specs=(THERMAL, ENOSE)), 0.25, by="label", least=0)
    assert (whole.rows["thermal"][:10] == ABSENT).all()
    assert (whole.rows["thermal"][10:] != ABSENT).all()


def test_nothing_is_replayed_where_nothing_is_asked_for() -> None:
    whole = joined(dataset(10, specs=(A, B)), rare(), 0.0, least=0)
    assert len(whole) == 10
    assert np.isnan(whole.targets[REPLAYED]).all()


def test_weights_are_one_where_the_other_side_had_none() -> None:
    old = replace(rare(), weights={"": np.full(100, 0.5, np.float32)})
    whole = joined(dataset(10, specs=(A, B)), old, 0.1, draws=0.5, least=0)
    assert whole.weights[""].tolist() == [1.0] * 10 + [0.5] * 10


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_a_share_that_is_none_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="is not within 0 and 1"):
        joined(dataset(10, specs=(A, B)), rare(), share, least=0)
    with pytest.raises(ValueError, match="is not within 0 and 1"):
        joined(dataset(10, specs=(A, B)), rare(), 0.1, draws=1.0, least=0)
    with pytest.raises(ValueError, match=r"share of joined items that are new: 1\.0 is not within 0 and 1"):
        joined(dataset(10, specs=(A, B)), rare(), 0.1, fresh=1.0, least=0)


def test_an_unknown_task_is_refused() -> None:
    with pytest.raises(ValueError, match="no task 'colour' to share replayed items by; there are: label,"):
        chosen(rare(), 0.1, "colour")


def test_windows_of_two_shapes_are_refused() -> None:
    other = dataset(10, specs=(replace(A, shape=(3, 9)), B))
    with pytest.raises(ValueError, match=r"stream 'a': new windows are \(3, 9\) float32, old ones \(3, 8\) float32"):
        joined(other, rare(), 0.1, least=0)


@pytest.mark.parametrize(("share", "least", "wanted"), [(0.05, 30, 30), (0.5, 30, 50), (0.05, 999, 100), (0.0, 30, 0)])
def test_a_small_share_is_raised_to_what_is_least_unless_nothing_is_asked_for(
    share: float, least: int, wanted: int
) -> None:
    assert len(chosen(rare(), share, "label", least=least)) == wanted
