"""What surrounds the parts: how loud the floor is, what the camera adds, what the air is like."""

from dataclasses import dataclass, field

from sensors.simulated.climate import Climate
from sensors.simulated.floor import Floor
from sensors.simulated.imager import Imager
from sensors.simulated.shutter import Shutter


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """Everything about a shift but its parts; as it stands, that of the demo."""

    floor: Floor = field(default_factory=Floor)
    """Noise that the microphone hears."""
    imager: Imager = field(default_factory=Imager)
    """Noise, drift and shutter of the camera."""
    climate: Climate = field(default_factory=Climate)
    """Air of the room, for the camera and the gas array alike."""


ROUGH = Conditions(
    floor=Floor(hum_counts=300.0, gear_counts=250.0, rush_counts=150.0, motor_counts=300.0, babble_counts=200.0),
    imager=Imager(noise_k=0.1, pattern_k=0.5, drift_k=0.6, shutter=Shutter()),
    climate=Climate(temperature_celsius=26.0, temperature_swing_k=4.0, humidity_percent=55.0),
)
"""A hot, loud shift with a camera that has a shutter: about three times the usual noise."""
