import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.protocols.jsonl import JsonLines
from sensors.protocols.lines import LINE_LIMIT
from sensors.readings import Quality
from tests.sensors.protocols.wires import CUTS, fed

WIRE = (
    b'5, "mq135": 2}\r\n{"mq2": 412.5, "mq135": 388, "ms": 1500}\r\n{"ms": 1600, "mq135": 1, "mq2": 2, "led": "on"}\n'
)


def timed() -> JsonLines:
    return JsonLines(channels=["mq2", "mq135"], units=["kOhm", "kOhm"], time_key="ms")


def test_declared_keys_become_channels_in_the_declared_order_with_device_time() -> None:
    decoder = timed()
    assert fed(decoder, WIRE) == [
        ([[412.5, 388.0]], Quality.OK, 1_500_000_000, False),
        ([[2.0, 1.0]], Quality.OK, 1_600_000_000, False),
    ]
    assert decoder.counters["malformed_lines"] == 0
    assert (decoder.kind, decoder.shape, decoder.units) == ("series", (2,), ("kOhm", "kOhm"))


def test_a_first_line_that_is_a_whole_object_counts() -> None:
    assert len(fed(timed(), b'{"mq2": 1, "mq135": 2, "ms": 3}\n')) == 1


@pytest.mark.parametrize(
    "line",
    [
        b'{"mq2": NaN, "mq135": 1, "ms": 1}',
        b'{"mq2": Infinity, "mq135": 1, "ms": 1}',
        b'{"mq2": 1e39, "mq135": 1, "ms": 1}',
        b'{"mq2": 1' + b"0" * 400 + b', "mq135": 1, "ms": 1}',
        b'{"mq2": true, "mq135": 1, "ms": 1}',
        b'{"mq2": "3", "mq135": 1, "ms": 1}',
        b'{"mq2": 3, "ms": 1}',
        b'{"mq2": 1, "mq135": 1}',
        b'{"mq2": 1, "mq135": 1, "ms": -1}',
        b'{"mq2": 1, "mq135": 1, "ms": 4294967296}',
        b'{"mq2": 1, "mq135": 1, "ms": NaN}',
        b"[1, 2]",
        b"[" * 1000,
        b'{"mq2": 1, "mq1',
        b"\xff\xfe",
    ],
)
def test_a_malformed_line_is_counted_never_passed_on_and_leaves_a_gap(line: bytes) -> None:
    decoder = timed()
    good = b'{"mq2": 1, "mq135": 2, "ms": 3}\n'
    assert [one[1] for one in fed(decoder, good + line + b"\n" + good)] == [Quality.OK, Quality.GAP_BEFORE]
    assert decoder.counters["malformed_lines"] == 1


def times(*counts: int) -> list[tuple[int | None, bool]]:
    wire = b"".join(b'{"mq2": 1, "mq135": 2, "ms": %d}\n' % count for count in counts)
    return [(one[2], one[3]) for one in fed(timed(), wire)]


def test_the_device_time_counts_on_over_the_wrap_of_32_bits() -> None:
    assert times(2**32 - 100, 150, 250) == [
        ((2**32 - 100) * 1_000_000, False),
        ((2**32 + 150) * 1_000_000, False),
        ((2**32 + 250) * 1_000_000, False),
    ]


@pytest.mark.parametrize("before", [60_000, 2**31 + 5, 2**32 - 3_600_000])
def test_a_device_time_that_goes_back_without_a_wrap_is_a_reset_of_the_device(before: int) -> None:
    assert times(before, 20, 30) == [(before * 1_000_000, False), (20_000_000, True), (30_000_000, False)]


def test_wrong_options_are_refused_with_their_value() -> None:
    with pytest.raises(ValueError, match="channels are empty"):
        JsonLines(channels=[])
    with pytest.raises(ValueError, match="1 units for 2 channels"):
        JsonLines(channels=["a", "b"], units=["Ohm"])


@given(CUTS)
def test_any_split_gives_the_same_samples(cuts: list[int]) -> None:
    wire = WIRE + b"{}\n" + b"{" * (LINE_LIMIT + 5) + b'}\n{"mq2": 1, "mq135": 1, "ms": 1700}\n'
    whole, split = timed(), timed()
    assert fed(split, wire, cuts) == fed(whole, wire)
    assert split.counters == whole.counters


@given(st.lists(st.integers(0, 1023), min_size=1), st.data())
def test_garbage_lines_lose_no_good_line(values: list[int], data: st.DataObject) -> None:
    garbage = st.binary(max_size=40).map(lambda some: some.replace(b"{", b"\x80").replace(b"\n", b"\x80") + b"\n")
    wire = b"".join(data.draw(garbage) + b'{"mq2": %d, "mq135": 0, "ms": 5}\n' % value for value in values)
    assert [one[0][0][0] for one in fed(timed(), wire)] == values


@given(st.lists(st.one_of(st.binary(max_size=3000), st.just(b'{"mq2":'), st.just(b"\n"), st.just(b"[[[{"))))
def test_arbitrary_bytes_never_raise_and_memory_is_bounded(chunks: list[bytes]) -> None:
    decoder = timed()
    for chunk in chunks:
        for one in decoder.feed(chunk):
            assert np.isfinite(one.data).all()
        assert len(decoder._lines._held) <= LINE_LIMIT
