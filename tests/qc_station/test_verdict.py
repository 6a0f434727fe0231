"""The policy: what costs least, and what never passes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc_station.verdict import Decision, OperatingPoint, Policy, Verdict, judge

CLASSES = ("ok", "crack", "leak")
STREAMS = {"acoustic": True, "enose": False}
COSTS = st.floats(0, 100)


def judged(fused: list[float], present: tuple[str, ...] = ("acoustic", "enose"), **changes: object) -> Verdict:
    outputs = {n: np.float32(fused) for n in ("label", "label:joint", "label:acoustic", "label:enose")}
    chosen = {"classes": CLASSES, "ok_classes": ("ok",), "streams": STREAMS, "policy": Policy()} | changes
    return judge(outputs, present=present, **chosen)  # type: ignore[arg-type]


@given(st.floats(0, 1), COSTS, COSTS, COSTS)
def test_no_other_decision_would_be_expected_to_cost_less(
    bad: float, escape: float, overkill: float, review: float
) -> None:
    cost = {Decision.PASS: bad * escape, Decision.REJECT: (1 - bad) * overkill, Decision.REVIEW: review}
    chosen = Policy(escape=escape, overkill=overkill, review=review).decide(bad)
    assert cost[chosen] == min(cost.values())


@pytest.mark.parametrize(
    ("bad", "decision"),
    [(0.0, "PASS"), (0.049, "PASS"), (0.051, "REVIEW"), (0.499, "REVIEW"), (0.501, "REJECT"), (1.0, "REJECT")],
)
def test_thresholds_of_the_default_costs(bad: float, decision: str) -> None:
    assert Policy().decide(bad) == decision


def test_at_a_threshold_a_person_looks() -> None:
    assert Policy(escape=10, overkill=1, review=0.5).decide(0.05) is Decision.REVIEW
    assert Policy(escape=1, overkill=1, review=9).decide(0.5) is Decision.REJECT


def test_a_part_that_is_rejected_for_several_kinds_together_is_not_said_to_be_good() -> None:
    verdict = judged([0.44, 0.25, 0.31])
    assert verdict.decision is Decision.REJECT
    assert verdict.reason == "not good 0.56, most of it leak 0.31; acoustic 0.56, enose 0.56"
    assert judged([0.3, 0.1, 0.6]).reason.startswith("leak 0.60; ")
    assert judged([0.6, 0.1, 0.3]).reason.startswith("ok 0.60; ")


@pytest.mark.parametrize("bad", [float("nan"), -0.1, 1.1, float("inf")])
def test_what_is_no_probability_goes_to_review(bad: float) -> None:
    assert Policy().decide(bad) is Decision.REVIEW


def test_a_nan_among_the_scores_goes_to_review() -> None:
    assert judged([float("nan")] * 3).decision is Decision.REVIEW
    assert judged([0.99, float("nan"), 0.0]).decision is Decision.REVIEW


@given(st.floats(0, 1))
def test_a_part_without_its_required_evidence_never_passes(ok: float) -> None:
    verdict = judged([ok, 1 - ok, 0.0], present=("enose",))
    assert verdict.decision is not Decision.PASS
    if judged([ok, 1 - ok, 0.0]).decision is Decision.PASS:
        assert verdict.decision is Decision.REVIEW
        assert verdict.reason.startswith("required acoustic missing; ")


def test_a_part_may_pass_without_evidence_that_is_not_required() -> None:
    verdict = judged([0.99, 0.01, 0.0], present=("acoustic",))
    assert verdict.decision is Decision.PASS
    assert verdict.reason == "ok 0.99; acoustic 0.01, enose absent"


def test_a_bad_part_is_rejected_also_without_required_evidence() -> None:
    assert judged([0.01, 0.99, 0.0], present=("enose",)).decision is Decision.REJECT


def test_the_reason_names_the_class_and_what_each_stream_says() -> None:
    verdict = judged([0.2, 0.7, 0.1])
    assert verdict.reason == "crack 0.70; acoustic 0.80, enose 0.80"
    assert verdict.bad == pytest.approx(0.8)


def test_bad_is_all_that_is_not_good() -> None:
    assert judged([0.3, 0.5, 0.2], ok_classes=("ok", "leak")).bad == pytest.approx(0.5)


def test_without_a_good_class_a_person_decides() -> None:
    verdict = judged([0.9, 0.1, 0.0], ok_classes=("fine",))
    assert verdict.decision is Decision.REVIEW
    assert verdict.reason == "ok 0.90; no class of label means a good part"
    assert np.isnan(verdict.bad)


@pytest.mark.parametrize("fused", [[0.0, 0.6, 0.4000001], [1e-9, 0.7, 0.3000001]])
def test_rounding_beyond_one_is_still_a_certain_reject(fused: list[float]) -> None:
    """Probabilities in single precision may sum to a little more than 1."""
    assert np.float32(fused)[1:].sum() > 1
    verdict = judged(fused)
    assert verdict.decision is Decision.REJECT
    assert verdict.bad == 1.0


POINT = OperatingPoint(passes=0.02, rejects=0.9, promise="escapes at most 1 % at 95 %: 0 of 312 parts")


@pytest.mark.parametrize(
    ("bad", "decision"),
    [(0.0, "PASS"), (0.02, "PASS"), (0.0201, "REVIEW"), (0.8999, "REVIEW"), (0.9, "REJECT"), (1.0, "REJECT")],
)
def test_a_proved_point_decides_instead_of_the_costs_and_its_thresholds_belong_to_it(bad: float, decision: str) -> None:
    assert Policy(point=POINT).decide(bad) == decision


@pytest.mark.parametrize("bad", [float("nan"), -0.1, 1.1, float("inf")])
def test_a_proved_point_knows_no_more_than_probabilities(bad: float) -> None:
    assert Policy(point=POINT).decide(bad) is Decision.REVIEW


def test_what_passes_by_a_proved_point_says_by_which_bound() -> None:
    policy = Policy(point=POINT)
    assert judged([0.99, 0.01, 0.0], policy=policy).reason == (
        "ok 0.99; acoustic 0.01, enose 0.01; escapes at most 1 % at 95 %: 0 of 312 parts"
    )
    assert "escapes" not in judged([0.5, 0.5, 0.0], policy=policy).reason
    assert judged([0.99, 0.01, 0.0], present=("enose",), policy=policy).decision is Decision.REVIEW


@pytest.mark.parametrize("rejects", [0.02, 0.01, float("nan")])
def test_a_point_whose_thresholds_cross_is_refused(rejects: float) -> None:
    with pytest.raises(ValueError, match=r"PASS up to 0\.02 and REJECT from"):
        OperatingPoint(passes=0.02, rejects=rejects, promise="")


@given(st.floats(0, 1), COSTS, COSTS, COSTS)
def test_the_costs_thresholds_as_a_point_decide_as_the_costs_do(
    bad: float, escape: float, overkill: float, review: float
) -> None:
    by_costs = Policy(escape=escape, overkill=overkill, review=review)
    passes, rejects = by_costs.thresholds()
    chosen = Policy(point=OperatingPoint(passes=passes, rejects=rejects, promise="")).decide(bad)
    cost = {Decision.PASS: bad * escape, Decision.REJECT: (1 - bad) * overkill, Decision.REVIEW: review}
    # At a threshold two costs are equal but for rounding, which is relative to the largest of them.
    assert cost[chosen] == pytest.approx(min(cost.values()), rel=1e-9, abs=1e-15 * max(escape, overkill, review))


@given(st.floats(-1, 1), COSTS, COSTS, COSTS)
def test_no_part_passes_above_the_most_that_may(most: float, escape: float, overkill: float, review: float) -> None:
    passes, rejects = Policy(escape=escape, overkill=overkill, review=review).thresholds(most)
    assert passes <= most
    assert passes < rejects
