"""The air of the room: temperature and humidity, which every sensor of the line shares and nobody labels."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sensors.simulated.source import FARTHEST, wander


@dataclass(frozen=True, slots=True, kw_only=True)
class Climate:
    """Middle and swing of what wanders.

    Raises:
        ValueError: the humidity would leave 1 to 99 percent.
    """

    temperature_celsius: float = 22.0
    """Middle of the room temperature."""
    temperature_swing_k: float = 1.5
    """About how far it goes from there, over half an hour."""
    humidity_percent: float = 45.0
    """Middle of the relative humidity."""
    humidity_swing_percent: float = 12.0
    """About how far it goes from there, over minutes."""

    def __post_init__(self) -> None:
        """Refuse air that cannot be."""
        reach = FARTHEST * abs(self.humidity_swing_percent)
        if not 1.0 <= self.humidity_percent - reach <= self.humidity_percent + reach <= 99.0:
            raise ValueError(
                f"climate: humidity {self.humidity_percent} % with a swing of {self.humidity_swing_percent} % "
                f"reaches {reach:.1f} % to either side; must stay within 1 to 99 %"
            )


class Room:
    """The climate of one shift as a function of seconds since switching on: the truth that the sensors feel."""

    def __init__(self, climate: Climate, seed: int) -> None:
        """Same seed, same weather."""
        self.climate, self._seed = climate, seed

    def temperature_celsius(self, times_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Room temperature; shape of `times_s`, float64."""
        swing = wander([self._seed, 23], times_s, slowest_s=1800.0)
        return np.asarray(self.climate.temperature_celsius + self.climate.temperature_swing_k * swing)

    def humidity_percent(self, times_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Relative humidity; shape of `times_s`, float64."""
        swing = wander([self._seed, 33], times_s, slowest_s=240.0)
        return np.asarray(self.climate.humidity_percent + self.climate.humidity_swing_percent * swing)

    def water_g_m3(self, times_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Absolute humidity, which is what an oxide feels; shape of `times_s`, float64."""
        return water_g_m3(self.temperature_celsius(times_s), self.humidity_percent(times_s))


def water_g_m3(temperature_celsius: NDArray[np.float64], humidity_percent: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mass of water in a cubic metre of air.

    Saturation pressure in hPa is 6.1094 exp(17.625 T / (T + 243.04)), the Magnus form of Alduchov and Eskridge
    (Journal of Applied Meteorology 35, 1996); the ideal gas law turns it into mass, 216.68 g K / (m3 hPa).

    Args:
        temperature_celsius: Any shape.
        humidity_percent: Relative humidity, same shape.
    """
    saturated_hpa = 6.1094 * np.exp(17.625 * temperature_celsius / (temperature_celsius + 243.04))
    return np.asarray(216.68 * humidity_percent / 100.0 * saturated_hpa / (temperature_celsius + 273.15))
