"""Sessions, steps and wraps of a device's count, as the parts see them."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from qc_station.align.aligner import Aligner
from qc_station.align.policies.as_of import AsOf
from qc_station.align.policies.interpolate import Interpolate
from qc_station.align.rate import Rate
from qc_station.align.rules import StreamRule
from qc_station.align.snapshot import Reason, Snapshot
from sensors.readings import Reading
from sensors.streams import Stream
from tests.qc_station.align.scene import MS, RULES, SECOND, balanced, make, sound

SOUND = {"sound": RULES["sound"]}


def push(aligner: Aligner, readings: Iterable[Reading]) -> None:
    """As a live line does: an advance after each."""
    for reading in readings:
        aligner.push(reading)
        assert aligner.advance(reading.arrival_ns) == []


def cut(aligner: Aligner, at_ms: int) -> Snapshot:
    """A part in front of the sensors at a time after the first sample, when it was due long ago."""
    aligner.trigger(f"p{at_ms}", SECOND + at_ms * MS)
    (snapshot,) = aligner.advance(SECOND + at_ms * MS + 100 * MS)
    assert balanced(aligner)
    return snapshot


def test_a_window_before_the_session_began_has_a_gap_at_its_front() -> None:
    aligner = make(SOUND)
    push(aligner, [sound(0), sound(10)])
    snapshot = cut(aligner, 2)
    assert snapshot.reasons["sound"] is Reason.GAP
    assert snapshot.windows["sound"].data[0].tolist() == [0, 0, 0, 1, 2, 3, 4, 5, 6, 7]


def test_a_window_across_a_reconnection_ends_with_the_old_session() -> None:
    aligner = make(SOUND)
    push(aligner, [sound(0), sound(10), sound(0, session=2, delay_ms=22), sound(10, session=2, delay_ms=22)])
    aligner.advance(SECOND + 60 * MS)
    snapshot = cut(aligner, 22)
    assert snapshot.reasons["sound"] is Reason.CLOCK_BREAK
    assert snapshot.windows["sound"].data[0].tolist() == [18, 19, 20, 0, 0, 0, 0, 0, 0, 0]
    assert cut(aligner, 30).windows["sound"].data[0, 0] == 4


def test_a_sample_lost_in_an_old_session_is_a_gap_though_a_newer_one_began() -> None:
    aligner = make(SOUND)
    push(aligner, [sound(0), sound(10, 8), sound(19, 11)])
    push(aligner, [sound(0, session=2, delay_ms=40), sound(10, session=2, delay_ms=40)])
    assert cut(aligner, 20).reasons["sound"] is Reason.GAP
    assert cut(aligner, 28).reasons["sound"] is Reason.CLOCK_BREAK


def test_values_on_a_grid_across_a_reconnection_say_so_and_a_gap_before_it_does_not() -> None:
    stream = Stream(name="sound", kind="series", shape=(1,), nominal_rate_hz=1000.0, units=("1",))
    policy = Interpolate(rate=Rate.of(1000.0), before_ns=5 * MS, length=10, max_gap_ns=2 * MS)
    aligner = make({"sound": StreamRule(stream=stream, policy=policy)})
    push(aligner, [sound(0, 5), sound(9), sound(19), sound(0, session=2, delay_ms=40)])
    assert [cut(aligner, at_ms).reasons["sound"] for at_ms in (7, 15, 26)] == [
        Reason.GAP,
        Reason.OK,
        Reason.CLOCK_BREAK,
    ]


@pytest.mark.parametrize("max_age_ms", [50, 8])
def test_a_cycle_that_a_reconnection_cut_off_is_a_break_and_one_that_only_began_is_a_gap(max_age_ms: int) -> None:
    stream = Stream(name="sound", kind="series", shape=(1,), nominal_rate_hz=1000.0, units=("1",))
    policy = AsOf(length=12, max_age_ns=max_age_ms * MS, period_ns=MS)
    aligner = make({"sound": StreamRule(stream=stream, policy=policy)})
    push(aligner, [sound(0)])
    assert cut(aligner, 9).reasons["sound"] is Reason.GAP
    push(aligner, [sound(0, session=2, delay_ms=12)])
    assert cut(aligner, 21).reasons["sound"] is Reason.CLOCK_BREAK
    push(aligner, [sound(10, 5, session=2, delay_ms=12)])
    assert cut(aligner, 25).reasons["sound"] is Reason.OK


def test_after_samples_were_lost_uncounted_parts_are_right_again_within_eight_seconds() -> None:
    aligner = make(SOUND)
    push(aligner, (sound(10 * number) for number in range(1000)))
    # From here on each sample is taken 500 ms later than its count says.
    push(aligner, (sound(10 * number, delay_ms=500) for number in range(1000, 1900)))
    assert aligner.stats().streams["sound"].breaks == 1
    (snapshot,) = [cut(aligner, 19_300)]
    assert snapshot.reasons["sound"] is Reason.OK
    # The sample taken at 19.295 s is the one counted 18 795, whose number is one higher.
    assert int(snapshot.windows["sound"].data[0, 0]) == 18_796


def test_parts_in_the_time_that_a_break_leaves_out_say_so() -> None:
    aligner = make(SOUND)
    push(aligner, (sound(10 * number) for number in range(1000)))
    push(aligner, (sound(10 * number, delay_ms=500) for number in range(1000, 1900)))
    # Three windows of 2 s after the loss, what came at 16 s stands at 16.5 s.
    reasons = {at_ms: cut(aligner, at_ms).reasons["sound"] for at_ms in range(15_800, 16_800, 50)}
    assert {at_ms for at_ms, reason in reasons.items() if reason is Reason.CLOCK_BREAK} == set(
        range(16_000, 16_550, 50)
    )
    assert set(reasons.values()) == {Reason.OK, Reason.CLOCK_BREAK}
    # What is no longer held is a gap, whatever came after it.
    assert cut(aligner, 5000).reasons["sound"] is Reason.GAP


@pytest.mark.parametrize("jump_s", [5, 600])
@pytest.mark.parametrize("at_s", [1.5, 3.5, 5.0, 30.0])
def test_after_a_suspend_parts_are_right_at_once_however_early_it_comes(at_s: float, jump_s: int) -> None:
    aligner, begin = make(SOUND), round(at_s * 100)
    wrong: dict[str, str] = {}
    for number in range(begin + 1600):
        # The count ran on while the host slept and its clock stood.
        block = replace(sound(10 * number), seq=10 * number + (1000 * jump_s if number >= begin else 0))
        aligner.push(block)
        if number % 20 == 10:
            aligner.trigger(str(10 * number - 40), block.arrival_ns - 49 * MS)
        for one in aligner.advance(block.arrival_ns):
            first = int(one.windows["sound"].data[0, 0]) if one.reasons["sound"] is Reason.OK else one.reasons["sound"]
            if first != (int(one.part) - 4 + 2**15) % 2**16 - 2**15:
                wrong[one.part] = str(first)
    assert wrong == {}
    assert balanced(aligner)


def test_a_burst_after_a_stall_of_five_seconds_is_cut_as_if_it_had_come_in_time() -> None:
    aligner = make(SOUND)
    push(aligner, (sound(10 * number) for number in range(1000)))
    stalled = [sound(10 * number, delay_ms=5000 - 10 * (number - 1000)) for number in range(1000, 1500)]
    push(aligner, stalled)
    push(aligner, (sound(10 * number) for number in range(1501, 1530)))
    snapshot = cut(aligner, 13_000)
    assert snapshot.reasons["sound"] is Reason.OK
    assert int(snapshot.windows["sound"].data[0, 0]) == 12_996
    assert aligner.stats().streams["sound"].breaks == 0


@pytest.mark.parametrize("true_hz", [950, 1050])
def test_at_a_rate_declared_wrong_by_five_percent_windows_stand_where_the_part_was(true_hz: int) -> None:
    aligner, period_ns = make(SOUND), SECOND // true_hz
    for number in range(6000):
        block = sound(10 * number, arrival_ns=SECOND + (10 * number + 9) * period_ns)
        push(aligner, [block])
    at_ns = block.arrival_ns - 50 * MS
    aligner.trigger("a", at_ns)
    (snapshot,) = aligner.advance(block.arrival_ns)
    window = snapshot.windows["sound"]
    taken_ns = SECOND + (int(window.data[0, 0]) - 1) % 2**16 * period_ns
    assert snapshot.reasons["sound"] is Reason.OK
    # A block's samples are laid out at the declared rate: of ten, the first is off by half a sample.
    assert abs(taken_ns - (at_ns - 5 * MS)) <= 1.5 * period_ns
    assert aligner.stats().streams["sound"].drift_ppm == pytest.approx((true_hz / 1000 - 1) * 1e6, rel=1e-2)


@pytest.mark.parametrize("modulus", [2**16, 2**32])
def test_a_window_across_a_wrap_of_the_count_is_whole(modulus: int) -> None:
    aligner, begin = make(SOUND), modulus - 50
    push(aligner, (replace(sound(10 * n), seq=(begin + 10 * n) % modulus) for n in range(12)))
    snapshot = cut(aligner, 50)
    assert snapshot.reasons["sound"] is Reason.OK
    assert snapshot.windows["sound"].data[0].tolist() == list(range(46, 56))


def test_a_device_that_was_reset_is_cut_again_at_once() -> None:
    aligner = make(SOUND)
    push(aligner, (sound(10 * number) for number in range(400)))
    push(aligner, (sound(10 * number, delay_ms=4100) for number in range(20)))
    assert aligner.stats().streams["sound"].dropped == {}
    snapshot = cut(aligner, 4200)
    assert snapshot.reasons["sound"] is Reason.OK
    assert snapshot.windows["sound"].data[0, 0] == 96


def test_overtaken_readings_within_the_bound_make_a_whole_window() -> None:
    aligner = make(SOUND, reorder_ns=30 * MS)
    push(aligner, [sound(0), sound(20), sound(10, delay_ms=25), sound(30, delay_ms=20)])
    snapshot = cut(aligner, 20)
    assert snapshot.reasons["sound"] is Reason.OK
    assert aligner.stats().streams["sound"].dropped == {}


def test_overtaken_readings_beyond_the_bound_are_a_gap_and_counted() -> None:
    aligner = make(SOUND, reorder_ns=30 * MS)
    push(aligner, [sound(0), sound(20), sound(30), sound(40), sound(50), sound(60)])
    push(aligner, [sound(10, delay_ms=55)])
    snapshot = cut(aligner, 20)
    assert (snapshot.reasons["sound"], snapshot.windows["sound"].missing) == (Reason.GAP, 5)
    assert aligner.stats().streams["sound"].dropped == {"out_of_order": 10}
