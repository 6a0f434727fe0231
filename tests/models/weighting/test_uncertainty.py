"""Closed-form uncertainty."""

import pytest

from models.weighting.base import Measured
from models.weighting.uncertainty import Uncertainty

PRIORITIES = {"label": 1.0, "severity": 3.0}
LOSSES = {"label": 0.5, "severity": 2.0}


def test_it_is_the_closed_form_scaled_to_the_priorities() -> None:
    found = Uncertainty(PRIORITIES).weights(Measured(losses=LOSSES))
    raw = {n: PRIORITIES[n] / LOSSES[n] for n in LOSSES}
    assert found == pytest.approx({n: 4.0 * raw[n] / sum(raw.values()) for n in LOSSES})


def test_a_jump_is_calmed() -> None:
    weighting = Uncertainty({"a": 1.0, "b": 1.0})
    weighting.weights(Measured(losses={"a": 1.0, "b": 1.0}))
    found = weighting.weights(Measured(losses={"a": 1.0, "b": 51.0}))
    assert found["a"] / found["b"] == pytest.approx(0.98 * 1 + 0.02 * 51)
