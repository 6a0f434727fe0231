import numpy as np
import pytest
from numpy.typing import NDArray

from sensors.simulated.babble import PAUSES, SYLLABLES_HZ, Babble

RATE_HZ = 16_000
MINUTE_S = np.arange(60 * RATE_HZ) / RATE_HZ


def loudness(sound: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean square of every hundredth of a second."""
    return np.square(sound).reshape(-1, RATE_HZ // 100).mean(axis=1)


@pytest.mark.parametrize("talkers", [1, 5])
def test_babble_is_as_loud_as_it_says_however_many_talk(talkers: int) -> None:
    sound = Babble(1, talkers).sound(MINUTE_S)
    assert np.sqrt(np.square(sound).mean()) == pytest.approx(1.0, rel=0.15)


def test_nobody_says_nothing() -> None:
    assert not Babble(1, 0).sound(MINUTE_S[:1000]).any()


def test_one_voice_comes_in_syllables_and_pauses() -> None:
    loud = loudness(Babble(2, 1).sound(MINUTE_S))
    spectrum = np.abs(np.fft.rfft(loud - loud.mean()))
    rates_hz = np.fft.rfftfreq(loud.size, 0.01)
    band = (rates_hz > 1.0) & (rates_hz < 20.0)
    assert rates_hz[band][spectrum[band].argmax()] == pytest.approx(SYLLABLES_HZ, abs=0.5)
    # A silent syllable leaves at least a gap of what no other one fills.
    assert 0.2 * PAUSES < (loud < 1e-3).mean() < 2.0 * PAUSES


def test_many_voices_blur_the_pauses_of_each() -> None:
    def depth(talkers: int) -> float:
        loud = loudness(Babble(3, talkers).sound(MINUTE_S))
        return float(loud.std() / loud.mean())

    assert depth(1) > 1.5 * depth(5) > 0.0


def test_voices_have_formants_where_vowels_have_them() -> None:
    power = np.square(np.abs(np.fft.rfft(Babble(4, 5).sound(MINUTE_S))))
    frequencies_hz = np.fft.rfftfreq(MINUTE_S.size, 1.0 / RATE_HZ)

    def share(low_hz: float, high_hz: float) -> float:
        return float(power[(frequencies_hz >= low_hz) & (frequencies_hz < high_hz)].sum() / power.sum())

    assert share(200.0, 4000.0) > 0.9
    # First formants are louder than second ones, and those louder than what is above all formants.
    assert share(250.0, 900.0) > share(900.0, 2900.0) > 10.0 * share(5000.0, 8000.0)


def test_the_same_people_say_the_same_again() -> None:
    np.testing.assert_array_equal(Babble(1, 2).sound(MINUTE_S[:20_000]), Babble(1, 2).sound(MINUTE_S[:20_000]))
    assert not np.allclose(Babble(1, 2).sound(MINUTE_S[:20_000]), Babble(2, 2).sound(MINUTE_S[:20_000]))
