from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from sensors.simulated.bearing import MODES_HZ, SPIN_S, TURNING_HZ, Bearing, clatter, spin
from sensors.simulated.knock import Microphone
from tests.sensors.simulated.scene import GOOD, passing, times

RATE_HZ = 16_000
TURN_S = np.arange(int(SPIN_S[0] * RATE_HZ), int(SPIN_S[1] * RATE_HZ)) / RATE_HZ


def envelope_peak_hz(sound: NDArray[np.float64]) -> float:
    """The loudest line between 60 and 260 Hz of the spectrum of the squared sound."""
    padded = 1 << 16
    spectrum = np.abs(np.fft.rfft(np.square(sound) * np.hanning(sound.size), padded))
    frequencies_hz = np.fft.rfftfreq(padded, 1.0 / RATE_HZ)
    band = (frequencies_hz > 60.0) & (frequencies_hz < 260.0)
    return float(frequencies_hz[band][spectrum[band].argmax()])


@pytest.mark.parametrize(
    ("bearing", "turning_hz", "expected_hz"),
    [
        (Bearing(balls=8, ball_to_pitch=0.2), 30.0, 96.0),
        (Bearing(balls=9, ball_to_pitch=0.2), 40.0, 144.0),
        (Bearing(balls=8, ball_to_pitch=0.2, contact_rad=np.pi / 2.0), 30.0, 120.0),
    ],
)
def test_balls_pass_the_outer_race_at_the_known_rate(bearing: Bearing, turning_hz: float, expected_hz: float) -> None:
    assert bearing.outer_race_hz(turning_hz) == pytest.approx(expected_hz)


@pytest.mark.parametrize("seed", range(5))
def test_the_envelope_repeats_at_the_fault_rate(seed: int) -> None:
    turn = spin(np.random.default_rng(seed))
    assert turn.turning_hz == pytest.approx(TURNING_HZ, rel=0.02)
    # The slip of the balls moves the mean rate of some fifty blows by a part of a percent.
    assert envelope_peak_hz(clatter(turn, 1.0, TURN_S)) == pytest.approx(turn.fault_hz, rel=0.02)


def test_blows_ring_the_housing_not_the_fault_rate() -> None:
    power = np.square(np.abs(np.fft.rfft(clatter(spin(np.random.default_rng(1)), 1.0, TURN_S))))
    frequencies_hz = np.fft.rfftfreq(TURN_S.size, 1.0 / RATE_HZ)
    assert frequencies_hz[power.argmax()] == pytest.approx(MODES_HZ[0], abs=200.0)
    assert power[frequencies_hz < 1000.0].sum() < 0.03 * power.sum()


def test_blows_slip_by_about_a_percent() -> None:
    steps = np.concatenate(
        [np.diff(one.blows_s) * one.fault_hz for one in (spin(np.random.default_rng(n)) for n in range(50))]
    )
    assert steps.mean() == pytest.approx(1.0, abs=0.002)
    assert steps.std() == pytest.approx(0.01, rel=0.15)


def test_severity_is_the_strength_of_the_blows() -> None:
    turn = spin(np.random.default_rng(2))
    np.testing.assert_allclose(clatter(turn, 0.9, TURN_S), 3.0 * clatter(turn, 0.3, TURN_S))


def test_the_sum_over_a_few_blows_is_the_sum_over_all() -> None:
    turn = spin(np.random.default_rng(3))
    alone = [replace(turn, blows_s=turn.blows_s[[n]], strengths=turn.strengths[[n]]) for n in range(turn.blows_s.size)]
    every = np.sum([clatter(one, 1.0, TURN_S) for one in alone], axis=0)
    assert np.abs(clatter(turn, 1.0, TURN_S) - every).max() < 1e-3 * np.abs(every).max()


def test_the_microphone_hears_the_blows_of_a_worn_bearing_while_the_part_turns_and_knows_their_rate() -> None:
    times_s = times("acoustic", 2.0)
    worn = Microphone(passing(replace(GOOD, defect="bearing", severity=0.5)), 3)
    good = Microphone(passing(GOOD), 3)
    heard = worn.samples(0, times_s)[:, 0].astype(float) - good.samples(0, times_s)[:, 0]
    turning = (times_s > 1.0 + SPIN_S[0]) & (times_s < 1.0 + SPIN_S[1])
    assert (heard[~turning] == 0.0).all()
    assert 200.0 < np.abs(heard).max() < 800.0
    assert envelope_peak_hz(heard[turning]) == pytest.approx(worn.spin(0).fault_hz, rel=0.02)
