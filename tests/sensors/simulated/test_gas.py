from dataclasses import replace

import numpy as np
import pytest

from sensors.simulated.climate import Climate, water_g_m3
from sensors.simulated.conditions import Conditions
from sensors.simulated.gas import BASELINE_KOHM, DELAY_S, DRIFT, NOISE, PER_KELVIN, GasArray, puff
from tests.sensors.simulated.scene import GOOD, passing, samples, times

LEAK = replace(GOOD, defect="leak", severity=1.0)
HOUR_S = np.arange(0.0, 3600.0, 1.0)


def still(celsius: float = 22.0, percent: float = 45.0) -> Climate:
    return Climate(
        temperature_celsius=celsius, temperature_swing_k=0.0, humidity_percent=percent, humidity_swing_percent=0.0
    )


def array(climate: Climate | None = None) -> GasArray:
    return GasArray(passing(LEAK), 3, climate)


def test_a_leak_lowers_every_channel_most_the_first_and_comes_back() -> None:
    ratio = samples("enose", LEAK, 6.0) / samples("enose", GOOD, 6.0)
    assert (ratio[:10] == 1.0).all()
    lowest = ratio.min(axis=0)
    assert (lowest < 0.95).all()
    assert lowest.argmin() == 0
    assert (ratio[-5:] > 0.99).all()


def test_a_puff_is_nothing_before_it_comes_and_peaks_at_one() -> None:
    times_s = np.linspace(-1.0, 3.0, 4001)
    gas = puff(times_s)
    assert (gas[times_s <= 0.0] == 0.0).all()
    assert gas.max() == pytest.approx(1.0, abs=1e-4)


def test_the_air_holds_the_leak_from_when_it_arrives() -> None:
    times_s = times("enose", 4.0)
    leaked, _ = array().air(times_s).T
    assert (leaked[times_s <= 1.0 + DELAY_S] == 0.0).all()
    assert 0.5 < leaked.max() < 2.0
    assert leaked[-1] < 1e-4


def test_a_larger_leak_is_answered_faster_and_felt_longer() -> None:
    # A clean baseline: what is left is the answer alone.
    times_s = np.arange(0.0, 4.0, 0.01)

    def course(severity: float) -> tuple[float, float]:
        nose = GasArray(passing(replace(LEAK, severity=severity)), 3)
        good = GasArray(passing(GOOD), 3)
        logs = np.log(good.samples(0, times_s)[:, 0].astype(float) / nose.samples(0, times_s)[:, 0])
        above = np.flatnonzero(logs > 0.01)
        return float(times_s[logs.argmax()]), float(times_s[above[-1]])

    (early_s, long_s), (late_s, short_s) = course(1.0), course(0.1)
    assert early_s < late_s
    assert long_s > short_s + 0.1


def test_channels_stand_at_their_baselines_in_still_reference_air_but_for_drift() -> None:
    kohm = array(still()).baseline_kohm(HOUR_S)
    assert np.abs(np.log(kohm / BASELINE_KOHM)).max() <= 1.2 * DRIFT
    # Each channel drifts on its own.
    assert np.abs(np.corrcoef(np.log(kohm).T)[np.triu_indices(4, 1)]).max() < 0.9
    assert (np.ptp(np.log(kohm), axis=0) > 0.5 * DRIFT).all()


def test_samples_are_the_known_baseline_with_noise_where_there_is_no_gas() -> None:
    nose, times_s = GasArray(passing(GOOD, at_s=-100.0), 3), np.arange(2000) / 10.0
    logs = np.log(nose.samples(0, times_s) / nose.baseline_kohm(times_s))
    assert logs.std(axis=0) == pytest.approx([NOISE] * 4, rel=0.1)
    assert np.abs(logs.mean(axis=0)).max() < 5.0 * NOISE / np.sqrt(2000)


def test_damper_air_lowers_every_resistance_by_a_power_law() -> None:
    dry, middle, damp = (array(still(percent=p)).baseline_kohm(HOUR_S[:10]) for p in (20.0, 40.0, 80.0))
    assert (dry > middle).all()
    assert (middle > damp).all()
    np.testing.assert_allclose(dry / middle, middle / damp)


def test_a_warmer_room_lowers_every_resistance_by_so_much_a_kelvin_at_the_same_water() -> None:
    # As much water in a cubic metre at 30 degrees as at 15.
    percent = 70.0 * water_g_m3(np.array(15.0), np.array(70.0)) / water_g_m3(np.array(30.0), np.array(70.0))
    cold, warm = (
        array(still(celsius=c, percent=float(p))).baseline_kohm(HOUR_S[:10]) for c, p in ((15.0, 70.0), (30.0, percent))
    )
    np.testing.assert_allclose(np.log(cold / warm), np.tile(15.0 * PER_KELVIN, (10, 1)))


def test_the_same_leak_is_answered_alike_at_any_time() -> None:
    # The oxide is followed in cells of eight seconds; one of these leaks lies across their border.
    times_s = np.arange(2000) / 100.0

    def answered(at_s: float) -> np.ndarray:
        leak, good = (GasArray(passing(part, at_s), 3, still()).samples(0, times_s) for part in (LEAK, GOOD))
        return np.log(good / leak)[round(at_s * 100) :][:400]

    np.testing.assert_allclose(answered(7.8), answered(5.8), atol=1e-4)
    assert answered(7.8).max() > 0.1


def test_damp_air_blunts_the_answer_to_a_leak() -> None:
    def depth(percent: float) -> float:
        conditions = Conditions(climate=still(percent=percent))
        leak, good = (samples("enose", part, 4.0, conditions=conditions) for part in (LEAK, GOOD))
        return float(np.log(good / leak)[:, 0].max())

    # Four times the water, to the power 0.15.
    assert depth(20.0) / depth(80.0) == pytest.approx(4.0**0.15, rel=0.01)


def test_humidity_is_known_and_explains_the_wandering_of_the_baseline() -> None:
    climate = Climate(temperature_swing_k=0.0, humidity_swing_percent=30.0)
    nose = array(climate)
    logs = np.log(nose.baseline_kohm(HOUR_S)[:, 3])
    water = np.log(nose.room.water_g_m3(HOUR_S))
    assert np.corrcoef(logs, water)[0, 1] < -0.8
