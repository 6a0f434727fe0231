"""Sets of classes that hold the true one as often as promised."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from qc_station.figures.rates import rate
from qc_station.operating.held import Held
from qc_station.operating.sets import ENOUGH, others, quantile, set_figures, thresholds

CLASSES = ("ok", "crack", "leak", "loose")


def held(sizes: tuple[int, ...], sharpness: tuple[float, ...], seed: int = 0) -> Held:
    """Parts of classes of so many parts each, whose logit of the true class is so much the larger."""
    random, truth = np.random.default_rng(seed), np.repeat(np.arange(len(sizes)), sizes)
    logits = random.normal(0, 1, (len(truth), len(sizes)))
    logits[np.arange(len(truth)), truth] += np.array(sharpness)[truth]
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return of(probabilities.astype(np.float32), truth)


def of(probabilities: NDArray[np.float32], truth: NDArray[np.int64]) -> Held:
    everything = np.ones(len(truth), bool)
    return Held(
        bad=1.0 - probabilities[:, 0].astype(np.float64),
        good=truth == 0,
        may_pass=everything,
        may_reject=everything,
        group=np.arange(len(truth)),
        probabilities=probabilities.astype(np.float64),
        truth=truth,
    )


@pytest.mark.parametrize("seed", range(3))
def test_coverage_over_200_splits_is_what_was_promised_for_every_class(seed: int) -> None:
    found = set_figures(held((800, 400, 300, 200), (4.0, 1.0, 2.0, 0.0), seed), CLASSES, 0.9)
    assert found.splits == 200
    assert found.coverage is not None
    assert 0.89 <= found.coverage <= 0.915
    for one in found.classes.values():
        assert one.own
        assert one.coverage is not None
        assert 0.885 <= one.coverage <= 0.92


def test_every_part_is_counted_once_with_exact_bounds_and_never_by_its_own_threshold() -> None:
    sizes = (400, 90, 60, 1)
    found = set_figures(held(sizes, (3.0, 1.0, 1.0, 1.0)), CLASSES, 0.9)
    assert [one.once.total for one in found.classes.values()] == list(sizes)
    assert found.once.count == sum(one.once.count for one in found.classes.values())
    assert found.once.total == sum(sizes)
    for one in found.classes.values():
        assert one.once == rate(one.once.count, one.once.total)
    # A single part says next to nothing, and so its bounds say.
    assert found.classes["loose"].once.upper - found.classes["loose"].once.lower > 0.9
    assert found.once.count / found.once.total == pytest.approx(0.9, abs=0.04)


def test_parts_of_a_single_group_are_counted_nowhere() -> None:
    parts = replace(held((60, 60), (1.0, 1.0)), group=np.zeros(120, np.int64))
    found = set_figures(parts, CLASSES[:2], 0.9)
    assert (found.once.total, found.splits, found.coverage) == (0, 0, None)


def test_one_threshold_for_all_would_fail_the_class_that_is_hard() -> None:
    parts = held((2000, 200), (4.0, 0.0))
    own = others(parts.probabilities)[np.arange(len(parts.truth)), parts.truth]
    hard = parts.truth == 1
    assert (own[hard] <= quantile(own, 0.9)).mean() < 0.6
    assert (own[hard] <= thresholds(own, parts.truth, np.zeros(2, bool), 0.9)[1]).mean() == pytest.approx(0.9, abs=0.01)


def test_classes_with_few_parts_share_a_threshold_and_keep_the_promise_together() -> None:
    found = set_figures(held((500, 90, 45, 45), (3.0, 1.0, 1.0, 1.0)), CLASSES, 0.9)
    assert [one.own for one in found.classes.values()] == [True, True, False, False]
    leak, loose = found.classes["leak"], found.classes["loose"]
    assert leak.threshold == loose.threshold
    assert leak.coverage is not None
    assert loose.coverage is not None
    assert 0.87 <= (leak.coverage + loose.coverage) / 2 <= 0.95


def test_a_class_without_parts_enough_for_any_threshold_stands_in_every_set() -> None:
    found = set_figures(held((500, 400, 400, 3), (3.0, 3.0, 3.0, 3.0)), CLASSES, 0.9)
    assert found.classes["loose"].threshold == np.inf
    assert found.average_size is not None
    assert found.average_size >= 1


def test_probabilities_that_round_to_one_still_tell_parts_apart() -> None:
    tiny = np.geomspace(1e-12, 1e-9, 1000).astype(np.float32)
    probabilities = np.stack([1 - tiny, tiny], axis=1)
    assert (probabilities[:, 0] == 1).all()
    assert np.unique(others(probabilities)[:, 0]).size > 900


@pytest.mark.parametrize(("count", "place"), [(9, 9), (19, 18), (49, 45), (50, 46), (99, 90)])
def test_the_quantile_is_the_ceiling_of_n_plus_one_times_the_coverage(count: int, place: int) -> None:
    assert quantile(np.random.default_rng(1).permutation(count) + 1.0, 0.9) == place


def test_eight_parts_are_too_few_for_ninety_percent() -> None:
    assert quantile(np.arange(8.0), 0.9) == np.inf


def test_parts_of_one_group_never_set_the_threshold_of_each_other() -> None:
    parts = held((400,), (1.0,))
    alone = Held(
        **{name: getattr(parts, name) for name in parts.__slots__ if name != "group"},
        group=np.zeros(400, np.int64),
    )
    assert set_figures(alone, ("ok",), 0.9).coverage is None


def test_a_class_that_the_bundle_does_not_know_is_in_no_set() -> None:
    parts = held((200, 200), (2.0, 2.0))
    unknown = np.where(np.arange(400) < 10, -1, parts.truth)
    found = set_figures(of(parts.probabilities.astype(np.float32), unknown), CLASSES[:2], 0.9)
    assert found.classes["ok"].parts == 200 - 10
    assert ENOUGH == 50


def test_two_groups_are_enough_for_a_split() -> None:
    parts = held((60, 60), (2.0, 2.0))
    halved = Held(
        **{name: getattr(parts, name) for name in parts.__slots__ if name != "group"},
        group=np.arange(120) % 2,
    )
    found = set_figures(halved, CLASSES[:2], 0.9)
    assert found.splits == 200
    assert found.coverage == pytest.approx(0.9, abs=0.1)
