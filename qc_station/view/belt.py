"""Where the belt has carried a part, from the counts of an encoder."""

from bisect import bisect_left, bisect_right
from enum import StrEnum

DITHER = 2
"""Counts that an encoder may go back while the belt stands; more is a belt that runs backwards."""
EXACT = 2**24
"""Counts from here on cannot be told from their neighbours in float32."""
BATCH = 1024
"""Counts that are let go together."""


class Lost(StrEnum):
    """Why it is not known when a part stood at a sensor."""

    BEFORE = "before"
    """The counts that are held do not reach back so far."""
    SILENT = "silent"
    """No count for longer than allowed, or another session of the encoder."""
    REVERSED = "reversed"
    """The belt ran backwards."""
    COARSE = "coarse"
    """A count of which float32 holds no exact value."""


def travel_ns(position_mm: float, speed_mm_s: float) -> int:
    """How much later a part stands `position_mm` after the trigger, on a belt of constant speed above 0."""
    return round(position_mm / speed_mm_s * 1e9)


class Encoder:
    """The way of the belt, a straight line between every two counts.

    Pure: it has no clock, and what it answers once stays true when more counts come. A belt may stand, for as long as
    it likes; counts have to come all the while.

    Attributes:
        counters: counts taken, out_of_order ones ignored, what never came here by its reason, and breaks by theirs.
    """

    def __init__(
        self, *, mm_per_count: float, bits: int | None = None, gap_ns: int = 500_000_000, keep_ns: int = 60_000_000_000
    ) -> None:
        """Nothing was counted yet.

        Args:
            mm_per_count: Not 0; negative where a belt that runs forward counts down.
            bits: Of a counter that begins again at 0; None: it never does.
            gap_ns: Longest time between two counts of which the line is still believed.
            keep_ns: How much older than the newest a count may become.
        """
        self._mm, self._bits, self._gap_ns, self._keep_ns = mm_per_count, bits, gap_ns, keep_ns
        self._times: list[int] = []
        self._places: list[float] = []
        self._runs: list[int] = []
        self._why: list[Lost] = []
        """Of each count: number of the stretch without a break that it belongs to, and why that one began."""
        self._last: tuple[int, int, float] | None = None
        """Time, session and count of the newest."""
        self._place = 0.0
        taken = dict.fromkeys(("counts", "out_of_order", "not_finite", "inbox"), 0)
        self.counters: dict[str, int] = taken | {str(lost): 0 for lost in Lost}

    def push(self, time_ns: int, session: int, count: float) -> None:
        """Take a count.

        Args:
            time_ns: CLOCK_MONOTONIC when the counter stood there.
            session: Of the device; a counter may begin anew with each.
            count: A whole number.
        """
        if self._last is not None and time_ns <= self._last[0]:
            self.counters["out_of_order"] += 1
            return
        moved = self._moved(session, count)
        lost = self._lost(time_ns, session, count, moved)
        self._place += moved
        if lost is not None:
            self.counters[lost] += 1
        self._append(time_ns, lost)
        self._last = (time_ns, session, count)
        self.counters["counts"] += 1
        self._trim(time_ns - self._keep_ns)

    def arrival_ns(self, time_ns: int, distance_mm: float) -> int | Lost | None:
        """When a part that stood at the trigger at a time stands somewhere else.

        Args:
            time_ns: CLOCK_MONOTONIC of the trigger.
            distance_mm: After the trigger along the belt; negative: before it.

        Returns:
            CLOCK_MONOTONIC, of a belt that stood still there the moment nearest to the trigger; why it will never be
            known; or None while it may still be told.
        """
        number = bisect_right(self._times, time_ns) - 1
        if number < 0:
            return Lost.BEFORE if self._times else None
        if self._times[number] == time_ns:
            start = self._places[number]
        elif number + 1 == len(self._times):
            return None
        elif self._runs[number] != self._runs[number + 1]:
            return self._why[number + 1]
        else:
            start = self._between(time_ns, number)
        return self._onward(number, start + distance_mm) if distance_mm > 0 else self._back(number, start + distance_mm)

    def _onward(self, number: int, place: float) -> int | Lost | None:
        stop = bisect_right(self._runs, self._runs[number])
        found = bisect_left(self._places, place, number, stop)
        if found < stop:
            return self._crossing(found, place)
        return None if stop == len(self._runs) else self._why[stop]

    def _back(self, number: int, place: float) -> int | Lost:
        first = bisect_left(self._runs, self._runs[number])
        # The count after the trigger belongs to the same run, or the trigger stands on a count.
        stop = min(number + 2, bisect_right(self._runs, self._runs[number]))
        after = bisect_right(self._places, place, first, stop)
        if after == first:
            return self._why[first]
        return self._crossing(after, place)

    def _crossing(self, after: int, place: float) -> int:
        """When the line to a count passes a place; the count itself where the line has no length."""
        if after == 0 or self._runs[after - 1] != self._runs[after]:
            return self._times[after]
        low, high = self._places[after - 1], self._places[after]
        share = (place - low) / (high - low) if high > low else 1.0
        return self._times[after - 1] + round(share * (self._times[after] - self._times[after - 1]))

    def _between(self, time_ns: int, number: int) -> float:
        """Place at a time between a count and the next."""
        begin_ns, end_ns = self._times[number], self._times[number + 1]
        share = (time_ns - begin_ns) / (end_ns - begin_ns)
        return self._places[number] + share * (self._places[number + 1] - self._places[number])

    def _append(self, time_ns: int, lost: Lost | None) -> None:
        """Hold the place of this moment."""
        follows = lost is None and bool(self._times)
        self._times.append(time_ns)
        # A count that goes back while the belt stands is no way.
        self._places.append(max(self._places[-1], self._place) if follows else self._place)
        self._why.append(self._why[-1] if follows else lost or Lost.BEFORE)
        self._runs.append(self._runs[-1] + (not follows) if self._runs else 0)

    def _moved(self, session: int, count: float) -> float:
        """Millimetres since the count before."""
        if self._last is None or self._last[1] != session:
            return 0.0
        counts = count - self._last[2]
        if self._bits is not None:
            # The shorter way round the counter.
            half = 2 ** (self._bits - 1)
            counts = (counts + half) % (2 * half) - half
        return counts * self._mm

    def _lost(self, time_ns: int, session: int, count: float, moved: float) -> Lost | None:
        """What breaks the line to this count."""
        if self._last is None:
            return None
        if session != self._last[1] or time_ns - self._last[0] > self._gap_ns:
            return Lost.SILENT
        if abs(count) >= EXACT:
            return Lost.COARSE
        back = self._places[-1] - (self._place + moved)
        return Lost.REVERSED if back > (DITHER + 0.5) * abs(self._mm) else None

    def _trim(self, before_ns: int) -> None:
        old = bisect_left(self._times, before_ns)
        if old >= BATCH:
            del self._times[:old], self._places[:old], self._runs[:old], self._why[:old]
