"""Heater cycles of a Bosch BME688: the same gas at ten temperatures of the hot plate.

The wire is what the parallel-mode example of github.com/boschsensortec/Bosch-BME68x-Library prints, one line per step:

    TimeStamp(ms), Temperature(deg C), Pressure(Pa), Humidity(%), Gas resistance(ohm), Status, Gas index
    80102, 24.31, 96512.20, 41.70, 102400.00, b0, 0

Status is hexadecimal, with or without 0x, and holds the bits of bme68x_defs.h of github.com/boschsensortec/BME68x_SensorAPI.
"""

from sensors.protocols.decimals import number, sample
from sensors.protocols.decoder import Decoded
from sensors.protocols.lines import LineDecoder
from sensors.protocols.millis import Millis
from sensors.readings import Quality

STEPS = 10
NEW_DATA, GAS_VALID, HEAT_STABLE = 0x80, 0x20, 0x10
USABLE = NEW_DATA | GAS_VALID | HEAT_STABLE
HEADER = "TimeStamp(ms)"
WARMING_CYCLES = 28
"""About five minutes of the usual cycle of 10.8 s; a choice of ours, no figure of the manufacturer's."""


class Bme688(LineDecoder):
    """A whole cycle of ten usable steps, in order, is one sample; its time is that of the last step.

    The resistances are one sample because the shape over the ten temperatures is what tells one gas from another, and
    ten channels let a window of few cycles carry all of it. A cycle with a step missing, unusable or out of order is
    dropped. Lines of unusable steps alone are normal: the chip reports while a step is still heating.
    """

    def __init__(self, *, ambient: bool = False, warming_cycles: int = WARMING_CYCLES) -> None:
        """Nothing was received yet.

        Args:
            ambient: Whether temperature, relative humidity and pressure of the last step follow the ten resistances;
                metal oxide reacts to humidity too.
            warming_cycles: So many cycles after opening or a reset of the device are flagged WARMING.

        Raises:
            ValueError: a negative number of cycles.
        """
        super().__init__()
        if warming_cycles < 0:
            raise ValueError(f"protocol 'bme688': warming_cycles {warming_cycles} is negative; 0 flags none")
        self.counters |= {"unusable_steps": 0, "incomplete_cycles": 0}
        self._ambient, self._warming_cycles, self._clock = ambient, warming_cycles, Millis()
        self._cycle: list[float] = []
        self._cycles, self._restarted = 0, False

    @property
    def shape(self) -> tuple[int, ...]:
        """(10,): gas resistance by heater step; (13,) with ambient values."""
        return (STEPS + 3 * self._ambient,)

    @property
    def units(self) -> tuple[str, ...]:
        """Ohm ten times; with ambient values Cel, % and Pa as well."""
        return ("Ohm",) * STEPS + ("Cel", "%", "Pa") * self._ambient

    def reset(self) -> None:
        """Forget the cycle that was cut; the sensor may have been without power, so it counts as cold."""
        super().reset()
        self._cycle, self._cycles, self._clock, self._restarted = [], 0, Millis(), False

    def _line(self, text: str) -> Decoded | None:
        if text.startswith(HEADER):
            return None
        fields = text.split(",")
        if len(fields) != 7:
            raise ValueError(f"{len(fields)} columns instead of 7")
        time_ms, celsius, pascal, humidity, ohm = map(number, fields[:5])
        status, step = int(fields[5], 16), int(number(fields[6]))
        if not 0 <= step < STEPS or not 0 <= status <= 0xFF or ohm < 0:
            raise ValueError(f"step {step}, status {status:#x} or {ohm} Ohm is out of range")
        device_ns = self._clock.unwrap(time_ms)
        if self._clock.take_restart():
            self._cycles, self._restarted = 0, True
            self._drop()
        if status & USABLE != USABLE:
            self.counters["unusable_steps"] += 1
            return None
        if not self._follows(step, ohm):
            return None
        return self._whole((celsius, humidity, pascal) if self._ambient else (), device_ns)

    def _follows(self, step: int, ohm: float) -> bool:
        """Take a usable step; whether it made the cycle whole."""
        if step != len(self._cycle):
            self._drop()
            if step != 0:
                return False
        self._cycle.append(ohm)
        return len(self._cycle) == STEPS

    def _whole(self, ambient: tuple[float, ...], device_ns: int) -> Decoded:
        """The sample of the cycle that is whole now."""
        data, self._cycle = sample([*self._cycle, *ambient]), []
        warming = Quality.WARMING if self._cycles < self._warming_cycles else Quality.OK
        self._cycles += 1
        restarted, self._restarted = self._restarted, False
        return Decoded(data=data, quality=self._quality() | warming, device_ns=device_ns, restarted=restarted)

    def _drop(self) -> None:
        """Forget a cycle that has begun and cannot become whole."""
        if self._cycle:
            self.counters["incomplete_cycles"] += 1
            self._cycle = []
            self._missing()

    def _malformed(self, reason: str) -> None:
        """A line that cannot be read was a step: without this, the steps of two cycles could join unnoticed."""
        super()._malformed(reason)
        self._drop()


PROTOCOL = Bme688
