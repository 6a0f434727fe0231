"""The test of steady state on 200 made-up loss curves whose noiseless course is known.

Epochs that bring less than a thousandth are at rest; where more than a hundredth is still to come within two windows,
"steady" is false. Between the two either answer is right, since every test needs such a margin.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from models.recurrence import SteadyState
from models.steadiness import drift_of

Curve = NDArray[np.float64]
WINDOW, EPOCHS, CURVES = 8, 110, 200
AT_REST, MOVING = 0.001, 0.01
NOISE = 0.01
"""Largest scatter of the training loss from epoch to epoch, as a share of it; validation has half of that."""


def exponential(random: np.random.Generator, epoch: Curve) -> Curve:
    return np.exp(-epoch / random.uniform(2, 15))


def two_rates(random: np.random.Generator, epoch: Curve) -> Curve:
    return 0.6 * np.exp(-epoch / random.uniform(1, 4)) + 0.4 * np.exp(-epoch / random.uniform(6, 15))


def power(random: np.random.Generator, epoch: Curve) -> Curve:
    return (1 + epoch / random.uniform(1, 4)) ** -random.uniform(1.5, 3)


def straight(random: np.random.Generator, epoch: Curve) -> Curve:
    return np.maximum(0, 1 - epoch / random.uniform(15, 55))


def half_cosine(random: np.random.Generator, epoch: Curve) -> Curve:
    length = random.uniform(20, 55)
    return (1 + np.cos(np.pi * np.minimum(epoch, length) / length)) / 2


def steps(random: np.random.Generator, epoch: Curve) -> Curve:
    """Plateaus of five to ten epochs between sudden drops."""
    drops = np.cumsum(random.integers(5, 11, size=random.integers(2, 5)))
    levels = np.geomspace(1.0, 0.05, len(drops) + 1)
    fall = random.uniform(0.4, 1.2)
    curve = np.full(len(epoch), levels[0])
    for drop, (before, after) in zip(drops, pairwise(levels), strict=True):
        curve -= (before - after) * np.where(epoch >= drop, 1 - np.exp(-(epoch - drop + 1) / fall), 0)
    return curve


def late_start(random: np.random.Generator, epoch: Curve) -> Curve:
    """Nothing is learnt for up to a dozen epochs, then everything at once."""
    return 1 / (1 + np.exp((epoch - random.uniform(8, 16)) / random.uniform(0.7, 1.5)))


SHAPES: tuple[Callable[[np.random.Generator, Curve], Curve], ...] = (
    exponential,
    two_rates,
    power,
    straight,
    half_cosine,
    steps,
    late_start,
)
SCATTERS = ("none", "gaussian", "heavy tails", "correlated", "spikes")


def scatter(random: np.random.Generator, kind: str, size: float) -> Curve:
    normal = random.normal(0, size, EPOCHS)
    if kind == "heavy tails":
        return random.standard_t(3, EPOCHS) * size / math.sqrt(3)
    if kind == "correlated":
        memory = random.uniform(0.3, 0.7)
        for place in range(1, EPOCHS):
            normal[place] = memory * normal[place - 1] + math.sqrt(1 - memory**2) * normal[place]
    if kind == "spikes":
        normal += (random.random(EPOCHS) < 0.04) * random.uniform(0.02, 0.2, EPOCHS)
    return normal * (kind != "none")


@dataclass(frozen=True, kw_only=True)
class Case:
    true: Curve
    train: Curve
    val: Curve

    def to_come(self, heard: int, windows: int = 2) -> float:
        """Share of the true loss that it still changes by within some windows after so many epochs."""
        coming = self.true[heard - 1 : heard + windows * WINDOW]
        return float(np.abs(coming - coming[0]).max() / coming[0])

    def at_rest(self) -> int:
        """Epochs after which nothing worth a thousandth comes any more."""
        return max((n for n in range(1, EPOCHS + 1) if self.to_come(n) > AT_REST), default=0) + 1

    def called_steady(self) -> int | None:
        """Epochs after which the test says so."""
        for heard in range(1, EPOCHS + 1):
            if SteadyState(patience=1000, train=list(self.train[:heard]), val=list(self.val[:heard])).reason():
                return heard
        return None


def cases(noise: float, seed: int = 0) -> Iterator[Case]:
    random, epoch = np.random.default_rng(seed), np.arange(EPOCHS, dtype=np.float64)
    for number in range(CURVES):
        start = random.uniform(0.8, 3.0)
        floor = start * random.uniform(0.1, 0.6)
        true = floor + (start - floor) * SHAPES[number % len(SHAPES)](random, epoch)
        kind, size = SCATTERS[number // len(SHAPES) % len(SCATTERS)], noise * random.uniform(0.2, 1.0)
        train = true * (1 + scatter(random, kind, size))
        val = 1.1 * true * (1 + scatter(random, kind, size / 2))
        yield Case(true=true, train=train, val=val)


@cache
def judged(noise: float) -> tuple[tuple[float, int], ...]:
    """For each curve what was still to come when it was called steady, and how late that was; a miss is endlessly late."""
    found = []
    for case in cases(noise):
        called = case.called_steady()
        found.append((case.to_come(called), called - case.at_rest()) if called else (0.0, EPOCHS))
    return tuple(found)


def test_at_most_two_in_a_hundred_curves_are_called_steady_while_they_fall() -> None:
    false = [to_come for to_come, _ in judged(NOISE) if to_come > MOVING]
    assert len(false) <= 0.02 * CURVES, false


def test_198_of_200_steady_states_are_called_within_two_windows_and_all_within_three() -> None:
    """The two come 20 and 24 epochs after rest instead of 16.

    In one the scatter is correlated: it rises by 1.1 % a window, which is more than the tolerance and no illusion. In
    the other two spikes stand side by side, which a median of three lets through. A median of five calls all 200 in
    time, but 5 others while they fall (2.5 %); spans of 2.25 and 2.5 windows bring the two to 17 and 18 epochs, not to 16.
    """
    late = [delay for _, delay in judged(NOISE) if delay > 2 * WINDOW]
    assert len(late) <= 2, late
    assert max(late, default=0) <= 3 * WINDOW


def test_with_three_times_the_scatter_it_comes_later_but_not_more_often_false() -> None:
    found = judged(3 * NOISE)
    assert sum(to_come > MOVING for to_come, _ in found) <= 0.02 * CURVES
    assert sorted(delay for _, delay in found)[int(0.9 * CURVES)] <= 5 * WINDOW


@pytest.mark.parametrize("falls", [0.02, -0.02])
def test_a_curve_that_never_rests_is_never_called_steady(falls: float) -> None:
    """Two hundredths a window, down or up, under the usual scatter."""
    random = np.random.default_rng(1)
    for _ in range(15):
        true = (1 - falls) ** (np.arange(EPOCHS) / WINDOW)
        case = Case(true=true, train=true * (1 + random.normal(0, 0.01, EPOCHS)), val=true)
        assert case.called_steady() is None


def test_the_reason_shows_what_was_measured() -> None:
    said = SteadyState(patience=1000, train=[2.0] * 16, val=[1.0] * 16).reason()
    assert said == (
        "steady state: change a window of 8 epochs, seen over 14: "
        "training +0.00% +- 0.00%, validation +0.00% +- 0.00%; under 1.0% is steady"
    )


def test_the_drift_of_a_straight_line_is_its_slope_times_the_window() -> None:
    drift = drift_of([2.0 - 0.01 * n for n in range(3, 15)], window=8, largest=2.0)
    # The two ends share their neighbours' median, which turns the line a little.
    assert drift.change == pytest.approx(-0.08 / np.mean([2.0 - 0.01 * n for n in range(3, 15)]), rel=0.1)


def test_one_spike_changes_nothing_and_a_step_is_seen() -> None:
    calm = [1.0] * 14
    assert drift_of([*calm[:6], 5.0, *calm[7:]], 8, 5.0) == drift_of(calm, 8, 5.0)
    stepped = drift_of([*[1.1] * 4, *[1.0] * 10], 8, 1.1)
    assert abs(stepped.change) > 0.03


def test_a_loss_that_is_nearly_nothing_need_not_stand_still() -> None:
    tiny = [1e-3 * 0.97**n for n in range(14)]
    assert abs(drift_of(tiny, 8, largest=1.0).change) < 0.01 < abs(drift_of(tiny, 8, largest=1e-3).change)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_losses_that_are_not_finite_are_no_steady_state(bad: float) -> None:
    assert SteadyState(patience=1000, train=[1.0] * 19 + [bad], val=[1.0] * 20).reason() is None
    assert SteadyState(patience=1000, train=[bad] + [1.0] * 19, val=[1.0] * 20).reason() is not None
