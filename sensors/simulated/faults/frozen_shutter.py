"""The shutter does not open any more, or the sensor's memory is never written again."""

from dataclasses import dataclass, replace

from sensors.readings import Quality, Reading, Samples
from sensors.simulated.faults.fault import Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class FrozenShutter(Fault):
    """The device goes on sending in its rhythm what it saw last, bit for bit."""

    def measured(self, data: Samples, previous: Samples | None) -> Samples:
        """What was measured before, where it is of the same size."""
        return data if previous is None or previous.shape != data.shape else previous

    def handed(self, reading: Reading, previous: Reading | None, index: int) -> tuple[Reading, ...]:  # noqa: ARG002
        """The data of the reading before; its driver sees that and says so."""
        data = self.measured(reading.data, None if previous is None else previous.data)
        if data is reading.data:
            return (reading,)
        return (replace(reading, data=data, quality=reading.quality | Quality.REPEATED),)
