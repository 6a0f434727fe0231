"""The bearing of a part that is turned before the microphone: a worn outer race is struck by every ball."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sensors.simulated.resonance import ring

SPIN_S = (-0.05, 0.30)
"""From and until when a part turns, relative to the trigger."""
TURNING_HZ = 40.0
SLIP = 0.01
"""Spread of the time from one blow to the next: the balls slide a little."""
MODES_HZ = np.array([3350.0, 5120.0])
DECAYS_S = np.array([0.0016, 0.0010])
LEVELS = np.array([1.0, 0.6])
BLOW_COUNTS = 800.0
"""Peak of a blow at severity 1."""
OVERLAP = 3
"""Blows that may still be heard at once; what is older has fallen below a thousandth."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bearing:
    """The geometry that sets the rate of the blows."""

    balls: int = 9
    """Rolling elements."""
    ball_to_pitch: float = 0.2
    """Diameter of a ball divided by the pitch diameter."""
    contact_rad: float = 0.0
    """Contact angle in radians."""

    def outer_race_hz(self, turning_hz: float) -> float:
        """Rate at which balls pass one place of the outer race while the inner one turns, in Hz.

        BPFO = n f / 2 (1 - d / D cos phi); Randall and Antoni, Rolling element bearing diagnostics - a tutorial,
        Mechanical Systems and Signal Processing 25, 2011.
        """
        return 0.5 * self.balls * turning_hz * (1.0 - self.ball_to_pitch * float(np.cos(self.contact_rad)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Spin:
    """One part's turn before the microphone: the truth about its blows."""

    turning_hz: float
    """Turns a second."""
    fault_hz: float
    """Mean rate of the blows."""
    blows_s: NDArray[np.float64]
    """When each falls, in seconds relative to the trigger, rising, shape (blows,)."""
    strengths: NDArray[np.float64]
    """Of each blow, about 1, shape (blows,)."""


def spin(rng: np.random.Generator, bearing: Bearing | None = None) -> Spin:
    """Draw one part's turn; the spacing of the blows wanders as the balls slide, so that no clock could foresee it.

    Args:
        rng: The part's own.
        bearing: Its geometry; None for the usual one.
    """
    turning_hz = TURNING_HZ * (1.0 + 0.02 * float(rng.uniform(-1.0, 1.0)))
    fault_hz = (bearing or Bearing()).outer_race_hz(turning_hz)
    count = int((SPIN_S[1] - SPIN_S[0]) * fault_hz * (1.0 + 6.0 * SLIP)) + 1
    steps = 1.0 + SLIP * rng.standard_normal(count)
    steps[0] = rng.uniform()
    blows_s = SPIN_S[0] + np.cumsum(steps) / fault_hz
    kept = blows_s < SPIN_S[1]
    strengths = np.exp(0.1 * rng.standard_normal(count))
    return Spin(turning_hz=turning_hz, fault_hz=fault_hz, blows_s=blows_s[kept], strengths=strengths[kept])


def clatter(turn: Spin, severity: float, times_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """The blows, each ringing the housing.

    Args:
        turn: When the blows fall.
        severity: Their strength, 0 to 1.
        times_s: Seconds relative to the trigger, shape (samples,), float64.

    Returns:
        Counts, shape (samples,), float64.
    """
    sound = np.zeros(times_s.size)
    latest = np.searchsorted(turn.blows_s, times_s, side="right") - 1
    for back in range(OVERLAP):
        heard = latest >= back
        blow = latest[heard] - back
        since_s = times_s[heard] - turn.blows_s[blow]
        sound[heard] += turn.strengths[blow] * ring(since_s, MODES_HZ, DECAYS_S, LEVELS)
    return np.asarray(BLOW_COUNTS * severity * sound)
