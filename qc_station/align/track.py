"""One stream's readings, stamped, held within bounds, and found by time."""

from dataclasses import dataclass

import numpy as np

from qc_station.align.buffer import Buffer
from qc_station.align.clock import SampleClock
from qc_station.align.cut import Cut
from qc_station.align.entry import Entry
from qc_station.align.ledger import Ledger, StreamStats
from qc_station.align.rate import Rate
from sensors.readings import Reading
from sensors.streams import Stream


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A sample, or where one would be."""

    session: int
    """Its session."""
    index: int
    """Its index in the session; before the first or after the last one held where none was delivered."""
    time_ns: int
    """When it was taken."""
    run: int
    """Samples without a gap that end with it."""


class Track:
    """The buffer of one stream with its clock and its books."""

    def __init__(self, stream: Stream, *, max_bytes: int) -> None:
        self.rate = Rate.of(stream.nominal_rate_hz) if stream.nominal_rate_hz else None
        self._stream, self._max_bytes = stream, max_bytes
        self._clock = SampleClock(self.rate) if self.rate else None
        self._buffer, self._ledger = Buffer(), Ledger()
        self._last: Entry | None = None
        self._closed_ns: int | None = None
        self.arrived_ns: int | None = None
        """Arrival of the newest reading; None before the first."""

    @property
    def newest_ns(self) -> int | None:
        """Time of the newest sample, held or not; None before the first."""
        return self._last.end_ns if self._last else None

    @property
    def session(self) -> int | None:
        """Session of the newest reading; None before the first."""
        return self._last.session if self._last else None

    def stats(self) -> StreamStats:
        """The books of the stream."""
        return self._ledger.stats(self._buffer.samples)

    def refuse(self, reading: Reading, reason: str) -> None:
        """Count a reading that is not kept."""
        self._ledger.ingested += reading.count
        self._ledger.drop(reason, reading.count)

    def push(self, reading: Reading) -> None:
        """Stamp and hold a reading, or count why not."""
        fault = self._fault(reading)
        if fault:
            self.refuse(reading, fault)
        elif reading.count:
            self._ledger.ingested += reading.count
            self._hold(reading)
        while self._buffer.bytes > self._max_bytes:
            self._ledger.leave(self._buffer.pop(), dropped="overflow")

    def trim(self, keep_ns: int) -> None:
        """Let go of what ended before a time."""
        while len(self._buffer) and self._buffer.oldest.end_ns < keep_ns:
            self._ledger.leave(self._buffer.pop())

    def clear(self) -> None:
        """Let go of everything, for good."""
        while len(self._buffer):
            self._ledger.leave(self._buffer.pop())

    def close(self, until_ns: int) -> None:
        """A part that still waited for samples up to this time is closed; those that come now are late."""
        self._closed_ns = max(until_ns, self._closed_ns or until_ns)

    def counted(self, time_ns: int) -> Place | None:
        """The sample nearest to a time by count, delivered or not; None while nothing is held."""
        if not len(self._buffer) or not self.rate:
            return None
        entry = self._buffer.at_time(time_ns) or self._buffer.oldest
        return self._place(entry, self.rate.nearest(time_ns - entry.origin_ns))

    def at(self, time_ns: int) -> Place | None:
        """The last sample at or before a time."""
        entry = self._buffer.at_time(time_ns)
        if entry is None:
            return None
        by = self.rate.last_by(time_ns - entry.origin_ns) if self.rate else entry.stop
        return self._place(entry, min(max(by, entry.seq), entry.stop - 1))

    def after(self, time_ns: int) -> Place | None:
        """The first sample after a time."""
        entry = self._buffer.at_time(time_ns)
        if entry and time_ns < entry.end_ns and self.rate:
            return self._place(entry, max(entry.seq, self.rate.last_by(time_ns - entry.origin_ns)) + 1)
        entry = self._buffer.after_time(time_ns)
        return self._place(entry, entry.seq) if entry else None

    def before_run(self, place: Place) -> Place | None:
        """The last sample before the gap in front of a place."""
        entry = self._buffer.before_index(place.session, place.index - place.run + 1)
        return self._place(entry, entry.stop - 1) if entry else None

    def complete(self, session: int, stop: int) -> bool:
        """Whether every sample of a session with an index below `stop` has come or can no longer come."""
        return self._last is not None and (self._last.session > session or self._last.stop >= stop)

    def cut(self, place: Place, count: int, *, skew_ns: int = 0) -> Cut | None:
        """The `count` samples from a place on; a view where one reading holds them all.

        Returns:
            Missing samples are zero and counted; None where all are missing.
        """
        stop = place.index + count
        entries = list(self._buffer.overlapping(place.session, place.index, stop))
        if not entries:
            return None
        present = sum(min(stop, entry.stop) - max(place.index, entry.seq) for entry in entries)
        if len(entries) == 1 and present == count:
            data = entries[0].data[place.index - entries[0].seq : stop - entries[0].seq]
        else:
            data = np.zeros((count, *self._stream.shape), entries[0].data.dtype)
            for entry in entries:
                low, high = max(place.index, entry.seq), min(stop, entry.stop)
                data[low - place.index : high - place.index] = entry.data[low - entry.seq : high - entry.seq]
        return Cut(
            data=data,
            session=place.session,
            first=place.index,
            stop=stop,
            start_ns=place.time_ns,
            missing=count - present,
            skew_ns=skew_ns,
            uncertainty_ns=max(entry.uncertainty_ns for entry in entries),
        )

    def use(self, cut: Cut) -> bool:
        """Mark the samples of a cut as used; True where one of them had served an earlier part."""
        shared = False
        for entry in self._buffer.overlapping(cut.session, cut.first, cut.stop):
            shared |= entry.use(max(cut.first, entry.seq), min(cut.stop, entry.stop))
        return shared

    def _fault(self, reading: Reading) -> str | None:
        """Why a reading cannot be held."""
        if reading.data.shape[1:] != self._stream.shape:
            return "malformed"
        if not reading.finite:
            return "not_finite"
        last = self._last
        if last and (reading.session, reading.seq) < (
            last.session,
            last.stop if reading.session == last.session else 0,
        ):
            return "out_of_order"
        return None

    def _hold(self, reading: Reading) -> None:
        last = self._last
        follows = last is not None and (last.session, last.stop) == (reading.session, reading.seq)
        if self._clock and self.rate:
            origin_ns, uncertainty_ns = self._clock.origin_ns(reading), self._clock.uncertainty_ns
            from_ns = origin_ns + self.rate.span_ns(reading.seq)
            end_ns = origin_ns + self.rate.span_ns(reading.seq + reading.count - 1)
        else:
            # Without a rate a sample may be as old as the time since the one before it.
            origin_ns = from_ns = end_ns = reading.arrival_ns
            uncertainty_ns = reading.arrival_ns - self.arrived_ns if self.arrived_ns is not None else 0
        if last is not None:
            # The clock may step back a little when it learns; the order of samples may not.
            from_ns = max(from_ns, last.end_ns + 1)
        entry = Entry(
            session=reading.session,
            seq=reading.seq,
            count=reading.count,
            run=last.run if follows and last else reading.seq,
            origin_ns=origin_ns,
            from_ns=from_ns,
            end_ns=max(from_ns, end_ns),
            uncertainty_ns=uncertainty_ns,
            data=reading.data,
        )
        entry.late = self._late(entry)
        self._buffer.append(entry)
        self._last, self.arrived_ns = entry, reading.arrival_ns

    def _late(self, entry: Entry) -> int:
        """How many samples of a new entry lie before the end of a part that is closed."""
        if self._closed_ns is None or self._closed_ns < entry.from_ns:
            return 0
        if not self.rate:
            return entry.count
        return min(entry.count, max(0, self.rate.last_by(self._closed_ns - entry.origin_ns) + 1 - entry.seq))

    def _place(self, entry: Entry, index: int) -> Place:
        time_ns = entry.origin_ns + self.rate.span_ns(index) if self.rate else entry.end_ns
        # A clamped entry begins later than its clock says, and its first sample with it.
        time_ns = max(time_ns, entry.from_ns) if index >= entry.seq else time_ns
        return Place(session=entry.session, index=index, time_ns=time_ns, run=index - entry.run + 1)
