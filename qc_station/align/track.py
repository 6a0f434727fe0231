"""One stream's readings, stamped, held within bounds, and found by time."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qc_station.align.buffer import Buffer
from qc_station.align.closed import Closed
from qc_station.align.cut import Cut
from qc_station.align.entry import EPOCH, Entry, Spans
from qc_station.align.ledger import Ledger, StreamStats
from qc_station.align.place import Place
from qc_station.align.rate import Rate
from qc_station.align.stamper import Stamp, Stamper
from qc_station.align.stretch import Stretch, sample_times
from sensors.readings import Quality, Reading
from sensors.streams import Stream

GAP_BEFORE, OVERFLOW = int(Quality.GAP_BEFORE), int(Quality.OVERFLOW)
"""As plain integers, which are ten times as fast as flags in the path of every reading."""
ALL = 2**63
"""Beyond every index."""


class Track:
    """The buffer of one stream with its clock and its books."""

    def __init__(self, stream: Stream, *, max_bytes: int) -> None:
        """Start empty.

        Args:
            stream: What its driver delivers.
            max_bytes: What may be held, the overhead of each reading included; the oldest readings go first.
        """
        self.stream = stream
        self.rate = Rate.of(stream.nominal_rate_hz) if stream.nominal_rate_hz else None
        self._max_bytes = max_bytes
        self.max_ns: int | None = None
        """How much older than the newest sample a reading may be; None: as old as it likes."""
        self._stamper = Stamper(stream, self.rate)
        self._buffer, self._ledger = Buffer(), Ledger()
        self._last: Entry | None = None
        self._last_session = 0
        self._closed = Closed()
        self.arrived_ns: int | None = None
        """Arrival of the newest reading; None before the first."""
        self.since_ns: int | None = None
        """Since when somebody waits for its first reading; None: nobody has yet."""

    @property
    def newest_ns(self) -> int | None:
        """Time of the newest sample, held or not; None before the first."""
        return self._last.end_ns if self._last else None

    @property
    def epoch(self) -> int | None:
        """Epoch of the newest reading; None before the first."""
        return self._last.epoch if self._last else None

    @property
    def bytes(self) -> int:
        """What is held."""
        return self._buffer.bytes

    def stats(self, *, waiting: int = 0) -> StreamStats:
        """The books of the stream, with the samples that wait in front of it."""
        return self._ledger.stats(
            held=self._buffer.samples,
            waiting=waiting,
            breaks=self._stamper.breaks,
            drift_ppm=self._stamper.drift_ppm,
        )

    def refuse(self, reading: Reading, reason: str) -> None:
        """Count a reading that is not kept."""
        self.lose(reading.count, reason)

    def lose(self, samples: int, reason: str) -> None:
        """Count samples that are not kept, or did not come as far as here."""
        self._ledger.ingested += samples
        self._ledger.drop(reason, samples)

    def push(self, reading: Reading) -> Spans:
        """Stamp and hold a reading, or count why not; returns which of its samples came too late for a part."""
        fault, count = self._fault(reading), len(reading.data)
        if fault:
            self.refuse(reading, fault)
            return ()
        if not count:
            return ()
        self._ledger.ingested += count
        late = self._hold(reading, count).late
        self._evict()
        return late

    def trim(self, keep_ns: int) -> None:
        """Let go of what ended before a time."""
        while (oldest := self._buffer.oldest) is not None and oldest.end_ns < keep_ns:
            self._ledger.leave(self._buffer.pop())

    def clear(self) -> None:
        """Let go of everything, for good."""
        while len(self._buffer):
            self._ledger.leave(self._buffer.pop())

    def close(self, from_ns: int, until_ns: int) -> None:
        """A part that still waited for samples between two times is closed; those that come now are late."""
        self._closed.close(from_ns, until_ns)

    def counted(self, time_ns: int) -> Place | None:
        """The sample nearest to a time by count, delivered or not; None while nothing is held."""
        entry = self._buffer.at_time(time_ns) or self._buffer.oldest
        if entry is None or not self.rate:
            return None
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
        entry, following = self._buffer.around(time_ns)
        if entry and time_ns < entry.end_ns and self.rate:
            return self._place(entry, max(entry.seq, self.rate.last_by(time_ns - entry.origin_ns)) + 1)
        return self._place(following, following.seq) if following else None

    def before_run(self, place: Place) -> Place | None:
        """The last sample before the gap in front of a place."""
        entry = self._buffer.before_index(place.epoch, place.index - place.run + 1)
        return self._place(entry, entry.stop - 1) if entry else None

    def ended(self, epoch: int, stop: int) -> bool:
        """Whether an epoch was over before the sample in front of an index: no such sample was ever taken in it."""
        if self._last is None or self._last.epoch == epoch:
            return False
        following = self._buffer.following(epoch, stop - 1)
        return following is None or following.epoch != epoch

    def cut_off(self, place: Place) -> bool:
        """Whether the samples without a gap that end with a place begin with an epoch that followed another."""
        before = self._buffer.before_index(place.epoch, place.index - place.run + 1)
        return before is not None and before.epoch != place.epoch

    def complete(self, epoch: int, stop: int) -> bool:
        """Whether every sample of an epoch with an index below `stop` has come or can no longer come."""
        return self._last is not None and (self._last.epoch > epoch or self._last.stop >= stop)

    def cut(self, place: Place, count: int, *, skew_ns: int = 0) -> Cut | None:
        """The `count` samples from a place on; a view where one reading holds them all.

        Returns:
            Missing samples are zero and counted; None where all are missing.
        """
        stop = place.index + count
        entries = self._buffer.overlapping(place.epoch, place.index, stop)
        if not entries:
            return None
        data, missing = self._joined(entries, place.index, stop)
        return Cut(
            data=data,
            epoch=place.epoch,
            first=place.index,
            stop=stop,
            start_ns=place.time_ns,
            missing=missing,
            skew_ns=skew_ns,
            uncertainty_ns=entries[0].uncertainty_ns,
            quality=_quality(entries, place.index) if self._buffer.flagged else Quality.OK,
            gaps=missing > 0,
        )

    def stretch(self, begin_ns: int, end_ns: int) -> Stretch | None:
        """The delivered samples of one epoch from the neighbour before a time to the one after another."""
        first = self.at(begin_ns) or self.after(begin_ns)
        if first is None:
            return None
        entries, times = [], []
        for entry in self._buffer.overlapping(first.epoch, first.index, ALL):
            entries.append(entry)
            times.append(sample_times(entry, self.rate, begin_ns))
            if entry.end_ns >= end_ns:
                break
        # From the first sample's place in the first entry to the first one at or after the end in the last.
        low = first.index - entries[0].seq
        high = min(entries[-1].count, int(np.searchsorted(times[-1], end_ns - begin_ns)) + 1)
        rows = [entry.data for entry in entries]
        rows[-1], times[-1] = rows[-1][:high], times[-1][:high]
        rows[0], times[0] = rows[0][low:], times[0][low:]
        return Stretch(
            times_ns=np.concatenate(times) if len(times) > 1 else times[0],
            data=np.concatenate(rows) if len(rows) > 1 else rows[0],
            epoch=first.epoch,
            first=first.index,
            stop=entries[-1].seq + high,
            uncertainty_ns=max(entry.uncertainty_ns for entry in entries),
            quality=_quality(entries, first.index),
        )

    def use(self, cut: Cut) -> bool:
        """Mark the samples of a cut as used; True where one of them had served an earlier part."""
        base = cut.epoch * EPOCH
        if not cut.gaps:
            return self._ledger.use(base + cut.first, base + cut.stop)
        shared = False
        for entry in self._buffer.overlapping(cut.epoch, cut.first, cut.stop):
            shared |= self._ledger.use(base + max(cut.first, entry.seq), base + min(cut.stop, entry.stop))
        return shared

    def _joined(self, entries: Sequence[Entry], first: int, stop: int) -> tuple[NDArray[Any], int]:
        """Samples from `first` to before `stop`, shape (stop - first, *stream.shape), and how many are missing."""
        begin, end = entries[0], entries[-1]
        if begin.seq <= first and stop <= begin.stop:
            return begin.data[first - begin.seq : stop - begin.seq], 0
        if begin.seq <= first and stop <= end.stop and end.run <= first:
            inner = [entry.data for entry in entries[1:-1]]
            return np.concatenate([begin.data[first - begin.seq :], *inner, end.data[: stop - end.seq]]), 0
        data = np.zeros((stop - first, *self.stream.shape), begin.data.dtype)
        present = 0
        for entry in entries:
            low, high = max(first, entry.seq), min(stop, entry.stop)
            data[low - first : high - first] = entry.data[low - entry.seq : high - entry.seq]
            present += high - low
        return data, stop - first - present

    def _fault(self, reading: Reading) -> str | None:
        """Why a reading cannot be held."""
        if reading.data.shape[1:] != self.stream.shape:
            return "malformed"
        if not reading.finite:
            return "not_finite"
        last = self._last
        if last is None or reading.session > self._last_session:
            return None
        # Indices go on after a break of the clock within a session, so that they are compared by session.
        return None if reading.session == self._last_session and reading.seq >= last.stop else "out_of_order"

    def _hold(self, reading: Reading, count: int) -> Entry:
        stamp = self._stamper.stamp(reading)
        entry = self._entry(reading, count, stamp, self._last)
        if self._closed.until_ns >= entry.from_ns:
            entry.late = self._closed.late(entry, self.rate)
        self._buffer.append(entry)
        self._last, self._last_session = entry, reading.session
        if self.arrived_ns is None or self.arrived_ns < reading.arrival_ns:
            self.arrived_ns = reading.arrival_ns
        return entry

    def _entry(self, reading: Reading, count: int, stamp: Stamp, last: Entry | None) -> Entry:
        end_ns, uncertainty_ns, epoch = stamp
        origin_ns, from_ns, seq = end_ns, end_ns, reading.seq
        if self.rate:
            origin_ns -= self.rate.span_ns(seq + count - 1)
            from_ns = origin_ns + self.rate.span_ns(seq) if count > 1 else end_ns
        run, flags = seq, int(reading.quality)
        if last is not None:
            # The clock may step back a little when it learns; the order of samples may not.
            if from_ns <= last.end_ns:
                from_ns = last.end_ns + 1
            follows = last.epoch == epoch and last.seq + last.count == seq and not flags & GAP_BEFORE
            run = last.run if follows else run
        return Entry(
            epoch=epoch,
            seq=seq,
            count=count,
            run=run,
            origin_ns=origin_ns,
            from_ns=from_ns,
            end_ns=max(from_ns, end_ns),
            uncertainty_ns=uncertainty_ns,
            data=reading.data,
            flags=flags,
        )

    def _evict(self) -> None:
        """Keep within the bounds; the newest reading may have to go too."""
        while self._buffer.bytes > self._max_bytes:
            self._ledger.leave(self._buffer.pop(), dropped="overflow_bytes")
        if self.max_ns is not None and self._last is not None:
            oldest_ns = self._last.end_ns - self.max_ns
            while (oldest := self._buffer.oldest) is not None and oldest.end_ns < oldest_ns:
                self._ledger.leave(self._buffer.pop(), dropped="overflow_seconds")

    def _place(self, entry: Entry, index: int) -> Place:
        time_ns = entry.origin_ns + self.rate.span_ns(index) if self.rate else entry.end_ns
        # A clamped entry begins later than its clock says, and its first sample with it.
        time_ns = max(time_ns, entry.from_ns) if index >= entry.seq else time_ns
        return Place(epoch=entry.epoch, index=index, time_ns=time_ns, run=index - entry.run + 1)


def _quality(entries: Sequence[Entry], first: int) -> Quality:
    """Flags of the entries, less what was lost in front of the first sample that is taken."""
    flags = entries[0].flags
    if flags & GAP_BEFORE and entries[0].seq <= first:
        flags &= ~(GAP_BEFORE | OVERFLOW)
    for entry in entries[1:]:
        flags |= entry.flags
    return Quality(flags) if flags else Quality.OK
