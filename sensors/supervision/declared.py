"""What a station says of one sensor, compared with what its driver says and delivers."""

from dataclasses import dataclass
from typing import Self

from sensors.errors import SensorError
from sensors.readings import Samples
from sensors.streams import Stream


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What the sensor has to deliver; where None stands the driver's word holds."""

    name: str
    """Name of the stream."""
    kind: str
    """waveform, image or series."""
    shape: tuple[int, ...]
    """Shape of one sample, as in `Stream`."""
    rate_hz: float | None = None
    """Samples a second."""
    units: tuple[str, ...] | None = None
    """UCUM units, as in `Stream`."""
    dtype: str | None = None
    """numpy's name of the sample type."""

    @classmethod
    def of(cls, stream: Stream) -> Self:
        """All that a stream says."""
        return cls(
            name=stream.name, kind=stream.kind, shape=stream.shape, rate_hz=stream.nominal_rate_hz, units=stream.units
        )

    def agreed(self, said: Stream | None) -> Stream:
        """The stream with what only the driver knows.

        Args:
            said: What the driver says; None: nothing yet.
        """
        count = 1 if self.kind == "image" else self.shape[0]
        said_units = said.units if said is not None and len(said.units) == count else ("1",) * count
        return Stream(
            name=self.name,
            kind=self.kind,
            shape=self.shape,
            nominal_rate_hz=self.rate_hz or (said.nominal_rate_hz if said is not None else None),
            units=self.units or said_units,
        )

    def check_units(self, said: Stream) -> None:
        """Compare the units with those that an open driver says.

        Raises:
            SensorError: they differ; of another number of channels the first reading says more.
        """
        if self.units is None or len(self.units) != len(said.units) or self.units == said.units:
            return
        allowed = f'unit = "{said.units[0]}" or no unit' if len(set(said.units)) == 1 else "no unit"
        # A driver of plain numbers may have an option for what a person knows of them.
        told = "; or write it in the driver's table, where that has a unit" if set(said.units) == {"1"} else ""
        raise SensorError(
            f"delivers the unit {_units(said.units)}, declared is {_units(self.units)}; allowed: {allowed}{told}"
        )

    def check(self, data: Samples) -> None:
        """Compare samples.

        Raises:
            SensorError: they are of another shape or type.
        """
        if data.shape[1:] != self.shape:
            raise SensorError(f"delivers samples of shape {data.shape[1:]}, declared are {self.shape}")
        # What is decided on does not depend on how many bits a float has.
        floats = self.dtype is not None and self.dtype.startswith("float") and data.dtype.kind == "f"
        if self.dtype is not None and data.dtype.name != self.dtype and not floats:
            raise SensorError(
                f"delivers samples of type {data.dtype.name}, declared are {self.dtype}; "
                f'allowed: dtype = "{data.dtype.name}" or no dtype, or a driver that delivers {self.dtype}'
            )


def _units(units: tuple[str, ...]) -> str:
    """One unit where all channels have the same."""
    return f"'{units[0]}'" if len(set(units)) == 1 else str(list(units))
