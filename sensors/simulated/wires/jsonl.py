"""Lines of JSON, with the device's own time."""

import json
from collections.abc import Sequence

from sensors.readings import Samples

MILLIS = 2**32
"""Arduino's millis() begins anew after so many."""


class JsonlEncoder:
    """One object for each sample; the wire of `sensors.protocols.jsonl`."""

    header = b""

    def __init__(self, channels: Sequence[str], *, time_key: str = "ms", decimals: int = 3) -> None:
        """What the objects hold.

        Args:
            channels: Keys, one for each channel.
            time_key: Key of the device's time in milliseconds, 32 bits.
            decimals: Places behind the point.
        """
        self._channels, self._time_key, self._decimals = tuple(channels), time_key, decimals

    def chunks(self, data: Samples, device_ns: int) -> list[bytes]:
        """A line for each sample, all with the time of the last one."""
        return [self._line(sample.tolist(), device_ns) for sample in data]

    def _line(self, values: list[float], device_ns: int) -> bytes:
        rounded = (round(value, self._decimals) for value in values)
        fields = {self._time_key: device_ns // 1_000_000 % MILLIS, **dict(zip(self._channels, rounded, strict=True))}
        return json.dumps(fields, separators=(",", ":")).encode() + b"\n"
