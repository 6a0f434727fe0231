import numpy as np
import pytest

from sensors.simulated.resonance import Resonance, gain, ring


@pytest.mark.parametrize(("mode_hz", "decay_s"), [(1000.0, 0.2), (2910.0, 0.05)])
def test_a_mode_rings_at_its_frequency_and_decays_with_its_time(mode_hz: float, decay_s: float) -> None:
    times_s = np.arange(16_000) / 16_000.0
    sound = ring(times_s, np.array([mode_hz]), np.array([decay_s]), np.array([1.0]))
    assert np.argmax(np.abs(np.fft.rfft(sound))) == mode_hz
    energy = np.square(sound).reshape(-1, 160).sum(axis=1)
    # Energy falls twice as fast as amplitude; a hundredth of a second is one block.
    np.testing.assert_allclose(energy[1:10] / energy[:9], np.exp(-2.0 * 0.01 / decay_s), rtol=0.02)


def test_modes_add() -> None:
    times_s, decays_s = np.arange(800) / 16_000.0, np.array([0.1, 0.05])
    both = ring(times_s, np.array([500.0, 900.0]), decays_s, np.array([1.0, 0.3]))
    first = ring(times_s, np.array([500.0]), decays_s[:1], np.array([1.0]))
    second = ring(times_s, np.array([900.0]), decays_s[1:], np.array([0.3]))
    np.testing.assert_allclose(both, first + second, atol=1e-12)


def test_a_resonance_answers_a_slow_push_statically_and_its_own_frequency_by_one_over_twice_its_damping() -> None:
    mode = Resonance(frequency_hz=400.0, damping=0.02, level=1.0)
    static, own, beyond = gain(np.array([0.0, 400.0, 4000.0]), [mode])
    assert static == pytest.approx(1.0)
    assert abs(own) == pytest.approx(25.0)
    assert np.angle(own) == pytest.approx(-np.pi / 2.0)
    assert abs(beyond) == pytest.approx(1.0 / 99.0, rel=1e-3)
