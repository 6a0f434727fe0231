import numpy as np
import pytest

from sensors.simulated.oxide import ADSORB_HZ, DESORB_HZ, answer, follow

STEP_S = 0.001


def reaches_s(values: np.ndarray, level: float) -> float:
    return float(np.argmax(values >= level) + 1) * STEP_S


@pytest.mark.parametrize("concentration", [0.1, 0.5, 2.0])
def test_it_rises_faster_in_more_gas(concentration: float) -> None:
    felt = follow(np.full(4000, concentration), STEP_S)
    expected_s = 1.0 / (ADSORB_HZ * concentration + DESORB_HZ)
    assert reaches_s(felt, concentration * (1.0 - np.exp(-1.0))) == pytest.approx(expected_s, abs=1.5 * STEP_S)
    assert felt[-1] == pytest.approx(concentration, rel=1e-5)


@pytest.mark.parametrize("concentration", [0.1, 0.5, 2.0])
def test_it_comes_back_at_the_rate_of_desorption(concentration: float) -> None:
    gas = np.concatenate([np.full(4000, concentration), np.zeros(1500)])
    left = follow(gas, STEP_S)[4000:]
    times_s = STEP_S * np.arange(1, 1501)
    np.testing.assert_allclose(left, concentration * np.exp(-DESORB_HZ * times_s), rtol=1e-4)


def test_a_strong_answer_takes_longer_to_fall_to_a_tenth() -> None:
    def falls_s(concentration: float) -> float:
        gas = np.concatenate([np.full(4000, concentration), np.zeros(4000)])
        logs = answer(follow(gas, STEP_S), np.array([0.5]))[4000:, 0]
        return float(np.argmax(logs < 0.1 * logs[0])) * STEP_S

    assert falls_s(0.1) < falls_s(1.0) < falls_s(10.0)
    assert falls_s(0.1) == pytest.approx(np.log(10.0) / DESORB_HZ, rel=0.05)


def test_steps_of_any_length_agree_where_gas_is_steady() -> None:
    coarse, fine = follow(np.full(10, 0.7), 0.1), follow(np.full(1000, 0.7), 0.001)
    np.testing.assert_allclose(coarse, fine[99::100], rtol=1e-9)


@pytest.mark.parametrize("power", [0.2, 0.55])
def test_resistance_falls_by_the_power_law(power: float) -> None:
    decades = np.logspace(2.0, 4.0, 20)
    logs = answer(decades, np.array([power]))[:, 0]
    slope = np.polyfit(np.log(decades), -logs, 1)[0]
    assert slope == pytest.approx(-power, rel=0.01)


def test_clean_air_has_no_answer() -> None:
    assert not answer(follow(np.zeros(5), STEP_S), np.array([0.5, 0.2])).any()
    assert follow(np.zeros(0), STEP_S).shape == (0,)
