"""Time and energy: the scarcer one ends a training."""

from pathlib import Path

import pytest

from models.budget import Budget, EnergyMeter


def counters(folder: Path, *microjoules: int, largest: int = 10**9) -> Path:
    """Packages as the kernel shows them, each with a part that must not count twice."""
    for number, value in enumerate(microjoules):
        for name in (f"intel-rapl:{number}", f"intel-rapl:{number}:0"):
            (folder / name).mkdir(exist_ok=True)
            (folder / name / "energy_uj").write_text(f"{value}\n")
            (folder / name / "max_energy_range_uj").write_text(f"{largest}\n")
    return folder


def test_energy_is_the_sum_of_all_packages_since_the_start(tmp_path: Path) -> None:
    meter = EnergyMeter(counters(tmp_path, 5_000_000, 0))
    counters(tmp_path, 5_000_000 + 1_800_000_000, 1_800_000_000, largest=10**12)
    assert meter.watt_hours() == pytest.approx(1.0)


def test_a_counter_that_begins_again_is_followed(tmp_path: Path) -> None:
    meter = EnergyMeter(counters(tmp_path, 900_000_000))
    counters(tmp_path, 100_000_000)
    assert meter.watt_hours() == pytest.approx(200.0 / 3600.0)


def test_without_counters_an_energy_budget_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=f"there are none in {tmp_path}"):
        EnergyMeter(tmp_path)


def test_the_scarcer_limit_binds_and_is_named(tmp_path: Path) -> None:
    times = iter([0.0, 10.0])
    meter = EnergyMeter(counters(tmp_path, 0))
    budget = Budget(100.0, lambda: next(times), 0.5, meter)
    counters(tmp_path, 720_000_000)
    assert budget.look() == 10.0
    # One epoch took 10 s and 0.2 Wh: time is left for nine more, energy for one.
    assert budget.room(1) == (1, "budget of 0.5 Wh")
    budget.limit_wh = 50.0
    assert budget.room(1) == (9, "budget of 100 s")


def test_what_was_used_before_a_resumption_counts() -> None:
    times = iter([500.0, 530.0])
    budget = Budget(100.0, lambda: next(times))
    budget.before_s = 60.0
    assert budget.look() == 90.0
    assert budget.room(9) == (1, "budget of 100 s")


def test_nothing_left_is_nothing_less_than_nothing() -> None:
    times = iter([0.0, 250.0])
    budget = Budget(100.0, lambda: next(times))
    budget.look()
    assert budget.room(2)[0] == 0
