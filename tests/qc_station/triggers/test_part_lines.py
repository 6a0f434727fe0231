import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc_station.triggers.part_lines import LONGEST_BYTES, PAUSE_NS, PartLines
from qc_station.triggers.part_names import LONGEST
from qc_station.triggers.said import Said

PIECES = st.one_of(st.binary(max_size=6), st.sampled_from([b"PART1", b"\r\n", b"\n", b"\xc3", b"\xa4", b"A" * 500]))
CHUNKS = st.lists(st.tuples(PIECES, st.integers(0, 3 * PAUSE_NS)), max_size=12)


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"])
def test_a_line_is_the_name_of_a_part_however_it_ends(end: bytes) -> None:
    lines = PartLines(None)
    assert lines.feed(b"PART123" + end + b"PART124" + end, 5) == [
        Said(part="PART123", time_ns=5),
        Said(part="PART124", time_ns=5),
    ]
    assert lines.counters == {"garbage": 0}


def test_a_line_is_stamped_at_its_first_byte() -> None:
    lines = PartLines(None)
    assert lines.feed(b"A1\nPA", 5) == [Said(part="A1", time_ns=5)]
    assert lines.feed(b"RT", 6) == []
    assert lines.feed(b"2\n", 7) == [Said(part="PART2", time_ns=5)]


@pytest.mark.parametrize(
    "line", [b"\xff\xfe", b"A\x00B", b" ", b"A" * (LONGEST + 1), b"A" * (LONGEST_BYTES + 1), b"A" * 100_000]
)
def test_a_line_that_is_no_name_is_garbage_and_the_next_one_is_read(line: bytes) -> None:
    lines = PartLines(None)
    assert lines.feed(line + b"\r\nPART1\r\n", 5) == [Said(part="PART1", time_ns=5)]
    assert lines.counters == {"garbage": 1}


def test_noise_long_before_a_line_is_no_part_of_it() -> None:
    lines = PartLines(None)
    lines.feed(b"x", 0)
    assert lines.feed(b"PART1\n", PAUSE_NS + 1) == [Said(part="PART1", time_ns=PAUSE_NS + 1)]
    assert lines.counters == {"garbage": 1}
    lines.feed(b"PA", 2 * PAUSE_NS)
    assert lines.feed(b"RT2\n", 3 * PAUSE_NS) == [Said(part="PART2", time_ns=2 * PAUSE_NS)]


def test_the_half_of_a_line_from_before_a_reopening_is_dropped() -> None:
    lines = PartLines(None)
    lines.feed(b"PART", 0)
    lines.reset()
    assert lines.feed(b"77\n", 1) == [Said(part="77", time_ns=1)]
    assert lines.counters == {"garbage": 1}


def test_a_pattern_keeps_out_a_name_that_came_in_half() -> None:
    lines = PartLines(r"PART\d+")
    assert lines.feed(b"RT122\nPART123\nPART124x\n", 5) == [Said(part="PART123", time_ns=5)]
    assert lines.counters == {"garbage": 2}
    with pytest.raises(ValueError, match=r"pattern = '\[': .*; allowed: a regular expression"):
        PartLines("[")


@given(CHUNKS)
def test_how_bytes_of_the_same_time_are_cut_changes_nothing(chunks: list[tuple[bytes, int]]) -> None:
    whole, single = PartLines(None), PartLines(None)
    chunks = sorted(chunks, key=lambda chunk: chunk[1])
    at_once = [said for data, time_ns in chunks for said in whole.feed(data, time_ns)]
    one_by_one = [said for data, time_ns in chunks for byte in data for said in single.feed(bytes([byte]), time_ns)]
    assert at_once == one_by_one
    assert whole.counters == single.counters


@given(st.lists(st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=LONGEST), max_size=5))
def test_every_name_arrives_as_it_was_sent(names: list[str]) -> None:
    lines = PartLines(None)
    sent = "".join(f"{name}\r\n" for name in names).encode()
    said = [one for byte in sent for one in lines.feed(bytes([byte]), 0)]
    assert [one.part for one in said] == names
    assert lines.counters == {"garbage": 0}
