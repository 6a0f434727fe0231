"""The motor as an order analysis hears it: against the turns of the shaft instead of time."""

import numpy as np
import pytest
from numpy.typing import NDArray

from sensors.simulated.motor import FAN_BLADES, FRAME, ORDERS, ROTOR_BARS, SHAFT_HZ, SWING, Motor, forces
from sensors.simulated.resonance import gain
from sensors.simulated.source import FARTHEST

RATE_HZ = 16_000


def by_order(motor: Motor, start_s: float, turns: int, orders: NDArray[np.float64]) -> NDArray[np.float64]:
    """Amplitude at each order over a whole number of turns, whose phase is the sum over the known speed."""
    times_s = start_s + np.arange(int((turns + 2) / SHAFT_HZ * RATE_HZ)) / RATE_HZ
    turned = np.cumsum(motor.speed_hz(times_s)) / RATE_HZ
    kept = turned < turns
    sound = motor.sound(times_s)[kept]
    return 2.0 * np.abs(np.exp(-2.0j * np.pi * np.outer(orders, turned[kept])) @ sound) / kept.sum()


def test_the_sound_is_harmonics_of_the_known_speed() -> None:
    # Over 12 s the speed changes by so much that a fixed frequency would smear over several lines.
    orders = np.arange(1, 33) / 1.0
    lines, between = (by_order(Motor(2), 5.0, 300, orders + shift) for shift in (0.0, 0.5))
    assert (lines > 4.0 * between).all()
    assert np.square(lines).sum() / 2.0 == pytest.approx(1.0, rel=0.1)


def test_each_harmonic_is_its_force_through_the_resonances_of_the_frame() -> None:
    motor = Motor(4)
    for start_s in (1.0, 21.0):
        # Ten turns are short enough for one speed.
        heard = by_order(motor, start_s, 10, ORDERS.astype(float))
        speed_hz = motor.speed_hz(np.array([start_s + 5.0 / SHAFT_HZ]))[0]
        expected = forces() * np.abs(gain(ORDERS * speed_hz, FRAME))
        loud = expected > 0.02 * expected.max()
        ratio = heard[loud] / expected[loud]
        np.testing.assert_allclose(ratio / np.median(ratio), 1.0, atol=0.12)


def test_blades_and_bars_push_harder_than_their_neighbours() -> None:
    pushes = dict(zip(ORDERS.tolist(), forces().tolist(), strict=True))
    for order in (FAN_BLADES, ROTOR_BARS):
        assert pushes[order] > 2.0 * max(pushes[order - 1], pushes[order + 1])


def test_the_speed_wanders_within_its_bounds() -> None:
    speeds_hz = Motor(1).speed_hz(np.arange(0.0, 120.0, 0.1))
    assert np.abs(speeds_hz / SHAFT_HZ - 1.0).max() <= SWING * FARTHEST
    assert np.ptp(speeds_hz) > SWING * SHAFT_HZ
    assert np.abs(np.diff(speeds_hz)).max() < 0.02 * SHAFT_HZ * 0.1


def test_two_lines_have_two_motors() -> None:
    times_s = np.arange(1600) / RATE_HZ
    assert not np.allclose(Motor(1).sound(times_s), Motor(2).sound(times_s))
    np.testing.assert_array_equal(Motor(1).sound(times_s), Motor(1).sound(times_s))
