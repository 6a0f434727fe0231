"""Heater cycles of a BME688, as the parallel-mode example of its maker prints them; see `sensors.protocols.bme688`."""

from sensors.protocols.bme688 import STEPS, USABLE
from sensors.readings import Samples

MILLIS = 2**32
STEP_MS = 140
"""The shortest step of the maker's heater profiles."""


class Bme688Encoder:
    """Ten lines for each sample of ten resistances; temperature, pressure and humidity are those of a quiet room."""

    header = b""

    def chunks(self, data: Samples, device_ns: int) -> list[bytes]:
        """The lines of each cycle, shape (samples, 10), Ohm; the last step carries the device's time.

        Raises:
            ValueError: another number of steps.
        """
        if data.shape[1:] != (STEPS,):
            raise ValueError(f"samples of shape {data.shape[1:]}; a heater cycle has ({STEPS},)")
        last_ms = device_ns // 1_000_000
        return [
            self._line(last_ms - (STEPS - 1 - n) * STEP_MS, ohm, n) for cycle in data for n, ohm in enumerate(cycle)
        ]

    def _line(self, time_ms: int, ohm: float, step: int) -> bytes:
        # In the first moments after its start the chip has not counted that far.
        ambient = "24.31, 96512.20, 41.70"
        return f"{max(0, time_ms) % MILLIS}, {ambient}, {ohm:.2f}, {USABLE:x}, {step}\r\n".encode()
