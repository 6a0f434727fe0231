"""Lines of numbers, as Arduino sketches print them: `412.5,388,1021.25`."""

from collections.abc import Sequence

from sensors.protocols.decimals import NUMBER, number, sample
from sensors.protocols.decoder import Decoded
from sensors.protocols.lines import LineDecoder


class Csv(LineDecoder):
    """One line is one sample, one column is one channel, CR LF or LF.

    A line of the declared names is a header and skipped. Without declared names the first header decides the number of
    channels: two or more columns, none of them a number, followed by a line with as many numbers. Many sketches print
    their header once after a reset only, so declare the channels where you can.

    The wire has no checksum: a digit that changed on the way, or was lost in the middle of a line, is not seen.
    """

    def __init__(
        self, *, channels: Sequence[str] | None = None, units: Sequence[str] | None = None, delimiter: str = ","
    ) -> None:
        """Nothing was received yet.

        Args:
            channels: Names of the columns in order; None takes them from a header line.
            units: One UCUM unit per column; None is "1" for each: raw counts of a converter.
            delimiter: One character between columns, e.g. "," ";" or a tab.

        Raises:
            ValueError: no channel, another number of units than of channels, or a delimiter that is not one character.
        """
        super().__init__()
        if channels is not None and not channels:
            raise ValueError("protocol 'csv': channels are empty; name one per column, or leave them out for a header")
        if channels is not None and units is not None and len(units) != len(channels):
            raise ValueError(f"protocol 'csv': {len(units)} units for {len(channels)} channels; give one per channel")
        if len(delimiter) != 1:
            raise ValueError(f"protocol 'csv': delimiter '{delimiter}' is not one character")
        self._channels = None if channels is None else tuple(channels)
        self._units = None if units is None else tuple(units)
        self._delimiter = delimiter
        self._candidate: tuple[str, ...] | None = None

    @property
    def ready(self) -> bool:
        """Whether the channels are declared or a header has come."""
        return self._channels is not None

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the columns; empty before a header has come."""
        return self._channels or ()

    @property
    def shape(self) -> tuple[int, ...]:
        """(channels,); (0,) before a header has come."""
        return (len(self.channels),)

    @property
    def units(self) -> tuple[str, ...]:
        """One UCUM unit per column."""
        return self._units or ("1",) * len(self.channels)

    def _opening_line(self, text: str) -> Decoded | None:
        """The first line may be cut, but not so that numbers become names: it may be a header."""
        self._header(self._fields(text))
        return None

    def _line(self, text: str) -> Decoded | None:
        if self._channels is None:
            return self._undeclared(text)
        try:
            values = [number(field) for field in text.split(self._delimiter)]
        except ValueError:
            if self._header(self._fields(text)):
                return None
            raise
        if len(values) != len(self._channels):
            raise ValueError(f"{len(values)} columns instead of {len(self._channels)}")
        return Decoded(data=sample(values), quality=self._quality())

    def _undeclared(self, text: str) -> Decoded | None:
        """A line while no header has come: names, or the numbers that confirm the names before them."""
        fields = self._fields(text)
        if self._header(fields):
            return None
        values = [number(field) for field in fields]
        self._confirm(values)
        return Decoded(data=sample(values), quality=self._quality())

    def _fields(self, text: str) -> tuple[str, ...]:
        return tuple(field.strip() for field in text.split(self._delimiter))

    def _header(self, fields: tuple[str, ...]) -> bool:
        """Whether a line is a header: the known names, or the first names of unknown ones."""
        if self._channels is not None:
            return fields == self._channels
        if len(fields) < 2 or any(not field or NUMBER.fullmatch(field) for field in fields):
            return False
        self._candidate = fields
        return True

    def _confirm(self, values: list[float]) -> None:
        """Take the header that stood before if it has as many columns; a cut header has fewer."""
        candidate, self._candidate = self._candidate, None
        if candidate is None or len(candidate) != len(values):
            raise ValueError("no header before the first numbers")
        if self._units is not None and len(self._units) != len(candidate):
            raise ValueError("the header has another number of columns than units were given")
        self._channels = candidate


PROTOCOL = Csv
