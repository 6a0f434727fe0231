"""Blending at the ends of epochs."""

import pytest

from models.blending import Curve, blended
from models.weighting.allotment import FLOOR
from models.weighting.base import Measured
from models.weighting.blending import SPAN, Blending

PRIORITIES = {"label:joint": 1.0, "label:sound": 0.25, "label:picture": 0.25, "label.sound": 0.7}
LOSSES = dict.fromkeys(PRIORITIES, 0.5)
START = dict.fromkeys(PRIORITIES, 1.0)
TRAIN = {"label:joint": 0.3, "label:sound": 0.5, "label:picture": 0.1, "label.sound": 0.5}
VALIDATION = {"label:joint": 0.5, "label:sound": 0.6, "label:picture": 0.8, "label.sound": 0.9}


def weights(weighting: Blending, losses: dict[str, float] = LOSSES) -> dict[str, float]:
    return weighting.weights(Measured(losses=losses))


def judged() -> Blending:
    weighting = Blending(PRIORITIES)
    weighting.end_epoch(START, START)
    for _ in range(SPAN):
        weighting.end_epoch(TRAIN, VALIDATION)
    return weighting


def test_priorities_until_the_first_span_has_ended() -> None:
    weighting = Blending(PRIORITIES)
    weighting.end_epoch(START, START)
    for _ in range(SPAN - 1):
        weighting.end_epoch(TRAIN, VALIDATION)
        assert weights(weighting) == pytest.approx(PRIORITIES, rel=1e-12)
    weighting.end_epoch(TRAIN, VALIDATION)
    assert weights(weighting) != pytest.approx(PRIORITIES, rel=0.1)


def test_the_answers_of_a_task_share_its_priorities_by_their_worth() -> None:
    group = [n for n in PRIORITIES if n.startswith("label:")]
    shares = blended({n: Curve(train=(1.0, TRAIN[n]), validation=(1.0, VALIDATION[n])) for n in group})
    raw = {n: PRIORITIES[n] * shares[n] for n in group}
    found = weights(judged())
    assert {n: found[n] for n in group} == pytest.approx({n: 1.5 * raw[n] / sum(raw.values()) for n in group})
    assert found["label.sound"] == pytest.approx(0.7, rel=1e-12)


def test_an_answer_learnt_by_heart_keeps_the_floor() -> None:
    weighting = Blending(PRIORITIES)
    weighting.end_epoch(START, START)
    for _ in range(SPAN):
        weighting.end_epoch(TRAIN, VALIDATION | {"label:picture": 1.2})
    assert weights(weighting)["label:picture"] == pytest.approx(FLOOR * 0.25)


def test_each_span_is_judged_by_itself() -> None:
    weighting = judged()
    before = weights(weighting)
    # Another span in which picture gains and sound does not.
    for _ in range(SPAN):
        weighting.end_epoch(TRAIN, VALIDATION | {"label:picture": 0.7, "label:sound": 0.61})
    found = weights(weighting)
    assert found["label:picture"] > 2 * before["label:picture"]
    assert found["label:sound"] == pytest.approx(FLOOR * 0.25)


def test_an_answer_that_validation_never_saw_stays_at_the_mean() -> None:
    weighting = Blending(PRIORITIES)
    seen = {n: v for n, v in VALIDATION.items() if n != "label:picture"}
    weighting.end_epoch(START, dict.fromkeys(seen, 1.0))
    for _ in range(SPAN):
        weighting.end_epoch(TRAIN, seen)
    assert set(weighting.state["shares"]) == set(seen)
    assert weights(weighting)["label:picture"] == pytest.approx(0.25, rel=0.5)


def test_without_validation_items_the_priorities_stay() -> None:
    weighting = Blending(PRIORITIES)
    for _ in range(3 * SPAN):
        weighting.end_epoch(TRAIN, {})
    assert weights(weighting) == pytest.approx(PRIORITIES, rel=1e-12)


def test_a_step_without_an_answer_shares_among_those_that_are_there() -> None:
    found = weights(judged(), {"label:joint": 0.5, "label.sound": 0.5})
    assert found == pytest.approx({"label:joint": 1.0, "label.sound": 0.7}, rel=1e-12)
