"""A photo-eye's bytes: each byte of a set is a part."""

from collections.abc import Iterable

from qc_station.triggers.said import Said

ENDS = b"\r\n"
"""A board that prints its byte as a line adds these; they mean nothing here."""


class PhotoEye:
    """Tells parts from garbage and bouncing in what a serial port delivers.

    Attributes:
        counters: garbage (bytes that are none of the set), bounced (parts too soon after the one before).
    """

    def __init__(self, codes: Iterable[int], debounce_ns: int) -> None:
        """Nothing was heard yet.

        Args:
            codes: The bytes that are a part.
            debounce_ns: A part so soon after the last one that counted is the same one bouncing.
        """
        self._codes, self._debounce_ns = bytes(codes), debounce_ns
        self._last_ns: int | None = None
        self.counters = {"garbage": 0, "bounced": 0}

    def feed(self, data: bytes, arrival_ns: int) -> list[Said]:
        """Parts in these bytes, which have no name.

        Args:
            data: As they came.
            arrival_ns: CLOCK_MONOTONIC when the first of them was in our hands.
        """
        others = data.translate(None, self._codes)
        hits = len(data) - len(others)
        self.counters["garbage"] += len(others.translate(None, ENDS))
        parts = self._parts(hits, arrival_ns)
        self.counters["bounced"] += hits - parts
        if parts:
            self._last_ns = arrival_ns
        return [Said(part=None, time_ns=arrival_ns)] * parts

    def reset(self) -> None:
        """The port was opened again."""

    def _parts(self, hits: int, now_ns: int) -> int:
        """How many of so many bytes are parts: they came together, so at most the first where bouncing is dropped."""
        if self._debounce_ns == 0:
            return hits
        settled = self._last_ns is None or now_ns - self._last_ns >= self._debounce_ns
        return min(hits, 1) if settled else 0
