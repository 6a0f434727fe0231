"""FAMO against torchjd step by step, and on the problem that it was published with."""

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
import torch
from torchjd.scalarization import FAMO

from models.weighting import weighting_named
from models.weighting.base import Measured, Weighting
from models.weighting.famo import FORGOTTEN, Famo
from tests.models.weighting.two_parameters import LOWEST, STARTS, on_the_front, problem


def test_it_is_the_published_one_but_for_what_is_forgotten_where_priorities_are_equal() -> None:
    weighting, published = Famo({}), FAMO(3, weight_decay=0.0).double()
    course = np.random.default_rng(0).uniform(0.2, 2.0, size=(60, 3)).tolist()
    for before, after in pairwise(course):
        losses = torch.tensor(before, dtype=torch.float64, requires_grad=True)
        (wanted,) = torch.autograd.grad(published(losses), losses)
        published.update(torch.tensor(after, dtype=torch.float64))
        with torch.no_grad():
            published._w.mul_(1 - FORGOTTEN)
        found = weighting.weights(Measured(losses=dict(zip("abc", before, strict=True))))
        weighting.after_step(dict(zip("abc", before, strict=True)), dict(zip("abc", after, strict=True)))
        assert [w / 3 for w in found.values()] == pytest.approx(wanted.tolist(), rel=1e-6)


def test_the_one_that_falls_slowest_gains_weight() -> None:
    weighting = Famo({})
    for _ in range(20):
        weighting.after_step({"slow": 1.0, "fast": 1.0}, {"slow": 0.99, "fast": 0.9})
    found = weighting.weights(Measured(losses={"slow": 1.0, "fast": 1.0}))
    assert found["slow"] > 1.5 * found["fast"]


def test_a_priority_of_two_is_content_with_twice_the_rate() -> None:
    weighting = Famo({"label": 2.0, "severity": 1.0})
    for _ in range(20):
        weighting.after_step({"label": 1.0, "severity": 1.0}, {"label": math.exp(-0.2), "severity": math.exp(-0.1)})
    found = weighting.weights(Measured(losses={"label": 1.0, "severity": 1.0}))
    # Adam wanders about what is balanced; with equal priorities the faster one would have less than the other by now.
    assert found["label"] == pytest.approx(2 * found["severity"], rel=0.1)


def test_a_missing_loss_keeps_its_logit_and_its_moments() -> None:
    weighting = Famo({})
    weighting.after_step({"a": 1.0, "b": 1.0}, {"a": 0.5, "b": 0.9})
    kept = list(weighting.state["logits"]["b"])
    weighting.after_step({"a": 0.5}, {"a": 0.4})
    assert weighting.state["logits"]["b"] == kept


def test_gains_that_are_chance_give_no_task_all_the_weight() -> None:
    random, weighting, before = np.random.default_rng(0), Famo({}), dict.fromkeys("abcd", 1.0)
    for step in range(5000):
        weighting.after_step(
            before, {n: math.exp(-gain) for n, gain in zip("abcd", random.normal(0, 0.02, 4), strict=True)}
        )
        if step % 100 == 99:
            assert max(weighting.weights(Measured(losses=before)).values()) < 0.75 * 4


def test_a_task_that_was_ahead_for_long_is_helped_soon_after_it_falls_behind() -> None:
    weighting, before = Famo({}), {"ahead": 1.0, "behind": 1.0}
    for _ in range(3000):
        weighting.after_step(before, {"ahead": 0.9, "behind": 0.999})
    assert weighting.weights(Measured(losses=before))["ahead"] < 0.05
    for _ in range(200):
        weighting.after_step(before, {"ahead": 0.999, "behind": 0.9})
    assert weighting.weights(Measured(losses=before))["ahead"] > 1.0


def descend(weighting: Weighting, start: Sequence[float], steps: int) -> tuple[float, float]:
    """Adam at 1e-3 on the weighted sum, until the front is reached."""
    place, first, second = list(start), [0.0, 0.0], [0.0, 0.0]
    for step in range(1, steps + 1):
        before, gradients = problem(*place)
        found = weighting.weights(Measured(losses=above(before)))
        for axis in (0, 1):
            slope = found["one"] * gradients[0][axis] + found["two"] * gradients[1][axis]
            first[axis] = 0.9 * first[axis] + 0.1 * slope
            second[axis] = 0.999 * second[axis] + 0.001 * slope * slope
            root = math.sqrt(second[axis] / (1 - 0.999**step)) + 1e-8
            place[axis] -= 1e-3 * first[axis] / (1 - 0.9**step) / root
        if weighting.needs_after:
            weighting.after_step(above(before), above(problem(*place)[0]))
        if step % 100 == 0 and on_the_front(*place):
            break
    return place[0], place[1]


def above(losses: Sequence[float]) -> dict[str, float]:
    """As the papers' code does: over a bound under both."""
    return {n: value - low for n, value, low in zip(("one", "two"), losses, LOWEST, strict=True)}


@pytest.mark.slow
@pytest.mark.parametrize("start", STARTS)
def test_as_shipped_it_reaches_the_front_from_each_of_the_five_starts(start: tuple[float, float]) -> None:
    assert on_the_front(*descend(weighting_named("famo", {}), start, 35_000))


def test_equal_weights_stay_in_the_upper_valley_as_published() -> None:
    x, y = descend(weighting_named("fixed", {}), (9.0, 9.0), 35_000)
    assert y > 3.0
    assert not on_the_front(x, y)


@pytest.mark.parametrize("place", [(-8.5, 7.5), (9.0, 9.0), (1.0, 2.0), (-7.5, -0.5), (3.0, -6.0), (0.0, 0.0)])
def test_the_gradient_of_the_problem_is_that_of_its_losses(place: tuple[float, float]) -> None:
    (x, y), step = place, 1e-6
    # At the seam between the halves, the slope is that of the upper one.
    least = 0.0 if y == 0 else -step
    _, gradients = problem(x, y)
    for number, (by_x, by_y) in enumerate(gradients):
        assert by_x == pytest.approx(
            (problem(x + step, y)[0][number] - problem(x - step, y)[0][number]) / 2e-6, abs=1e-6
        )
        rise = problem(x, y + step)[0][number] - problem(x, y + least)[0][number]
        assert by_y == pytest.approx(rise / (step - least), rel=1e-4, abs=1e-6)
