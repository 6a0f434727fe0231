"""The voices of the floor: people who talk at once, of whom no word is understood."""

import numpy as np
from numpy.typing import NDArray

GRAIN_HZ = 16_000
"""Rate at which syllables are kept."""
SYLLABLE_S = 0.28
SYLLABLES_HZ = 4.0
"""Syllables a second; speech is modulated most at about this rate (Houtgast and Steeneken, 1985)."""
LATE_S = 0.06
"""How much later than its turn a syllable may come."""
VOCABULARY = 24
"""Different syllables of one talker."""
PAUSES = 0.25
"""Share of syllables that are silent."""
FORMANTS_HZ = np.array(
    [
        (270, 2290, 3010), (390, 1990, 2550), (530, 1840, 2480), (660, 1720, 2410), (730, 1090, 2440),
        (570, 840, 2410), (440, 1020, 2240), (300, 870, 2240), (640, 1190, 2390), (490, 1350, 1690),
    ]
)  # fmt: skip
"""The first three formants of ten English vowels, averages of men (Peterson and Barney, 1952)."""
BANDWIDTHS_HZ = np.array([60.0, 90.0, 140.0])
LEVELS = np.array([1.0, 0.5, 0.25])


class Babble:
    """Several talkers; a pure function of time."""

    def __init__(self, seed: int, talkers: int) -> None:
        """Teach every talker some syllables.

        Args:
            seed: Same seed, same talk.
            talkers: How many; 0 for silence.
        """
        self._seed = seed
        self._voices = [_vocabulary(np.random.default_rng([seed, 15, talker])) for talker in range(talkers)]

    def sound(self, times_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """All talkers at the given times, RMS about 1 over a long time, shape (samples,), float64."""
        sound = np.zeros(times_s.size)
        first = max(0, int((times_s[0] - SYLLABLE_S - LATE_S) * SYLLABLES_HZ))
        for slot in range(first, int(times_s[-1] * SYLLABLES_HZ) + 1):
            for talker, voice in enumerate(self._voices):
                self._say(sound, times_s, slot, talker, voice)
        return np.asarray(sound / np.sqrt(max(1, len(self._voices))))

    def _say(
        self,
        sound: NDArray[np.float64],
        times_s: NDArray[np.float64],
        slot: int,
        talker: int,
        voice: NDArray[np.float64],
    ) -> None:
        """Add what one talker says in one slot."""
        rng = np.random.default_rng([self._seed, 16, talker, slot])
        silent, late, which, loud = rng.uniform(size=4)
        if silent < PAUSES:
            return
        start_s = slot / SYLLABLES_HZ + late * LATE_S
        low, high = np.searchsorted(times_s, (start_s, start_s + SYLLABLE_S))
        syllable = voice[int(which * VOCABULARY)] * (0.5 + loud)
        places = (times_s[low:high] - start_s) * GRAIN_HZ
        sound[low:high] += np.interp(places, np.arange(syllable.size), syllable, right=0.0)


def _vocabulary(rng: np.random.Generator) -> NDArray[np.float64]:
    """One talker's syllables, mean square 1 over what he says with his pauses; shape (vocabulary, samples)."""
    count = round(SYLLABLE_S * GRAIN_HZ)
    tract, pitch_hz = rng.uniform(0.95, 1.20), rng.uniform(95.0, 220.0)
    frequencies_hz, times_s = np.fft.rfftfreq(count, 1.0 / GRAIN_HZ), np.arange(count) / GRAIN_HZ
    vowels_hz = tract * FORMANTS_HZ[rng.integers(len(FORMANTS_HZ), size=VOCABULARY)]
    detuned = (frequencies_hz - vowels_hz[:, :, None]) / BANDWIDTHS_HZ[:, None]
    # A resonator is as strong as 1 / sqrt(1 + x^2), x half bandwidths off its middle.
    mouth = np.einsum("f,vfn->vn", LEVELS, 1.0 / np.sqrt(1.0 + 4.0 * detuned**2))
    breath = rng.standard_normal(mouth.shape) + 1.0j * rng.standard_normal(mouth.shape)
    sounds = np.fft.irfft(mouth * breath, count, axis=1)
    sounds *= 1.0 + 0.9 * np.sin(2.0 * np.pi * pitch_hz * times_s)
    sounds *= np.sin(np.pi * times_s / SYLLABLE_S) ** 2
    spoken = (1.0 - PAUSES) * SYLLABLES_HZ * SYLLABLE_S * (1.0 + 1.0 / 12.0)
    return np.asarray(sounds / np.sqrt(np.square(sounds).mean() * spoken))
