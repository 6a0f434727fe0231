import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.protocols.bme688 import Bme688
from sensors.protocols.lines import LINE_LIMIT
from sensors.readings import Quality
from tests.sensors.protocols.wires import CUTS, fed

HEADER = b"TimeStamp(ms), Temperature(deg C), Pressure(Pa), Humidity(%), Gas resistance(ohm), Status, Gas index\r\n"
GOLDEN = HEADER + (
    b"80102, 24.31, 96512.20, 41.70, 102400.00, b0, 0\r\n"
    b"80382, 24.31, 96512.20, 41.70, 90112.50, b0, 1\r\n"
    b"81782, 24.31, 96512.20, 41.70, 88000.00, b0, 2\r\n"
    b"85982, 24.31, 96512.20, 41.70, 87000.00, b0, 3\r\n"
    b"86682, 24.31, 96512.20, 41.70, 12800.00, b0, 4\r\n"
    b"87382, 24.31, 96512.20, 41.70, 12700.00, B0, 5\r\n"
    b"88082, 24.31, 96512.20, 41.70, 12600.00, 0xb0, 6\r\n"
    b"88782, 24.31, 96512.20, 41.70, 5120.00, b0, 7\r\n"
    b"89482, 24.31, 96512.20, 41.70, 5110.00, b0, 8\r\n"
    b"90182, 24.40, 96510.00, 41.50, 5100.00, b0, 9\r\n"
)
OHM = [102400.0, 90112.5, 88000.0, 87000.0, 12800.0, 12700.0, 12600.0, 5120.0, 5110.0, 5100.0]


def step(index: int, ms: int = 0, status: int = 0xB0, ohm: float = 1000.0) -> bytes:
    return b"%d, 24.00, 96500.00, 40.00, %.2f, %x, %d\r\n" % (ms, ohm, status, index)


def cycle(ms: int = 0, ohm: float = 1000.0) -> bytes:
    return b"".join(step(index, ms + index, ohm=ohm + index) for index in range(10))


def test_ten_steps_as_the_makers_example_prints_them_are_one_sample_at_the_time_of_the_last() -> None:
    decoder = Bme688(warming_cycles=0)
    assert fed(decoder, GOLDEN) == [([OHM], Quality.OK, 90_182_000_000, False)]
    assert (decoder.kind, decoder.shape, decoder.units) == ("series", (10,), ("Ohm",) * 10)
    assert not any(decoder.counters.values())


def test_ambient_values_of_the_last_step_can_follow_the_resistances() -> None:
    decoder = Bme688(ambient=True, warming_cycles=0)
    (one,) = decoder.feed(GOLDEN)
    assert one.data.shape == (1, 13)
    np.testing.assert_allclose(one.data[0, 10:], [24.4, 41.5, 96510.0], rtol=1e-6)
    assert (decoder.shape, decoder.units[10:]) == ((13,), ("Cel", "%", "Pa"))


def test_the_first_cycles_after_opening_are_warming() -> None:
    decoder = Bme688(warming_cycles=2)
    three = b"".join(cycle(10 * number) for number in range(3))
    assert [one[1] for one in fed(decoder, HEADER + three)] == [Quality.WARMING, Quality.WARMING, Quality.OK]
    decoder.reset()
    assert [one[1] for one in fed(decoder, HEADER + cycle())] == [Quality.WARMING]


@pytest.mark.parametrize("status", [0x30, 0x90, 0xA0, 0x00])
def test_a_step_without_new_data_valid_gas_or_a_stable_heater_is_not_used(status: int) -> None:
    steps = [step(index) for index in range(10)]
    steps[4] = step(4, status=status)
    decoder = Bme688(warming_cycles=0)
    assert [one[1] for one in fed(decoder, HEADER + cycle() + b"".join(steps) + cycle())] == [
        Quality.OK,
        Quality.GAP_BEFORE,
    ]
    assert decoder.counters["unusable_steps"] == 1
    assert decoder.counters["incomplete_cycles"] == 1


def test_reports_of_a_step_that_is_still_heating_do_not_break_the_cycle() -> None:
    heating = b"".join(step(index, status=0x80) + step(index) for index in range(10))
    assert len(fed(Bme688(warming_cycles=0), HEADER + heating)) == 1


