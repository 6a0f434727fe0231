"""One part before every sensor, and the same part with something wrong with it."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensors.simulated import frame, gas, knock
from sensors.simulated.conditions import Conditions
from sensors.simulated.line import START_NS, Passing
from sensors.simulated.parts import Part
from sensors.simulated.source import Source

GOOD = Part(name="a", defect="ok", severity=0.0, rattle=0.0, warmth=0.0)
CONDITIONS = Conditions()
SOURCES: dict[str, tuple[Callable[..., Source], float]] = {
    "acoustic": (lambda passings, seed, c=CONDITIONS: knock.Microphone(passings, seed, c.floor), knock.RATE_HZ),
    "thermal": (lambda passings, seed, c=CONDITIONS: frame.ThermalCamera(passings, seed, c.imager, c.climate), 9.0),
    "enose": (lambda passings, seed, c=CONDITIONS: gas.GasArray(passings, seed, c.climate), gas.RATE_HZ),
}
"""How to make the source of each stream, and its rate."""


def passing(part: Part, at_s: float = 1.0) -> list[Passing]:
    return [Passing(part=part, time_ns=START_NS + round(at_s * 1e9))]


def times(stream: str, seconds: float) -> NDArray[np.float64]:
    return np.arange(int(seconds * SOURCES[stream][1])) / SOURCES[stream][1]


def samples(
    stream: str, part: Part, seconds: float = 2.0, seed: int = 3, conditions: Conditions = CONDITIONS
) -> NDArray[Any]:
    return SOURCES[stream][0](passing(part), seed, conditions).samples(0, times(stream, seconds))
