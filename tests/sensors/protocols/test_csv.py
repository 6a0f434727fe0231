import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.protocols.csv import Csv
from sensors.protocols.lines import LINE_LIMIT
from sensors.readings import Quality
from tests.sensors.protocols.wires import CUTS, fed

WIRE = b"8,2,3\r\n412.5,388,1021.25\r\n413,-0.5,1e3\n"
"""A line that was cut at its beginning, then two samples, with either end of line."""


def three() -> Csv:
    return Csv(channels=["mq2", "mq3", "mq135"])


def test_a_line_is_a_sample_and_the_first_which_may_be_cut_is_thrown_away() -> None:
    decoder = three()
    decoded = decoder.feed(WIRE)
    assert [one.data.dtype for one in decoded] == [np.float32, np.float32]
    assert [one.data.tolist() for one in decoded] == [[[412.5, 388.0, 1021.25]], [[413.0, -0.5, 1000.0]]]
    assert all(one.quality == Quality.OK and one.device_ns is None for one in decoded)
    assert decoder.counters == {"malformed_lines": 0, "overlong_lines": 0, "malformed_bytes": 0}
    assert (decoder.kind, decoder.shape, decoder.units) == ("series", (3,), ("1", "1", "1"))


@pytest.mark.parametrize(
    "line",
    [b"1,2", b"1,2,3,4", b"1,nan,3", b"1,inf,3", b"1,1e39,3", b"1,,3", b"1,0x1F,3", b"1,1_0,3", b"1,\xff,3", b"boot"],
)
def test_a_malformed_line_is_counted_never_passed_on_and_leaves_a_gap(line: bytes) -> None:
    decoder = three()
    decoded = fed(decoder, b"\n1,2,3\n" + line + b"\n4,5,6\n7,8,9\n")
    assert [one[0] for one in decoded] == [[[1, 2, 3]], [[4, 5, 6]], [[7, 8, 9]]]
    assert [one[1] for one in decoded] == [Quality.OK, Quality.GAP_BEFORE, Quality.OK]
    assert decoder.counters == {"malformed_lines": 1, "overlong_lines": 0, "malformed_bytes": len(line)}


def test_the_declared_header_and_empty_lines_are_skipped_without_a_gap() -> None:
    decoder = three()
    decoded = fed(decoder, b"\n1,2,3\r\nmq2, mq3, mq135\r\n\r\n4,5,6\r\n")
    assert [one[1] for one in decoded] == [Quality.OK, Quality.OK]
    assert decoder.counters["malformed_lines"] == 0


def test_a_header_declares_the_channels_when_none_are_given() -> None:
    decoder = Csv(delimiter=";")
    assert not decoder.ready
    assert decoder.shape == (0,)
    assert fed(decoder, b"mq2;mq135\r\n1;2\r\n3;4\r\n") == [
        ([[1.0, 2.0]], Quality.OK, None, False),
        ([[3.0, 4.0]], Quality.OK, None, False),
    ]
    assert (decoder.ready, decoder.channels, decoder.units) == (True, ("mq2", "mq135"), ("1", "1"))


def test_a_header_that_lost_a_column_is_not_taken() -> None:
    decoder = Csv()
    assert fed(decoder, b"q3,mq135\n1,2,3\nmq2,mq3,mq135\n4,5,6\n") == [([[4.0, 5.0, 6.0]], Quality.OK, None, False)]
    assert decoder.channels == ("mq2", "mq3", "mq135")


def test_garbage_without_an_end_of_line_takes_no_memory_and_costs_one_sample() -> None:
    decoder = three()
    assert fed(decoder, b"\n1,2,3\n") != []
    for _ in range(1000):
        assert decoder.feed(b"\x80" * 4096) == []
        assert len(decoder._lines._held) <= LINE_LIMIT
    assert fed(decoder, b"9\n4,5,6\n") == [([[4.0, 5.0, 6.0]], Quality.GAP_BEFORE, None, False)]
    assert decoder.counters == {"malformed_lines": 0, "overlong_lines": 1, "malformed_bytes": 1000 * 4096 + 1}


def test_a_reset_forgets_the_cut_line_and_keeps_the_counters() -> None:
    decoder = three()
    fed(decoder, b"\n1,2,3\nbad\n4,5,")
    decoder.reset()
    assert fed(decoder, b"5,6\n7,8,9\n") == [([[7.0, 8.0, 9.0]], Quality.OK, None, False)]
    assert decoder.counters["malformed_lines"] == 1


def test_wrong_options_are_refused_with_their_value() -> None:
    with pytest.raises(ValueError, match="channels are empty"):
        Csv(channels=[])
    with pytest.raises(ValueError, match="1 units for 2 channels"):
        Csv(channels=["a", "b"], units=["Ohm"])
    with pytest.raises(ValueError, match="delimiter ', ' is not one character"):
        Csv(delimiter=", ")


@given(CUTS)
def test_any_split_gives_the_same_samples(cuts: list[int]) -> None:
    wire = WIRE + b"x,y,z\n" + b"7" * (LINE_LIMIT + 5) + b"\n1,2,3\n4,5\n6,7,8\n"
    whole, split = three(), three()
    assert fed(split, wire, cuts) == fed(whole, wire)
    assert split.counters == whole.counters


@given(st.lists(st.tuples(st.integers(0, 1023), st.integers(0, 1023), st.integers(0, 1023)), min_size=1), st.data())
def test_garbage_lines_lose_no_good_line(rows: list[tuple[int, int, int]], data: st.DataObject) -> None:
    garbage = st.binary(max_size=40).map(lambda some: some.replace(b",", b"\x80").replace(b"\n", b"\x80") + b"\n")
    wire = b"\n" + b"".join(data.draw(garbage) + f"{a},{b},{c}\n".encode() for a, b, c in rows)
    assert [tuple(one[0][0]) for one in fed(three(), wire)] == rows


@given(st.lists(st.binary(max_size=3000)), st.booleans())
def test_arbitrary_bytes_never_raise_and_memory_is_bounded(chunks: list[bytes], declared: bool) -> None:
    decoder = three() if declared else Csv()
    for chunk in chunks:
        for one in decoder.feed(chunk):
            assert np.isfinite(one.data).all()
        assert len(decoder._lines._held) <= LINE_LIMIT
