import numpy as np
import pytest

from sensors.simulated.floor import GEAR_HZ, MAINS_HZ, ROLLER_HZ, Floor, FloorSound

RATE_HZ = 16_000
TIMES_S = np.arange(10 * RATE_HZ) / RATE_HZ
SILENT = {"hum_counts": 0.0, "gear_counts": 0.0, "rush_counts": 0.0, "motor_counts": 0.0, "babble_counts": 0.0}


def sound(**counts: float) -> np.ndarray:
    return FloorSound(Floor(**{**SILENT, **counts}), 1).sound(0, TIMES_S)


def amplitude(heard: np.ndarray, frequency_hz: float) -> float:
    return float(2.0 * abs(np.exp(-2.0j * np.pi * frequency_hz * TIMES_S) @ heard) / heard.size)


def test_a_floor_with_everything_off_is_silent() -> None:
    assert not sound().any()


@pytest.mark.parametrize(("harmonic", "share"), [(1, 1.0), (2, 1 / 2), (3, 1 / 3), (4, 1 / 4), (5, 0.0), (6, 1 / 6)])
def test_the_mains_hum_at_their_harmonics(harmonic: int, share: float) -> None:
    assert amplitude(sound(hum_counts=120.0), harmonic * MAINS_HZ) == pytest.approx(120.0 * share, abs=0.01)


def test_the_load_of_the_gear_puts_a_line_on_either_side_of_it() -> None:
    gear = sound(gear_counts=90.0)
    assert amplitude(gear, GEAR_HZ) == pytest.approx(90.0, rel=1e-3)
    for side in (-1, 1):
        assert amplitude(gear, GEAR_HZ + side * ROLLER_HZ) == pytest.approx(0.3 * 90.0, rel=1e-3)


def test_the_rush_is_louder_below_than_above() -> None:
    power = np.square(np.abs(np.fft.rfft(sound(rush_counts=90.0))))
    below, above = power[: power.size // 4].mean(), power[-power.size // 4 :].mean()
    assert below > 2.0 * above
    assert above > 0.0


@pytest.mark.parametrize("name", ["motor_counts", "babble_counts"])
def test_motor_and_voices_are_as_loud_as_asked(name: str) -> None:
    # Ten seconds of speech are not many syllables.
    assert np.sqrt(np.square(sound(**{name: 200.0})).mean()) == pytest.approx(200.0, rel=0.35)


def test_sources_add() -> None:
    each = sum(sound(**{name: 50.0}) for name in SILENT)
    np.testing.assert_allclose(sound(**dict.fromkeys(SILENT, 50.0)), each, atol=1e-6)
