from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from sensors.simulated.knock import MODES_HZ, RATTLE_HZ, RING_S, knock
from tests.sensors.simulated.scene import GOOD

TIMES_S = np.arange(3200) / 16_000.0
FREQUENCIES_HZ = np.fft.rfftfreq(TIMES_S.size, 1.0 / 16_000.0)


def spectrum(sound: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.abs(np.fft.rfft(sound))


@pytest.mark.parametrize("seed", range(4))
def test_a_good_part_rings_at_its_modes(seed: int) -> None:
    heard = spectrum(knock(GOOD, np.random.default_rng(seed), TIMES_S))
    for mode_hz in MODES_HZ[:4]:
        band = np.abs(FREQUENCIES_HZ - mode_hz) < 0.1 * mode_hz
        # Parts differ in size by about six in a thousand.
        assert FREQUENCIES_HZ[band][heard[band].argmax()] == pytest.approx(mode_hz, rel=0.03)


def test_a_crack_lowers_the_weakened_modes_and_shortens_them() -> None:
    band = (FREQUENCIES_HZ > 2500.0) & (FREQUENCIES_HZ < 3300.0)
    peaks_hz, tails = [], []
    for severity in (0.0, 0.5, 1.0):
        part = replace(GOOD, defect="crack" if severity else "ok", severity=severity)
        sound = knock(part, np.random.default_rng(0), TIMES_S)
        peaks_hz.append(FREQUENCIES_HZ[band][spectrum(sound)[band].argmax()])
        tails.append(np.square(sound[1600:]).sum() / np.square(sound).sum())
    assert peaks_hz[0] > peaks_hz[1] > peaks_hz[2]
    assert tails[0] > tails[1] > tails[2]


def test_a_rattle_comes_after_the_knock_at_its_own_frequencies() -> None:
    plain, rattling = (knock(replace(GOOD, rattle=r), np.random.default_rng(1), TIMES_S) for r in (0.0, 0.8))
    added = rattling - plain
    assert (added[: int(0.012 * 16_000)] == 0.0).all()
    assert added.any()
    peak_hz = FREQUENCIES_HZ[spectrum(added).argmax()]
    assert np.abs(RATTLE_HZ - peak_hz).min() < 60.0


def test_nothing_of_a_knock_is_left_when_it_is_cut_off() -> None:
    since_s = RING_S + np.arange(1600) / 16_000.0
    assert max(np.abs(knock(GOOD, np.random.default_rng(seed), since_s)).max() for seed in range(20)) < 200.0
