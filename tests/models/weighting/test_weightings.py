"""What all weightings owe: priorities, a floor, calm, and a memory that a checkpoint carries."""

import io
import math
import zlib
from pathlib import Path

import pytest
import torch
from torch import Tensor

import models.weighting
from models.weighting import names, weighting_named
from models.weighting.allotment import FLOOR
from models.weighting.base import Measured, Weighting

PRIORITIES = {"label": 1.0, "severity": 3.0}
LOSSES = {"label": 0.5, "severity": 2.0}


def gramian(losses: dict[str, float]) -> Tensor:
    """Of gradients that point somewhere of their own and are as long as their loss."""
    rows = []
    for name, loss in losses.items():
        draw = torch.Generator().manual_seed(zlib.crc32(name.encode()))
        rows.append(loss * torch.randn(6, dtype=torch.float64, generator=draw))
    jacobian = torch.stack(rows)
    return jacobian @ jacobian.T


def measured(losses: dict[str, float]) -> Measured:
    return Measured(losses=losses, gramian=gramian(losses))


class Sight:
    """A validation fold on which the first task helps and the others do not."""

    def __init__(self) -> None:
        self.loss = 1.0

    def hypergradient(self, weights: dict[str, float]) -> dict[str, float]:
        return {n: -0.1 if place == 0 else 0.01 * place for place, n in enumerate(sorted(weights))}

    def validation_loss(self) -> float:
        self.loss *= 0.99
        return self.loss


def lived(weighting: Weighting, losses: dict[str, float], sight: Sight | None = None) -> dict[str, float]:
    """All that one step and the end of its epoch tell a weighting; the weights of the step."""
    found = weighting.weights(measured(losses))
    if weighting.needs_after:
        weighting.after_step(losses, {n: 0.9 * v for n, v in losses.items()})
    if weighting.tune_every:
        weighting.tune(sight or Sight())
    weighting.end_epoch(losses, {n: 1.1 * v for n, v in losses.items()})
    return found


def test_every_file_with_a_weighting_has_its_name_and_no_other() -> None:
    files = Path(models.weighting.__path__[0]).glob("*.py")
    assert set(names()) == {f.stem for f in files if "(Weighting):\n" in f.read_text()}


def test_an_unknown_weighting_is_refused_with_those_there_are() -> None:
    with pytest.raises(ValueError, match=r"no weighting 'magic'; there are: .*fixed.*uncertainty"):
        weighting_named("magic", {})


@pytest.mark.parametrize("name", names())
def test_a_weight_for_every_loss_of_the_step_and_no_other(name: str) -> None:
    weighting = weighting_named(name, PRIORITIES)
    for losses in (LOSSES, {"label": 0.1}, LOSSES):
        found = lived(weighting, losses)
        assert list(found) == list(losses)
        assert all(math.isfinite(w) and w >= 0 for w in found.values())


@pytest.mark.parametrize("name", names())
def test_a_priority_of_two_doubles_the_weight_among_equals(name: str) -> None:
    """Same losses, gradients of one length at right angles: nothing but the priorities differs."""
    weighting = weighting_named(name, {"label": 1.0, "severity": 2.0})
    found = weighting.weights(
        Measured(losses=dict.fromkeys(PRIORITIES, 0.5), gramian=torch.eye(2, dtype=torch.float64))
    )
    if name == "pcd":
        # The most important task leads; the other only gets its share of progress.
        assert found["severity"] > 2 * found["label"] > 0
    else:
        assert found["severity"] == pytest.approx(2 * found["label"], rel=1e-3)


@pytest.mark.parametrize("name", names())
@pytest.mark.parametrize("zero", [("label",), ("label", "severity")])
def test_a_loss_of_exactly_zero_for_a_hundred_steps_starves_nobody(name: str, zero: tuple[str, ...]) -> None:
    weighting, sight = weighting_named(name, PRIORITIES), Sight()
    losses = LOSSES | dict.fromkeys(zero, 0.0)
    for _ in range(100):
        found = lived(weighting, losses, sight)
        assert all(math.isfinite(w) for w in found.values())
        assert all(w >= FLOOR * PRIORITIES[n] * (1 - 1e-12) for n, w in found.items())


