from hypothesis import given
from hypothesis import strategies as st

from qc_station.triggers.photo_eye import PhotoEye
from qc_station.triggers.said import Said

MS = 1_000_000
CHUNKS = st.lists(st.tuples(st.binary(max_size=8), st.integers(0, 100 * MS)), max_size=12)


def test_each_byte_of_the_set_is_a_part_and_every_other_one_is_garbage() -> None:
    eye = PhotoEye(b"T\x01", 50 * MS)
    assert eye.feed(b"T", 7 * MS) == [Said(part=None, time_ns=7 * MS)]
    assert eye.feed(b"\x01\r\n", 100 * MS) == [Said(part=None, time_ns=100 * MS)]
    assert eye.feed(b"xy\x00", 200 * MS) == []
    assert eye.counters == {"garbage": 3, "bounced": 0}


def test_a_part_that_bounces_is_one_part_and_the_wait_counts_from_the_first() -> None:
    eye = PhotoEye(b"T", 50 * MS)
    heard = [bool(eye.feed(b"T", time_ns * MS)) for time_ns in (0, 10, 49, 50, 99, 100)]
    assert heard == [True, False, False, True, False, True]
    assert eye.feed(b"TTT", 300 * MS) == [Said(part=None, time_ns=300 * MS)]
    assert eye.counters == {"garbage": 0, "bounced": 5}


def test_without_debouncing_every_byte_is_a_part() -> None:
    assert len(PhotoEye(b"T", 0).feed(b"TxT", 5)) == 2


@given(CHUNKS, st.sampled_from([0, MS, 50 * MS]))
def test_how_bytes_of_the_same_time_are_cut_changes_nothing(chunks: list[tuple[bytes, int]], debounce_ns: int) -> None:
    whole, single = PhotoEye(b"T\x00", debounce_ns), PhotoEye(b"T\x00", debounce_ns)
    chunks = sorted(chunks, key=lambda chunk: chunk[1])
    at_once = [said for data, time_ns in chunks for said in whole.feed(data, time_ns)]
    one_by_one = [said for data, time_ns in chunks for byte in data for said in single.feed(bytes([byte]), time_ns)]
    assert at_once == one_by_one
    assert whole.counters == single.counters


@given(CHUNKS)
def test_every_byte_is_a_part_or_bounced_or_garbage_or_the_end_of_a_line(chunks: list[tuple[bytes, int]]) -> None:
    eye = PhotoEye(b"T\x00", 10 * MS)
    parts = sum(len(eye.feed(data, time_ns)) for data, time_ns in chunks)
    ends = sum(data.count(b"\r") + data.count(b"\n") for data, _ in chunks)
    assert parts + ends + sum(eye.counters.values()) == sum(len(data) for data, _ in chunks)
