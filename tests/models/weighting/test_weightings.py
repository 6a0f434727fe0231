"""Weightings: each against its closed form, and what all of them owe."""

import json
import math
from pathlib import Path

import pytest

import models.weighting
from models.weighting import names, weighting_named
from models.weighting.base import Measured

PRIORITIES = {"label": 1.0, "severity": 3.0}
LOSSES = {"label": 0.5, "severity": 2.0}


def measured(losses: dict[str, float]) -> Measured:
    return Measured(losses=losses)


def test_every_file_is_a_weighting() -> None:
    files = {f.stem for f in Path(models.weighting.__path__[0]).glob("*.py")} - {"__init__", "base"}
    assert set(names()) == files


def test_an_unknown_weighting_is_refused_with_those_there_are() -> None:
    with pytest.raises(ValueError, match=r"no weighting 'magic'; there are: .*fixed.*uncertainty"):
        weighting_named("magic", {})


@pytest.mark.parametrize("name", names())
def test_a_weight_for_every_loss_of_the_step_and_no_other(name: str) -> None:
    weighting = weighting_named(name, PRIORITIES)
    for losses in (LOSSES, {"label": 0.1}, LOSSES):
        found = weighting.weights(measured(losses))
        assert set(found) == set(losses)
        assert all(math.isfinite(w) and w >= 0 for w in found.values())


@pytest.mark.parametrize("name", names())
def test_a_loss_of_zero_breaks_nothing(name: str) -> None:
    weighting = weighting_named(name, PRIORITIES)
    for _ in range(3):
        assert all(math.isfinite(w) for w in weighting.weights(measured({"label": 0.0, "severity": 0.0})).values())
        weighting.end_epoch({"label": 0.0, "severity": 0.0})


@pytest.mark.parametrize("name", names())
@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_one_loss_that_is_not_finite_is_forgotten(name: str, bad: float) -> None:
    weighting = weighting_named(name, PRIORITIES)
    for _ in range(2):
        weighting.weights(measured({"label": bad, "severity": 1.0}))
        weighting.end_epoch({"label": bad, "severity": 1.0})
    assert all(math.isfinite(w) for w in weighting.weights(measured(LOSSES)).values())


@pytest.mark.parametrize("name", names())
def test_a_loss_that_leaps_from_nothing_breaks_nothing(name: str) -> None:
    weighting = weighting_named(name, PRIORITIES)
    for losses in ({"label": 0.0, "severity": 1.0}, {"label": 5.0, "severity": 1.0}):
        weighting.weights(measured(losses))
        weighting.end_epoch(losses)
    assert all(math.isfinite(w) for w in weighting.weights(measured(LOSSES)).values())


@pytest.mark.parametrize("name", names())
def test_a_task_of_no_importance_has_no_weight_even_when_it_is_alone(name: str) -> None:
    weighting = weighting_named(name, {"label": 0.0, "severity": 1.0})
    assert weighting.weights(measured({"label": 0.5})) == {"label": 0.0}
    assert weighting.weights(measured(LOSSES))["label"] == 0.0


@pytest.mark.parametrize("name", names())
def test_state_survives_a_checkpoint(name: str) -> None:
    first, second = weighting_named(name, PRIORITIES), weighting_named(name, PRIORITIES)
    for losses in (LOSSES, {"label": 0.4, "severity": 1.9}):
        first.weights(measured(losses))
        first.end_epoch(losses)
    second.state = json.loads(json.dumps(first.state))
    assert second.weights(measured(LOSSES)) == first.weights(measured(LOSSES))


def test_fixed_is_the_priorities() -> None:
    assert weighting_named("fixed", PRIORITIES).weights(measured({**LOSSES, "other": 9.0})) == {
        **PRIORITIES,
        "other": 1.0,
    }


def test_uncertainty_is_the_closed_form_scaled_to_the_priorities() -> None:
    found = weighting_named("uncertainty", PRIORITIES).weights(measured(LOSSES))
    raw = {n: PRIORITIES[n] / LOSSES[n] for n in LOSSES}
    assert found == pytest.approx({n: 4.0 * raw[n] / sum(raw.values()) for n in LOSSES})


def test_uncertainty_calms_a_jump() -> None:
    weighting = weighting_named("uncertainty", {"a": 1.0, "b": 1.0})
    weighting.weights(measured({"a": 1.0, "b": 1.0}))
    found = weighting.weights(measured({"a": 1.0, "b": 51.0}))
    assert found["a"] / found["b"] == pytest.approx(0.98 * 1 + 0.02 * 51)


def test_dynamic_average_by_hand() -> None:
    weighting = weighting_named("dynamic_average", {"a": 1.0, "b": 2.0})
    assert weighting.weights(measured({"a": 1.0, "b": 1.0})) == pytest.approx({"a": 1.0, "b": 2.0})
    for losses in ({"a": 1.0, "b": 1.0}, {"a": 0.5, "b": 1.0}):
        weighting.end_epoch(losses)
    fast, slow = math.exp(0.5 / 2), math.exp(1.0 / 2)
    wanted = {"a": 2 * fast / (fast + slow), "b": 2 * 2 * slow / (fast + slow)}
    assert weighting.weights(measured({"a": 1.0, "b": 1.0})) == pytest.approx(wanted)


def test_dynamic_average_looks_at_the_last_two_epochs_only() -> None:
    weighting = weighting_named("dynamic_average", {})
    for loss in (9.0, 1.0, 1.0):
        weighting.end_epoch({"a": loss, "b": 1.0})
    assert weighting.weights(measured({"a": 1.0, "b": 1.0})) == pytest.approx({"a": 1.0, "b": 1.0})
