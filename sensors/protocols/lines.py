"""What protocols of text lines share: cutting bytes into lines and counting those that cannot be read."""

from abc import ABC, abstractmethod

from sensors.protocols.decoder import Decoded
from sensors.readings import Quality

LINE_LIMIT = 1024
"""Bytes; a longer line is garbage, e.g. from a wrong baud rate, and is thrown away while it comes."""


class Lines:
    """Cuts a flow of bytes at LF, in bounded memory."""

    def __init__(self, limit: int) -> None:
        """Lines of more than `limit` bytes are given as None."""
        self._limit = limit
        self._held = b""
        self._too_long = False
        self.dropped = 0
        """Bytes of lines that grew too long."""

    def feed(self, data: bytes) -> list[bytes | None]:
        """The lines that became whole, without CR LF; None once for each line that grew too long."""
        lines: list[bytes | None] = []
        *ended, rest = data.split(b"\n")
        for piece in ended:
            self._hold(piece, lines)
            if not self._too_long:
                lines.append(self._held.removesuffix(b"\r"))
            self._held, self._too_long = b"", False
        self._hold(rest, lines)
        return lines

    def _hold(self, piece: bytes, lines: list[bytes | None]) -> None:
        """Take a piece of the current line; forget the line where it grows too long."""
        if self._too_long:
            self.dropped += len(piece)
            return
        self._held += piece
        if len(self._held) > self._limit:
            self.dropped += len(self._held)
            self._held, self._too_long = b"", True
            lines.append(None)


class LineDecoder(ABC):
    """A decoder of lines: subclasses say what one line means."""

    kind = "series"
    greeting = b""

    def __init__(self) -> None:
        """Start before the first byte."""
        self.counters: dict[str, int] = {"malformed_lines": 0, "overlong_lines": 0, "malformed_bytes": 0}
        self._lines, self._first, self._gap = Lines(LINE_LIMIT), True, False
        self._delivered = False

    @property
    def ready(self) -> bool:
        """Whether the shape is known: from the beginning, unless a header declares it."""
        return True

    def feed(self, data: bytes) -> list[Decoded]:
        """Take bytes; see `Decoder.feed`."""
        decoded, dropped = [], self._lines.dropped
        lines = self._lines.feed(data)
        self.counters["malformed_bytes"] += self._lines.dropped - dropped
        for line in lines:
            first, self._first = self._first, False
            sample = self._read(line, first)
            if sample is not None:
                decoded.append(sample)
        return decoded

    def reset(self) -> None:
        """Forget the line that was cut; the next one may have lost its beginning."""
        self._lines, self._first, self._gap = Lines(LINE_LIMIT), True, False
        self._delivered = False

    @abstractmethod
    def _line(self, text: str) -> Decoded | None:
        """What one line gives.

        Raises:
            ValueError: the line is malformed.
        """

    def _opening_line(self, text: str) -> Decoded | None:  # noqa: ARG002
        """What the first line gives: nothing, for its beginning may have been lost and a cut number looks whole."""
        return None

    def _read(self, line: bytes | None, first: bool) -> Decoded | None:
        """One line, with what is malformed counted."""
        if line is None:
            self._malformed("overlong_lines")
            return None
        try:
            text = line.decode("ascii").strip()
            if not text:
                return None
            return self._opening_line(text) if first else self._line(text)
        except (ValueError, OverflowError, RecursionError):
            # Opening a port in the middle of a line is no fault.
            if not first:
                self.counters["malformed_bytes"] += len(line)
                self._malformed("malformed_lines")
            return None

    def _malformed(self, reason: str) -> None:
        """Count a line that cannot be read."""
        self.counters[reason] += 1
        self._missing()

    def _missing(self) -> None:
        """Remember that a sample is missing here; before the first sample of a session nothing is."""
        self._gap = self._delivered

    def _quality(self) -> Quality:
        """Flags of the sample that is delivered now."""
        quality = Quality.GAP_BEFORE if self._gap else Quality.OK
        self._gap, self._delivered = False, True
        return quality