def test_a_cycle_that_was_entered_in_its_middle_is_not_completed_by_the_next() -> None:
    decoder = Bme688(warming_cycles=0)
    middle = b"".join(step(index, ohm=7.0) for index in range(6, 10))
    (one,) = fed(decoder, HEADER + middle + cycle())
    assert one[0][0][9] == 1009.0
    assert one[1] == Quality.OK


def test_a_damaged_line_drops_its_cycle_even_if_the_steps_around_it_fit() -> None:
    decoder = Bme688(warming_cycles=0)
    head = b"".join(step(index, ohm=1.0) for index in range(5))
    tail = b"".join(step(index, ohm=2.0) for index in range(5, 10))
    assert fed(decoder, HEADER + head + b"5, 24.0, 9\xff\r\n" + tail) == []
    assert decoder.counters["malformed_lines"] == 1
    assert decoder.counters["incomplete_cycles"] == 1


@pytest.mark.parametrize(
    "line",
    [
        b"1, 2, 3, 4, nan, b0, 0",
        b"1, 2, 3, 4, -5, b0, 0",
        b"1, 2, 3, 4, 5, b0, 10",
        b"1, 2, 3, 4, 5, b0, -1",
        b"1, 2, 3, 4, 5, 1b0, 0",
        b"1, 2, 3, 4, 5, zz, 0",
        b"1, 2, 3, 4, 5, b0, 1.e400",
        b"-1, 2, 3, 4, 5, b0, 0",
        b"1, 2, 3, 4, 5, b0",
    ],
)
def test_a_malformed_line_is_counted(line: bytes) -> None:
    decoder = Bme688()
    assert fed(decoder, HEADER + line + b"\n") == []
    assert decoder.counters["malformed_lines"] == 1


def test_a_reset_of_the_device_drops_the_cycle_and_is_told_with_the_next_one() -> None:
    decoder = Bme688(warming_cycles=1)
    begun = step(0, 70_000) + step(1, 70_001)
    decoded = fed(decoder, HEADER + cycle(60_000) + begun + cycle(100) + cycle(200))
    assert [(one[1], one[2], one[3]) for one in decoded] == [
        (Quality.WARMING, 60_009_000_000, False),
        (Quality.WARMING | Quality.GAP_BEFORE, 109_000_000, True),
        (Quality.OK, 209_000_000, False),
    ]


def test_a_negative_number_of_warming_cycles_is_refused() -> None:
    with pytest.raises(ValueError, match="warming_cycles -1 is negative"):
        Bme688(warming_cycles=-1)


@given(CUTS)
def test_any_split_gives_the_same_samples(cuts: list[int]) -> None:
    wire = GOLDEN + cycle(91_000) + step(0, 92_000) + b"garbage\n" + step(1, 92_001) + cycle(93_000)
    whole, split = Bme688(), Bme688()
    assert fed(split, wire, cuts) == fed(whole, wire)
    assert split.counters == whole.counters


@given(st.binary(max_size=60), st.integers(0, 10))
def test_garbage_loses_only_the_cycle_it_stands_in(garbage: bytes, before_step: int) -> None:
    damage = b"\x80" + garbage.replace(b"\n", b"\x80") + b"\n"
    steps = [step(index, 2000 + index) for index in range(10)]
    wire = HEADER + cycle(1000) + b"".join([*steps[:before_step], damage, *steps[before_step:]]) + cycle(3000)
    decoded = fed(Bme688(warming_cycles=0), wire)
    expected = [1_009_000_000, 3_009_000_000]
    if before_step in (0, 10):
        expected.insert(1, 2_009_000_000)
    assert [one[2] for one in decoded] == expected


@given(st.lists(st.one_of(st.binary(max_size=3000), st.integers(0, 9).map(step))))
def test_arbitrary_bytes_never_raise_and_memory_is_bounded(chunks: list[bytes]) -> None:
    decoder = Bme688()
    for chunk in chunks:
        for one in decoder.feed(chunk):
            assert np.isfinite(one.data).all()
        assert len(decoder._lines._held) <= LINE_LIMIT
        assert len(decoder._cycle) < 10
