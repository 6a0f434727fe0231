"""What is recorded of a path's end is what the steady-state test sees."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from models.history import Epoch
from models.recurrence import TOLERANCE, SteadyState
from qc_station.learning.drifts import drift_record, drifts
from qc_station.learning.record import CUMULATIVE

WINDOW = 8


def curve(epochs: int, pace: float, noise: float, seed: int) -> list[float]:
    steps = np.arange(epochs)
    losses = 0.5 + np.exp(-steps / pace) + noise * np.random.default_rng(seed).standard_normal(epochs)
    return [float(loss) for loss in losses]


@given(st.integers(4, 80), st.floats(1, 60), st.sampled_from([0.0, 1e-3, 1e-2, 0.1]), st.integers(0, 99))
@example(80, 1.0, 0.0, 0)
@example(80, 60.0, 0.0, 0)
def test_a_path_is_steady_where_the_test_alone_on_it_would_end_training(
    epochs: int, pace: float, noise: float, seed: int
) -> None:
    losses = curve(epochs, pace, noise, seed)
    judge = SteadyState(patience=10_000, window=WINDOW)
    judge.train.extend(losses)
    found = drift_record("label", validation=False, losses=losses, window=WINDOW)
    assert found.steady == (judge.reason() is not None)


def test_both_outcomes_of_the_test_occur_and_say_how_far_they_are() -> None:
    flat = drift_record("a", validation=False, losses=curve(80, 1.0, 0.0, 0), window=WINDOW)
    falling = drift_record("a", validation=True, losses=curve(80, 60.0, 0.0, 0), window=WINDOW)
    assert flat.steady
    assert abs(flat.change or 0) < TOLERANCE
    assert not falling.steady
    assert (falling.change or 0) < -TOLERANCE


@pytest.mark.parametrize("losses", [[], [1.0], [1.0] * (2 * WINDOW - 1), [*[1.0] * 39, float("nan")]])
def test_too_few_epochs_or_one_that_is_not_finite_says_nothing(losses: list[float]) -> None:
    found = drift_record("a", validation=False, losses=losses, window=WINDOW)
    assert (found.epochs, found.change, found.error, found.steady) == (0, None, None, False)


def test_every_path_is_looked_at_and_the_cumulative_loss_is_weighed_by_priority() -> None:
    epochs = [
        Epoch(
            number=n + 1,
            planned=40,
            train={"a": 1.0 + 0.1 * n, "b": 1.0 - 0.05 * n},
            weights={},
            val={"a": 1.0},
            elapsed_s=float(n),
        )
        for n in range(40)
    ]
    found = {(d.path, d.validation): d for d in drifts(epochs, {"a": 1.0, "b": 2.0}, WINDOW)}
    assert list(found) == [(p, v) for p in (CUMULATIVE, "a", "b") for v in (False, True)]
    # One rises by as much as twice the other falls.
    assert found[CUMULATIVE, False].steady
    assert not found["a", False].steady
    assert not found["b", False].steady
    assert found["a", True].steady
    assert found["b", True].change is None
