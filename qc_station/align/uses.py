"""Which samples of a stream have served a part."""

from bisect import bisect_left, bisect_right


class Uses:
    """Ranges of positions, rising and apart from each other.

    Kept for the stream and not by reading: a window of hundreds of readings is then one range, and the next part's
    range only has to be compared with the last one.
    """

    def __init__(self) -> None:
        """Nothing has served."""
        self._lows: list[int] = []
        self._highs: list[int] = []

    def mark(self, low: int, high: int) -> bool:
        """Mark the positions from `low` to before `high`; True where one of them had served before."""
        # Ranges that touch are merged, but only those that overlap are shared.
        begin, end = bisect_left(self._highs, low), bisect_right(self._lows, high)
        shared = bisect_right(self._highs, low) < bisect_left(self._lows, high)
        if begin < end:
            low, high = min(low, self._lows[begin]), max(high, self._highs[end - 1])
        self._lows[begin:end] = [low]
        self._highs[begin:end] = [high]
        return shared

    def count(self, low: int, high: int) -> int:
        """How many positions from `low` to before `high` have served."""
        served = 0
        for at in range(bisect_right(self._highs, low), bisect_left(self._lows, high)):
            served += min(high, self._highs[at]) - max(low, self._lows[at])
        return served

    def forget(self, low: int) -> None:
        """Nobody will ask again about positions before `low`."""
        gone = bisect_right(self._highs, low)
        if gone:
            del self._lows[:gone], self._highs[:gone]
