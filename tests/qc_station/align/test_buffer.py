import weakref
from dataclasses import replace

import numpy as np
import pytest

from qc_station.align.buffer import Buffer
from qc_station.align.entry import OVERHEAD_BYTES, Entry


def entry(number: int) -> Entry:
    data = np.zeros((10, 1), np.int16)
    times = {"origin_ns": 0, "from_ns": number * 100, "end_ns": number * 100 + 90, "uncertainty_ns": 0}
    return Entry(epoch=1, seq=number * 10, count=10, run=0, data=data, **times)


class Watched(int):
    """A time that counts how often it is compared."""

    looks = 0

    def __gt__(self, other: int) -> bool:
        Watched.looks += 1
        return int(self) > int(other)


@pytest.mark.parametrize("length", [100, 30_000])
def test_finding_a_time_looks_at_few_entries_however_long_the_buffer(length: int) -> None:
    buffer = Buffer()
    for number in range(length):
        buffer.append(replace(entry(number), from_ns=Watched(number * 100)))
    Watched.looks = 0
    found = buffer.at_time(4250)
    assert found is not None
    assert found.seq == 420
    assert 0 < Watched.looks <= 17


def test_popped_entries_are_not_found_and_not_counted() -> None:
    buffer = Buffer()
    for number in range(8):
        buffer.append(entry(number))
    for number in range(5):
        assert buffer.pop().seq == number * 10
    assert (len(buffer), buffer.samples, buffer.bytes) == (3, 30, 60 + 3 * OVERHEAD_BYTES)
    assert buffer.at_time(450) is None
    assert buffer.around(450) == (None, buffer.oldest)
    assert [one.seq for one in buffer.overlapping(1, 0, 65)] == [50, 60]


def test_what_was_popped_is_no_longer_held() -> None:
    buffer = Buffer()
    for number in range(100):
        buffer.append(entry(number))
    gone = weakref.ref(buffer.pop().data)
    assert gone() is None
