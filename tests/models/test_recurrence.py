"""When training ends, on loss curves made by hand."""

import numpy as np
import pytest

from models.recurrence import SteadyState


def heard(train: list[float], val: list[float], patience: int = 1000, threshold: float = 0.0) -> SteadyState:
    return SteadyState(patience=patience, threshold=threshold, train=list(train), val=list(val))


def test_nothing_heard_is_no_reason() -> None:
    assert heard([], []).reason() is None


@pytest.mark.parametrize("extra", [0, 1])
def test_patience_ends_exactly_after_so_many_epochs_without_a_better_one(extra: int) -> None:
    val = [1.0, 0.5, *[0.6 - 0.001 * i for i in range(4 + extra)]]
    train = [1.0 / (i + 1) for i in range(len(val))]
    reason = heard(train, val, patience=5).reason()
    assert (reason == "validation stopped improving 5 epochs ago") == bool(extra)


def test_an_equal_validation_loss_is_not_better() -> None:
    assert heard([1, 0.9, 0.8, 0.7], [0.5, 0.5, 0.5, 0.5], patience=3).reason() is not None


def test_the_threshold_is_inclusive_and_named() -> None:
    assert heard([0.2], [1.0], threshold=0.2).reason() == "cumulative loss 0.2000 reached the threshold 0.2"
    assert heard([0.21], [1.0], threshold=0.2).reason() is None


def test_a_threshold_of_zero_means_never() -> None:
    assert heard([1.0, 0.0], [1.0, 0.9]).reason() is None


def test_flat_curves_are_a_steady_state() -> None:
    noise = np.random.default_rng(0).normal(0, 1e-4, 20)
    assert "steady state" in str(heard(list(1 + noise), list(2 - noise)).reason())


def test_a_steady_state_needs_twice_its_window() -> None:
    assert heard([1.0] * 15, [1.0] * 15).reason() is None
    assert heard([1.0] * 16, [1.0] * 16).reason() is not None


@pytest.mark.parametrize("slope", [-0.01, 0.01])
def test_a_slope_in_training_or_in_validation_is_no_steady_state(slope: float) -> None:
    moving, flat = [1 + slope * i for i in range(20)], [1.0] * 20
    assert heard(moving, flat).reason() is None
    assert heard(flat, moving).reason() is None


def test_a_noisy_plateau_is_no_steady_state() -> None:
    noise = np.random.default_rng(0).normal(0, 0.05, 20)
    assert heard(list(1 + noise), list(1 + noise)).reason() is None


def test_a_curve_that_falls_ever_more_slowly_ends_at_last() -> None:
    curve = [0.3 + 0.7 * 0.5**i for i in range(30)]
    ends = [n for n in range(1, 31) if heard(curve[:n], curve[:n]).reason()]
    assert ends
    assert ends[0] >= 16
