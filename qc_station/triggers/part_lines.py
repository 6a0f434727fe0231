"""The lines of a code reader: each is the name of a part."""

import re

from qc_station.triggers.part_names import LONGEST, name_fault
from qc_station.triggers.said import Said

PAUSE_NS = 1_000_000_000
"""After a longer pause within a line what came before it was noise, or a line that broke off."""
LONGEST_BYTES = 4 * LONGEST
"""Of a line; UTF-8 has at most four bytes a character."""
_END = re.compile(rb"[\r\n]")


class PartLines:
    r"""Lines that end with CR, LF or both; a line is stamped when its first byte was in our hands.

    Attributes:
        counters: garbage, lines that are no name of a part or not one of the pattern.
    """

    def __init__(self, pattern: str | None) -> None:
        """Nothing was heard yet.

        Args:
            pattern: Regular expression that a whole name has to match; None: any printable text.

        Raises:
            ValueError: it is no regular expression.
        """
        try:
            self._pattern = None if pattern is None else re.compile(pattern)
        except re.error as error:
            raise ValueError(f"pattern = {pattern!r}: {error}; allowed: a regular expression") from error
        self._held, self._first_ns, self._last_ns = b"", 0, 0
        self.counters = {"garbage": 0}

    def feed(self, data: bytes, arrival_ns: int) -> list[Said]:
        """Names in the lines that end within these bytes.

        Args:
            data: As they came.
            arrival_ns: CLOCK_MONOTONIC when the first of them was in our hands.
        """
        if self._held and arrival_ns - self._last_ns > PAUSE_NS:
            self.counters["garbage"] += 1
            self._held = b""
        *ended, rest = _END.split(data)
        said = []
        for piece in ended:
            self._hold(piece, arrival_ns)
            if (name := self._name()) is not None:
                said.append(Said(part=name, time_ns=self._first_ns))
            self._held = b""
        self._hold(rest, arrival_ns)
        return said

    def reset(self) -> None:
        """Forget half a line."""
        self.counters["garbage"] += bool(self._held)
        self._held = b""

    def _hold(self, piece: bytes, arrival_ns: int) -> None:
        if not piece:
            return
        if not self._held:
            self._first_ns = arrival_ns
        self._last_ns = arrival_ns
        # One byte too many is enough to know a line that is too long, whatever follows.
        self._held = (self._held + piece[: LONGEST_BYTES + 1])[: LONGEST_BYTES + 1]

    def _name(self) -> str | None:
        """The name that is held; None for nothing, or for garbage, which is counted."""
        try:
            name = self._held.decode().strip()
        except UnicodeDecodeError:
            name = ""
        fits = self._pattern is None or self._pattern.fullmatch(name) is not None
        if len(self._held) <= LONGEST_BYTES and name_fault(name) is None and fits:
            return name
        self.counters["garbage"] += bool(self._held)
        return None
