"""One JSON object per line: `{"mq2": 412.5, "mq135": 388, "ms": 120034}`."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sensors.protocols.decimals import sample
from sensors.protocols.decoder import Decoded
from sensors.protocols.lines import LineDecoder
from sensors.protocols.millis import Millis


class JsonLines(LineDecoder):
    """One object is one sample; keys that are not declared are ignored."""

    def __init__(
        self, *, channels: Sequence[str], units: Sequence[str] | None = None, time_key: str | None = None
    ) -> None:
        """Nothing was received yet.

        Args:
            channels: Keys of the channels, in the order that they shall have in a sample.
            units: One UCUM unit per channel; None is "1" for each.
            time_key: Key of the device's time in milliseconds, 32 bits, counted on over its wrap; None has none.

        Raises:
            ValueError: no channel, or another number of units than of channels.
        """
        super().__init__()
        if not channels:
            raise ValueError("protocol 'jsonl': channels are empty; name the keys of the values")
        if units is not None and len(units) != len(channels):
            raise ValueError(f"protocol 'jsonl': {len(units)} units for {len(channels)} channels; give one per channel")
        self._channels, self._time_key, self._clock = tuple(channels), time_key, Millis()
        self._units = ("1",) * len(self._channels) if units is None else tuple(units)

    @property
    def shape(self) -> tuple[int, ...]:
        """(channels,)."""
        return (len(self._channels),)

    @property
    def units(self) -> tuple[str, ...]:
        """One UCUM unit per channel."""
        return self._units

    def reset(self) -> None:
        """Forget the line that was cut, and the device's clock."""
        super().reset()
        self._clock = Millis()

    def _opening_line(self, text: str) -> Decoded | None:
        """The first line too: an object that is whole was not cut."""
        return self._line(text)

    def _line(self, text: str) -> Decoded | None:
        values = json.loads(text)
        if not isinstance(values, dict):
            raise ValueError("no JSON object")
        data = sample([_value(values, channel) for channel in self._channels])
        device_ns = None if self._time_key is None else self._clock.unwrap(_value(values, self._time_key))
        return Decoded(data=data, quality=self._quality(), device_ns=device_ns, restarted=self._clock.take_restart())


def _value(values: Mapping[str, Any], key: str) -> float:
    """The number under a key; a missing key, a text and a truth value are malformed."""
    value = values.get(key)
    # Exactly: a truth value is an int, too.
    if type(value) is not float and type(value) is not int:
        raise ValueError(f"'{key}' is {value!r}, no number")
    return float(value)


PROTOCOL = JsonLines
