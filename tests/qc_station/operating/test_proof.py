"""Thresholds that are tightened until the rate of escapes is proved."""

from typing import Any

import numpy as np
import pytest

from qc_station.operating.held import Held
from qc_station.operating.proof import MARGIN, bad_units, prove, tightened
from qc_station.verdict import Policy


def held(bad: list[float], good: list[float], **changes: Any) -> Held:
    """Bad parts, then good ones, with these probabilities; each a group of its own."""
    scores, count = np.array([*bad, *good]), len(bad) + len(good)
    fields: dict[str, Any] = {
        "bad": scores,
        "good": np.arange(count) >= len(bad),
        "may_pass": np.ones(count, bool),
        "may_reject": np.ones(count, bool),
        "group": np.arange(count),
        "probabilities": np.stack([1 - scores, scores], axis=1),
        "truth": (np.arange(count) < len(bad)).astype(int),
    }
    return Held(**(fields | changes))


GOOD = [0.001] * 50


def test_299_defects_without_a_miss_prove_one_percent_at_the_thresholds_of_the_costs() -> None:
    found = prove(held([0.9] * 299, GOOD), Policy(), 0.01, 0.95)
    assert found.proved
    assert (found.passes, found.rejects) == found.by_costs
    assert found.passes == pytest.approx(0.05)
    assert found.rejects == pytest.approx(0.5)
    assert found.promise == "escapes at most 1 % at 95 %: 0 of 299 parts"
    assert found.rates["escape"].groups.upper <= 0.01


def test_298_prove_nothing_and_are_told_that_one_is_missing() -> None:
    found = prove(held([0.9] * 298, GOOD), Policy(), 0.01, 0.95)
    assert not found.proved
    assert (found.enough, found.more) == (299, 1)
    assert found.why_not == "0 of 298 (0 %, at most 1 % at 95 %) is no proof"


def test_31_defects_prove_no_better_than_nine_percent() -> None:
    found = prove(held([0.9] * 31, GOOD), Policy(), 0.05, 0.95)
    assert (found.proved, found.more) == (False, 28)
    assert "at most 9.21 %" in found.why_not
    assert prove(held([0.9] * 31, GOOD), Policy(), 0.093, 0.95).proved


def test_the_threshold_is_tightened_below_the_first_defect_that_must_not_pass() -> None:
    found = prove(held([0.01, 0.02] + [0.9] * 400, GOOD), Policy(), 0.01, 0.95)
    assert (found.allowed, found.misses) == (0, 2)
    assert found.passes == pytest.approx(0.01 - MARGIN)
    assert found.rates["escape"].groups.count == 0
    assert found.rejects == found.by_costs[1]
    assert found.proved


def test_as_many_misses_as_the_bound_allows_are_spent() -> None:
    found = prove(held([0.01, 0.02] + [0.9] * 472, GOOD), Policy(), 0.01, 0.95)
    assert found.allowed == 1
    assert found.passes == pytest.approx(0.02 - MARGIN)
    assert found.promise == "escapes at most 1 % at 95 %: 1 of 474 parts"


def test_where_looking_never_pays_what_no_longer_passes_is_rejected_as_the_costs_say() -> None:
    found = prove(held([0.3] + [0.9] * 400, GOOD), Policy(escape=1, overkill=1, review=9), 0.01, 0.95)
    assert found.by_costs[0] == pytest.approx(0.5)
    assert found.passes == pytest.approx(0.3 - MARGIN)
    assert found.rejects == pytest.approx(found.passes)


def test_a_threshold_that_lets_no_good_part_pass_proves_nothing_and_more_defects_are_asked_for() -> None:
    found = prove(held([0.0001] + [0.9] * 400, GOOD), Policy(), 0.01, 0.95)
    assert not found.proved
    assert found.why_not == "a threshold that lets no more than 0 of 401 pass lets no good part pass either"
    # One miss among 473 would prove it.
    assert found.more == 473 - 401


def test_a_network_that_is_sure_of_nothing_is_told_so() -> None:
    found = prove(held([0.9] * 400, [0.3] * 50), Policy(), 0.01, 0.95)
    assert found.why_not == "no good part is sure enough to pass at these costs"
    assert found.more == 0


def test_without_good_parts_the_escapes_are_proved_all_the_same() -> None:
    found = prove(held([0.9] * 299, []), Policy(), 0.01, 0.95)
    assert found.proved
    assert found.rates["overkill"].parts.upper == 1.0


def test_parts_of_one_group_count_once_and_a_group_escapes_where_one_of_them_passes() -> None:
    lots = np.append(np.repeat(np.arange(299), 2), np.arange(299, 349))
    found = prove(held([0.9, 0.001] * 299, GOOD, group=lots), Policy(), 0.01, 0.95)
    assert not found.proved
    assert found.misses == 299
    one = prove(held([0.9, 0.8] * 298, GOOD, group=lots[2:]), Policy(), 0.01, 0.95)
    assert (one.proved, one.more, one.unit) == (False, 1, "groups")
    assert one.rates["escape"].parts.total == 596
    assert one.rates["escape"].parts.upper < 0.01


def test_a_bad_part_that_something_else_keeps_from_passing_is_no_miss() -> None:
    kept = np.arange(349) != 0
    found = prove(held([0.001] + [0.9] * 298, GOOD, may_pass=kept), Policy(), 0.01, 0.95)
    assert found.proved
    assert found.misses == 0


def test_what_is_no_probability_never_passes() -> None:
    assert bad_units(held([float("nan"), 0.2], [])).tolist() == [np.inf, 0.2]


def test_overkill_and_review_are_shares_of_the_good_parts() -> None:
    found = prove(held([0.9] * 299, [0.001] * 40 + [0.2] * 7 + [0.7] * 3), Policy(), 0.01, 0.95).rates
    assert (found["overkill"].parts.count, found["review"].parts.count) == (3, 7)
    assert found["overkill"].parts.total == 50
    assert str(found["review"].parts) == "7 of 50 (14 %, at most 24.7 % at 95 %)"


def test_many_samples_are_tightened_at_once_as_one_by_one() -> None:
    samples = np.random.default_rng(1).uniform(0, 1, (20, 30))
    together = tightened(samples, 2, 0.5)
    assert together.tolist() == [float(tightened(row, 2, 0.5)) for row in samples]
    assert tightened(samples, 30, 0.5).tolist() == [0.5] * 20