@pytest.mark.parametrize("name", names())
@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_one_loss_that_is_not_finite_is_forgotten(name: str, bad: float) -> None:
    weighting = weighting_named(name, PRIORITIES)
    for _ in range(2):
        found = lived(weighting, {"label": bad, "severity": 1.0})
        assert all(math.isfinite(w) for w in found.values())
    assert all(math.isfinite(w) for w in lived(weighting, LOSSES).values())
    assert all(math.isfinite(w) for w in weighting.weights(measured(LOSSES)).values())


@pytest.mark.parametrize("name", names())
def test_a_loss_that_leaps_from_nothing_breaks_nothing(name: str) -> None:
    weighting = weighting_named(name, PRIORITIES)
    for losses in ({"label": 0.0, "severity": 1.0}, {"label": 5e6, "severity": 1.0}):
        lived(weighting, losses)
    found = weighting.weights(measured(LOSSES))
    assert all(math.isfinite(w) and w >= FLOOR * PRIORITIES[n] * (1 - 1e-12) for n, w in found.items())


@pytest.mark.parametrize("name", names())
def test_a_task_of_no_importance_has_no_weight_even_when_it_is_alone(name: str) -> None:
    weighting = weighting_named(name, {"label": 0.0, "severity": 1.0})
    assert lived(weighting, {"label": 0.5}) == {"label": 0.0}
    for _ in range(3):
        found = lived(weighting, LOSSES)
        assert found["label"] == 0.0
        assert found["severity"] > 0.0


@pytest.mark.parametrize("name", names())
def test_a_task_of_no_importance_changes_nothing_for_the_others(name: str) -> None:
    off = {"label": 1.0, "severity": 3.0, "noise": 0.0}
    with_it, without = weighting_named(name, off), weighting_named(name, PRIORITIES)
    for scale in (1.0, 0.8, 0.5):
        losses = {n: scale * v for n, v in LOSSES.items()}
        found, wanted = lived(with_it, losses | {"noise": 0.3}), lived(without, losses)
        assert {n: found[n] for n in wanted} == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize("name", names())
def test_the_order_of_the_tasks_changes_no_bit(name: str) -> None:
    one = {"a": 0.3, "b": 1.1, "c": 0.7, "d": 0.013}
    other = {n: one[n] for n in ("c", "a", "d", "b")}
    first, second = (weighting_named(name, dict(zip("abcd", (1.0, 0.1, 0.7, 3.0), strict=True))) for _ in range(2))
    products, places = gramian(one), [list(one).index(n) for n in other]
    for _ in range(4):
        found = first.weights(Measured(losses=one, gramian=products))
        again = second.weights(Measured(losses=other, gramian=products[places][:, places]))
        assert found == again
        for weighting, losses in ((first, one), (second, other)):
            weighting.after_step(losses, {n: v * v for n, v in losses.items()})
            weighting.tune(Sight())
            weighting.end_epoch(losses, losses)


@pytest.mark.parametrize("name", names())
def test_training_goes_on_from_a_checkpoint_to_the_bit(name: str) -> None:
    first, second = weighting_named(name, PRIORITIES), weighting_named(name, PRIORITIES)
    course = [{"label": 0.9**t, "severity": 2.0 * 0.8**t} for t in range(12)]
    for losses in [*course[:5], {"label": 0.4}]:
        lived(first, losses)
    file = io.BytesIO()
    torch.save(first.state, file)
    file.seek(0)
    second.load_state(torch.load(file, weights_only=True))
    for losses in course[5:]:
        assert lived(first, losses) == lived(second, losses)
    assert first.notes == second.notes


@pytest.mark.parametrize("name", names())
def test_a_docstring_says_formula_source_and_when_to_choose_it(name: str) -> None:
    text = type(weighting_named(name, {})).__doc__ or ""
    assert "hoose it" in text
    assert "arXiv:" in text
    assert "w_i" in text


def test_fixed_is_the_priorities() -> None:
    assert weighting_named("fixed", PRIORITIES).weights(measured({**LOSSES, "other": 9.0})) == {
        **PRIORITIES,
        "other": 1.0,
    }
