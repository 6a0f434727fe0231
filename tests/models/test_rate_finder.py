"""The learning-rate finder: what it suggests trains, and it leaves no trace."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from models.adjustment import PathSettings
from models.rate_finder import RateSweep, _judged, find_rate
from models.settings import Settings
from models.trainer import Trainer
from models.weighting import names
from tests.synthetic import ENOSE, dataset, tasks_for

SPECS = (replace(ENOSE, name="one"), replace(ENOSE, name="two"))


def trainer(**settings: object) -> Trainer:
    data = dataset(48, specs=SPECS)
    chosen = Settings(**{"epochs": 3, "batch": 16, **settings})  # type: ignore[arg-type]
    return Trainer(SPECS, tasks_for(SPECS), data, dataset(12, specs=SPECS, seed=5), chosen, clock=lambda: 0.0)


@pytest.fixture(scope="module")
def swept() -> RateSweep:
    torch.set_num_threads(1)
    return find_rate(trainer(), smallest=1e-5, largest=100.0, steps=70)


def test_rates_rise_by_one_factor_and_every_step_has_a_loss(swept: RateSweep) -> None:
    factors = np.diff(np.log(swept.rates))
    np.testing.assert_allclose(factors, factors[0], rtol=1e-9)
    assert len(swept.rates) == len(swept.losses) == len(swept.smoothed)
    assert 0.9 < swept.losses[0] < 2.5


def test_it_ends_where_the_loss_explodes(swept: RateSweep) -> None:
    assert swept.diverged == swept.rates[-1] < 100.0
    assert swept.losses[-1] > min(swept.losses)


def test_the_suggestion_lies_where_the_loss_falls_and_well_before_it_rises(swept: RateSweep) -> None:
    assert swept.suggested is not None
    assert swept.lowest / 10 <= swept.suggested <= swept.lowest / 3
    assert swept.diverged is not None
    assert 1e-4 < swept.steepest < swept.lowest < swept.diverged
    assert f"suggested lr = {swept.suggested:.1e}" in swept.words()


@pytest.mark.slow
def test_what_is_suggested_trains_better_than_a_hundred_times_less_or_more(swept: RateSweep) -> None:
    assert swept.suggested is not None

    def reached(rate: float) -> float:
        paths = {name: PathSettings(lr=rate) for name in ("one", "two", "shared")}
        one = trainer(paths=paths, epochs=8)
        outcome = one.run()
        return one.cumulative(outcome.epochs[-1].val)

    best = reached(swept.suggested)
    assert best < 0.8 * reached(swept.suggested / 100)
    assert best < 0.8 * reached(swept.suggested * 100)


@pytest.mark.parametrize("weighting", [n for n in names() if n in ("fixed", "uncertainty", "famo", "grad_norm")])
def test_a_training_after_a_sweep_is_bit_for_bit_the_one_without(weighting: str) -> None:
    paths = {"one": PathSettings(optimizer="nadam", lr=0.01), "shared": PathSettings(lr=0.001)}
    plain = trainer(weighting=weighting, paths=paths)
    second = plain.run()
    swept = trainer(weighting=weighting, paths=paths)
    find_rate(swept, steps=20)
    assert swept.paths.largest == plain.paths.largest
    first = swept.run()
    assert first.epochs == second.epochs
    assert first.skipped == second.skipped
    pairs = zip(first.network.state_dict().values(), second.network.state_dict().values(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)


def test_a_sweep_that_breaks_leaves_the_trainer_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    one = trainer()
    before = {n: v.clone() for n, v in one.network.state_dict().items()}
    seen = []

    def breaks(batches: object) -> None:
        seen.append(batches)
        with torch.no_grad():
            next(one.network.parameters()).add_(1.0)
        raise RuntimeError("out of memory")

    monkeypatch.setattr(one, "step", breaks)
    with pytest.raises(RuntimeError, match="out of memory"):
        find_rate(one)
    assert all(torch.equal(v, before[n]) for n, v in one.network.state_dict().items())
    assert (one.course.progress, one.sampler.position) == (0.0, 0)


def test_paths_keep_the_ratio_of_their_rates(monkeypatch: pytest.MonkeyPatch) -> None:
    one = trainer(paths={"one": PathSettings(lr=0.01), "two": PathSettings(lr=0.001, schedule="constant")})
    used = []
    step = one.paths.step

    def watched(progress: float, sound: bool = True) -> bool:
        done = step(progress, sound)
        used.append((one.paths.rates["one"], one.paths.rates["two"]))
        return done

    monkeypatch.setattr(one.paths, "step", watched)
    sweep = find_rate(one, smallest=1e-4, largest=1e-2, steps=10)
    np.testing.assert_allclose([a for a, _ in used], sweep.rates, rtol=1e-9)
    np.testing.assert_allclose([b for _, b in used], np.array(sweep.rates) / 10, rtol=1e-9)


def test_a_step_takes_as_many_batches_as_the_training_does() -> None:
    one, sizes = trainer(accumulation=2), []
    step = one.step
    one.step = lambda batches: sizes.append(len(batches)) or step(batches)  # type: ignore[method-assign, func-returns-value]
    find_rate(one, steps=10)
    assert set(sizes) == {2}


def test_a_loss_that_never_falls_gives_no_suggestion() -> None:
    rates = [10.0**n for n in range(-9, 1)]
    sweep = _judged(rates, [1.0] * 10, ended=False)
    assert (sweep.suggested, sweep.diverged) == (None, None)
    assert "never fell" in sweep.words()


def test_the_steepest_place_of_a_made_up_valley() -> None:
    logs = np.linspace(-6, 0, 121)
    losses = 1 - 0.8 / (1 + np.exp(-(logs + 3) * 4)) + np.exp((logs + 0.5) * 8)
    sweep = _judged((10.0**logs).tolist(), losses.tolist(), ended=True)
    assert math.log10(sweep.steepest) == pytest.approx(-3, abs=0.15)
    assert math.log10(sweep.lowest) == pytest.approx(logs[losses.argmin()], abs=0.3)
    assert sweep.suggested == max(sweep.steepest, sweep.lowest / 10)


def test_losses_that_are_no_numbers_are_refused_with_a_way_out() -> None:
    with pytest.raises(ValueError, match=r"only 1 of the first steps.*begin at a smaller rate"):
        _judged([1e-6, 1e-5], [1.0, math.nan], ended=True)


@pytest.mark.parametrize(("smallest", "largest", "steps"), [(0.0, 1.0, 50), (1.0, 1.0, 50), (1e-5, 1.0, 9)])
def test_a_sweep_that_goes_nowhere_is_refused(smallest: float, largest: float, steps: int) -> None:
    with pytest.raises(ValueError, match="allowed: rising positive rates, at least 10 steps"):
        find_rate(trainer(), smallest, largest, steps)
