"""The microphone beside the line: it hears each part knocked and turned, over the noise of the floor."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sensors.simulated.bearing import SPIN_S, Spin, clatter, spin
from sensors.simulated.floor import Floor, FloorSound
from sensors.simulated.line import Passing
from sensors.simulated.parts import Part
from sensors.simulated.resonance import ring
from sensors.simulated.source import seconds, within
from sensors.streams import Stream

RATE_HZ = 16_000
MODES_HZ = np.array([1730.0, 2910.0, 4270.0, 5860.0, 7150.0])
DECAYS_S = np.array([0.045, 0.033, 0.024, 0.016, 0.011])
LEVELS = np.array([1.0, 0.8, 0.6, 0.4, 0.25])
CRACK_PULL = np.array([0.2, 1.0, 0.45, 0.8, 0.3])
"""How much a crack weakens each mode: most where it crosses the place of largest bending."""
DELAY_S = 0.010
"""From the trigger to the knock."""
RING_S = 0.22
"""After it a knock is lost in the noise of the floor."""
RATTLE_HZ = np.array([980.0, 2240.0])
RATTLE_DECAY_S = np.array([0.004, 0.004])
PEAK_COUNTS = 7000.0


class Microphone:
    """Sound pressure beside the line, int16, full scale 32768."""

    def __init__(self, passings: Sequence[Passing], seed: int, floor: Floor | None = None) -> None:
        """Nothing is computed but what the floor needs.

        Args:
            passings: What passes and when.
            seed: Same seed, same bytes.
            floor: Noise of the floor; None for the usual one.
        """
        self.stream = Stream(name="acoustic", kind="waveform", shape=(1,), nominal_rate_hz=RATE_HZ, units=("1",))
        self.floor = FloorSound(floor or Floor(), seed)
        self._passings, self._times_s, self._seed = passings, seconds(passings), seed

    def samples(self, first: int, times_s: NDArray[np.float64]) -> NDArray[np.int16]:
        """Sound at the given times; see `Source.samples`. Shape (samples, 1), int16."""
        sound = self.floor.sound(first, times_s)
        for index in within(self._times_s, times_s[0] - RING_S - SPIN_S[1], times_s[-1] - SPIN_S[0]):
            self._knock(index, sound, times_s)
            self._turn(index, sound, times_s)
        return np.clip(np.rint(sound), -32768, 32767).astype(np.int16)[:, None]

    def spin(self, index: int) -> Spin:
        """Truth: how one part was turned, by its place in the passings; heard only where its bearing is worn."""
        return spin(np.random.default_rng([self._seed, 12, index]))

    def _knock(self, index: int, sound: NDArray[np.float64], times_s: NDArray[np.float64]) -> None:
        rng = np.random.default_rng([self._seed, 11, index])
        struck_s = self._times_s[index] + DELAY_S + rng.uniform(-0.004, 0.004)
        low, high = np.searchsorted(times_s, (struck_s, struck_s + RING_S))
        if low < high:
            sound[low:high] += knock(self._passings[index].part, rng, times_s[low:high] - struck_s)

    def _turn(self, index: int, sound: NDArray[np.float64], times_s: NDArray[np.float64]) -> None:
        severity = self._passings[index].part.strength("bearing")
        low, high = np.searchsorted(times_s, self._times_s[index] + np.array(SPIN_S))
        if severity and low < high:
            sound[low:high] += clatter(self.spin(index), severity, times_s[low:high] - self._times_s[index])


def knock(part: Part, rng: np.random.Generator, since_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """One struck part.

    Sum over modes of a * exp(-t / decay) * sin(2 pi f t), the free response of a linear structure to a short blow
    (Ewins, Modal Testing, 2000, section 2.4); a soft hammer tip rolls the upper modes off. A crack takes stiffness,
    so that the modes it crosses sink, lose energy faster and split in two.

    Args:
        part: Its crack and its rattle are heard.
        rng: The part's own; draws its size, the place and the strength of the blow.
        since_s: Seconds since the blow, all >= 0, shape (samples,), float64.

    Returns:
        Counts, shape (samples,), float64.
    """
    crack = part.strength("crack")
    size, each = 1.0 + 0.006 * rng.standard_normal(), 1.0 + 0.003 * rng.standard_normal(MODES_HZ.size)
    modes_hz = MODES_HZ * size * each * (1.0 - 0.06 * crack * CRACK_PULL)
    decays_s = DECAYS_S * np.exp(0.12 * rng.standard_normal(MODES_HZ.size)) * (1.0 - 0.5 * crack * CRACK_PULL)
    tip_hz = rng.uniform(4000.0, 7000.0)
    levels = LEVELS * np.exp(0.3 * rng.standard_normal(MODES_HZ.size)) / (1.0 + (modes_hz / tip_hz) ** 2)
    strength = PEAK_COUNTS * np.exp(0.3 * rng.standard_normal())
    twins_hz, twins = modes_hz * (1.0 - 0.012 * crack), 0.6 * crack * CRACK_PULL * levels
    sound = ring(since_s, modes_hz, decays_s, levels) + ring(since_s, twins_hz, decays_s, twins)
    return np.asarray(strength * (sound + rattle(part.rattle, rng, since_s)))


def rattle(strength: float, rng: np.random.Generator, since_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """A few small dull blows after the first, by something that is not fast; shape (samples,), peak about 0.2."""
    sound = np.zeros(since_s.size)
    if not strength:
        return sound
    for delay_s in np.sort(rng.uniform(0.012, 0.080, 5)):
        low, high = np.searchsorted(since_s, (delay_s, delay_s + 12.0 * RATTLE_DECAY_S[0]))
        levels = np.full(2, strength * rng.uniform(0.10, 0.22))
        sound[low:high] += ring(since_s[low:high] - delay_s, RATTLE_HZ, RATTLE_DECAY_S, levels)
    return sound
