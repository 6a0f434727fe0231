"""Which samples of a new entry come too late."""

import numpy as np

from qc_station.align.closed import KEPT, NEVER_NS, Closed
from qc_station.align.entry import Entry
from qc_station.align.rate import Rate

RATE = Rate.of(1000.0)
MS = 1_000_000


def entry(seq: int, count: int) -> Entry:
    """Sample n is taken at n ms."""
    data = np.zeros((count, 1), np.int16)
    from_ns, end_ns = seq * MS, (seq + count - 1) * MS
    return Entry(
        epoch=1, seq=seq, count=count, run=0, origin_ns=0, from_ns=from_ns, end_ns=end_ns, uncertainty_ns=0, data=data
    )


def test_both_ends_of_a_closed_time_belong_to_it() -> None:
    closed = Closed()
    closed.close(12 * MS, 15 * MS)
    assert closed.late(entry(10, 10), RATE) == ((12, 16),)
    closed.close(22 * MS + 1, 25 * MS - 1)
    assert closed.late(entry(20, 10), RATE) == ((23, 25),)


def test_times_that_overlap_or_touch_are_one_and_those_apart_are_not() -> None:
    closed = Closed()
    for from_ms, until_ms in ((17, 18), (11, 13), (12, 14), (15, 15)):
        closed.close(from_ms * MS, until_ms * MS)
    assert closed.late(entry(10, 10), RATE) == ((11, 16), (17, 19))


def test_a_reading_without_a_rate_is_late_as_a_whole_or_not() -> None:
    closed = Closed()
    closed.close(12 * MS, 15 * MS)
    assert closed.late(entry(13, 3), None) == ((13, 16),)
    assert closed.late(entry(13, 4), None) == ()


def test_what_lies_before_all_that_comes_is_forgotten_and_no_more_is_held_than_is_remembered() -> None:
    closed = Closed()
    assert closed.until_ns == NEVER_NS
    for number in range(10 * KEPT):
        closed.close(number * MS, number * MS)
    # The first of those that are held is number 9 * KEPT.
    assert closed.late(entry(9 * KEPT - 2, 4), RATE) == ((9 * KEPT, 9 * KEPT + 2),)
    assert closed.late(entry(10 * KEPT, 10), RATE) == ()
    assert closed.until_ns == (10 * KEPT - 1) * MS
