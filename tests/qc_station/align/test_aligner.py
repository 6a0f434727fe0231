from dataclasses import replace

import numpy as np
import pytest

from qc_station.align.policies.as_of import AsOf
from qc_station.align.rules import StreamRule
from qc_station.align.snapshot import Reason
from qc_station.errors import ConfigError
from sensors.streams import Stream
from tests.qc_station.align.scene import HEAT, MS, RULES, SECOND, balanced, fill, heat, make, parts, sound


def test_a_part_is_emitted_as_soon_as_every_stream_is_settled() -> None:
    aligner = make()
    aligner.trigger("a", SECOND + 20 * MS)
    for number in range(2):
        aligner.push(sound(10 * number))
        aligner.push(heat(number))
    assert aligner.advance(SECOND + 20 * MS) == []
    aligner.push(heat(2))
    assert aligner.advance(SECOND + 21 * MS) == []
    aligner.push(sound(20))
    (snapshot,) = aligner.advance(SECOND + 30 * MS)
    assert snapshot.reasons == {"sound": Reason.OK, "heat": Reason.OK}
    assert snapshot.windows["sound"].data.tolist() == [list(range(16, 26))]
    assert snapshot.windows["sound"].start_ns == SECOND + 15 * MS
    assert snapshot.windows["heat"].data.shape == (1, 2, 2)
    assert aligner.advance(SECOND + 300 * MS) == []


def test_a_trigger_may_come_after_its_data() -> None:
    aligner = make()
    fill(aligner)
    aligner.advance(SECOND + 100 * MS)
    aligner.trigger("a", SECOND + 20 * MS)
    assert aligner.advance(SECOND + 100 * MS)[0].reasons == {"sound": Reason.OK, "heat": Reason.OK}


def test_a_trigger_may_come_before_its_data_and_before_any() -> None:
    aligner = make()
    aligner.trigger("a", SECOND + 50 * MS)
    assert aligner.advance(SECOND) == []
    fill(aligner, 60)
    (snapshot,) = aligner.advance(SECOND + 60 * MS)
    assert snapshot.reasons == {"sound": Reason.OK, "heat": Reason.OK}
    assert snapshot.windows["sound"].data.tolist() == [list(range(46, 56))]


def test_a_gap_of_one_sample_is_zero_filled_and_marked_and_its_neighbours_stay_in_place() -> None:
    aligner = make({"sound": RULES["sound"]})
    for reading in (sound(0), sound(10, 8), sound(19, 11)):
        aligner.push(reading)
    aligner.trigger("a", SECOND + 20 * MS)
    (snapshot,) = aligner.advance(SECOND + 40 * MS)
    window = snapshot.windows["sound"]
    assert window.data[0].tolist() == [16, 17, 18, 0, 20, 21, 22, 23, 24, 25]
    assert (snapshot.reasons["sound"], window.missing) == (Reason.GAP, 1)


@pytest.mark.parametrize("later_ns", [0, 1, 2])
def test_times_and_counts_beyond_2_to_the_53_are_exact_to_the_nanosecond(later_ns: int) -> None:
    # Beyond it a float holds only every second number, and from 2**60 on every 256th.
    first, begin_ns = 2**55 + 3, 2**60 + 1
    aligner = make({"sound": RULES["sound"]})
    for number in range(4):
        seq, arrival_ns = first + 10 * number, begin_ns + (10 * number + 9) * MS
        aligner.push(replace(sound(10 * number), seq=seq, arrival_ns=arrival_ns))
    # Half a sample and a nanosecond more is nearer to the next one.
    at_ns = begin_ns + 20 * MS + MS // 2 - 1 + later_ns
    aligner.trigger("a", at_ns)
    (snapshot,) = aligner.advance(begin_ns + 40 * MS)
    window = snapshot.windows["sound"]
    assert snapshot.time_ns == at_ns
    assert window.data[0, 0] == (16 if later_ns == 0 else 17)
    assert window.start_ns == begin_ns + (15 if later_ns == 0 else 16) * MS


def test_a_stream_silent_from_the_start_costs_the_deadline_and_no_more() -> None:
    aligner = make()
    aligner.trigger("a", SECOND + 20 * MS)
    for number in range(10):
        aligner.push(sound(10 * number))
    assert aligner.due_ns() == SECOND + 120 * MS
    assert aligner.advance(SECOND + 120 * MS - 1) == []
    (snapshot,) = aligner.advance(SECOND + 120 * MS)
    assert snapshot.reasons == {"sound": Reason.OK, "heat": Reason.NEVER_STARTED}
    assert set(snapshot.windows) == {"sound"}


def test_a_dead_stream_holds_nothing_up() -> None:
    aligner = make()
    aligner.push(heat(0))
    for number in range(1000, 1200):
        aligner.push(sound(10 * number))
    aligner.trigger("a", SECOND + 11_900 * MS)
    (snapshot,) = aligner.advance(SECOND + 12_000 * MS - 1)
    assert snapshot.reasons == {"sound": Reason.OK, "heat": Reason.DEAD}


@pytest.mark.parametrize("silent_ms", [9_999, 10_000])
def test_a_stream_without_a_rate_is_dead_after_ten_seconds(silent_ms: int) -> None:
    rare = replace(RULES["heat"], stream=replace(HEAT, nominal_rate_hz=None))
    aligner = make({**RULES, "heat": rare})
    aligner.push(heat(0))
    now_ms = silent_ms
    for number in range(990, 1010):
        aligner.push(sound(10 * number))
    aligner.trigger("a", SECOND + 9_950 * MS)
    snapshots = aligner.advance(SECOND + now_ms * MS)
    told = [snapshot.reasons for snapshot in snapshots]
    assert told == ([{"sound": Reason.OK, "heat": Reason.DEAD}] if silent_ms == 10_000 else [])


def test_a_stream_without_a_rate_lives_for_as_long_as_its_policy_takes_what_it_said_last() -> None:
    rare = Stream(name="heat", kind="series", shape=(2, 2), nominal_rate_hz=None, units=("1",))
    rule = StreamRule(stream=rare, policy=AsOf(length=1, max_age_ns=60 * SECOND, period_ns=0))
    aligner = make({"heat": rule})
    aligner.push(heat(0))
    for name, at_ms in (("a", 59_900), ("b", 60_000)):
        aligner.trigger(name, SECOND + at_ms * MS)
    assert aligner.advance(SECOND + 59_999 * MS) == []
    reasons = [snapshot.reasons["heat"] for snapshot in aligner.advance(SECOND + 60_000 * MS)]
    # Both go when it is dead: nobody waits for the dead until the deadline.
    assert reasons == [Reason.DEAD, Reason.DEAD]


def test_a_stream_that_never_started_costs_parts_their_deadline_for_ten_seconds_and_nothing_after_that() -> None:
    aligner = make()
    aligner.advance(SECOND)
    for number in range(1300):
        aligner.push(sound(10 * number))
        if number in (900, 1200):
            aligner.trigger(f"p{number}", SECOND + (10 * number - 40) * MS)
        for snapshot in aligner.advance(SECOND + (10 * number + 9) * MS):
            waited_ms = (SECOND + (10 * number + 9) * MS - snapshot.time_ns) // MS
            assert snapshot.reasons == {"sound": Reason.OK, "heat": Reason.NEVER_STARTED}
            assert waited_ms == (109 if snapshot.part == "p900" else 49)
    assert aligner.stats().emitted == 2


def test_a_stream_that_is_added_is_waited_for_from_then_on() -> None:
    aligner = make({"sound": RULES["sound"]})
    aligner.advance(SECOND)
    aligner.reconfigure(RULES, deadline_ns=100 * MS)
    aligner.push(sound(19_990, 30))
    aligner.advance(SECOND + 20_000 * MS)
    aligner.trigger("a", SECOND + 20_000 * MS)
    assert aligner.advance(SECOND + 20_019 * MS) == []
    assert parts(aligner.advance(SECOND + 20_100 * MS)) == ["a"]


def test_when_a_part_has_to_go_by_itself_is_known_beforehand() -> None:
    aligner = make()
    assert aligner.wake_ns(10**18) is None
    aligner.push(heat(0))
    aligner.push(sound(9_900, 10))
    aligner.advance(SECOND + 9_909 * MS)
    aligner.trigger("a", SECOND + 9_950 * MS)
    # Due at 10.05 s; the frames are dead at 10 s, but the sound is still waited for.
    assert aligner.wake_ns(10**18) == SECOND + 10_050 * MS
    assert aligner.wake_ns(SECOND + 10_050 * MS) is None
    aligner.push(sound(9_910, 60))
    assert aligner.wake_ns(10**18) == SECOND + 10_000 * MS
    assert aligner.advance(SECOND + 10_000 * MS - 1) == []
    assert parts(aligner.advance(SECOND + 10_000 * MS)) == ["a"]


def test_when_a_reading_has_waited_long_enough_is_known_beforehand() -> None:
    aligner = make(reorder_ns=30 * MS)
    aligner.push(sound(0))
    aligner.push(sound(20))
    assert aligner.wake_ns(10**18) == SECOND + 59 * MS
    aligner.advance(SECOND + 59 * MS)
    assert aligner.wake_ns(10**18) is None


def test_each_of_64_parts_of_64_streams_goes_at_the_first_advance_at_or_after_it_is_due() -> None:
    streams = {f"s{number}": replace(HEAT, name=f"s{number}") for number in range(63)}
    rules = {name: StreamRule(stream=stream, policy=RULES["heat"].policy) for name, stream in streams.items()}
    aligner = make({**rules, "sound": RULES["sound"]})
    due = {f"p{number}": SECOND + (100 + 3 * number) * MS + number for number in range(64)}
    for part, due_ns in due.items():
        assert aligner.trigger(part, due_ns - 100 * MS)
    # The sound never comes, so that no part is settled; frames of all others do.
    gone: dict[str, int] = {}
    moments = sorted(
        {SECOND + 5 * number * MS for number in range(70)} | set(due.values()) | {t - 1 for t in due.values()}
    )
    frames = iter(range(40))
    for now_ns in moments:
        if not (now_ns - SECOND) % (10 * MS):
            for name in streams if (frame := next(frames, None)) is not None else ():
                aligner.push(replace(heat(frame), stream=name))
        gone |= dict.fromkeys(parts(aligner.advance(now_ns)), now_ns)
    assert gone == due


def test_a_stream_that_stops_is_stale_and_is_taken_again_when_it_resumes() -> None:
    aligner = make()
    fill(aligner)
    for number in range(200, 220):
        aligner.push(sound(10 * number))
    aligner.trigger("a", SECOND + 2050 * MS)
    assert aligner.advance(SECOND + 2150 * MS)[0].reasons == {"sound": Reason.OK, "heat": Reason.STALE}
    for number in range(216, 218):
        aligner.push(heat(number))
    aligner.trigger("b", SECOND + 2165 * MS)
    assert aligner.advance(SECOND + 2180 * MS)[0].reasons == {"sound": Reason.OK, "heat": Reason.OK}


def test_late_data_is_counted_and_reopens_nothing() -> None:
    aligner = make()
    aligner.push(sound(0))
    aligner.trigger("a", SECOND + 10 * MS)
    (snapshot,) = aligner.advance(SECOND + 110 * MS)
    assert snapshot.reasons["sound"] is Reason.GAP
    assert snapshot.windows["sound"].missing == 5
    aligner.push(sound(10, delay_ms=100))
    assert aligner.advance(SECOND + 200 * MS) == []
    aligner.shutdown()
    stats = aligner.stats().streams["sound"]
    assert (stats.ingested, stats.used, stats.context, stats.late) == (20, 5, 10, 5)


def test_parts_are_emitted_in_the_order_of_their_times() -> None:
    aligner = make()
    for part, time_ms in [("b", 31), ("a", 30), ("c", 40)]:
        aligner.trigger(part, SECOND + time_ms * MS)
    fill(aligner)
    assert parts(aligner.advance(SECOND + 100 * MS)) == ["a", "b", "c"]


def test_two_triggers_one_nanosecond_apart_are_two_parts() -> None:
    aligner = make()
    aligner.trigger("a", SECOND + 30 * MS)
    aligner.trigger("b", SECOND + 30 * MS + 1)
    fill(aligner)
    first, second = aligner.advance(SECOND + 100 * MS)
    assert first.windows["sound"].data.tolist() == second.windows["sound"].data.tolist()
    assert not first.windows["sound"].shared
    assert second.windows["sound"].shared


def test_a_part_triggered_again_while_it_is_open_is_counted_and_emitted_once() -> None:
    aligner = make()
    assert aligner.trigger("a", SECOND + 30 * MS)
    assert not aligner.trigger("a", SECOND + 31 * MS)
    fill(aligner)
    assert parts(aligner.advance(SECOND + 100 * MS)) == ["a"]
    stats = aligner.stats()
    assert (stats.triggers, stats.emitted, stats.repeated, stats.open) == (2, 1, 1, 0)


def test_overlapping_windows_are_marked_shared_on_the_later_part() -> None:
    aligner = make()
    for part, time_ms in [("a", 30), ("b", 39), ("c", 49)]:
        aligner.trigger(part, SECOND + time_ms * MS)
    fill(aligner)
    shared = [snapshot.windows["sound"].shared for snapshot in aligner.advance(SECOND + 100 * MS)]
    assert shared == [False, True, False]


def test_an_optional_stream_is_not_waited_for() -> None:
    aligner = make({**RULES, "heat": replace(RULES["heat"], required=False)})
    aligner.trigger("a", SECOND + 20 * MS)
    for number in range(3):
        aligner.push(sound(10 * number))
    assert aligner.advance(SECOND + 30 * MS)[0].reasons == {"sound": Reason.OK, "heat": Reason.NEVER_STARTED}


def test_an_offset_moves_the_window() -> None:
    aligner = make({"sound": replace(RULES["sound"], offset_ns=7 * MS)})
    aligner.trigger("a", SECOND + 20 * MS)
    fill_sound = [sound(10 * number) for number in range(10)]
    for reading in fill_sound:
        aligner.push(reading)
    assert aligner.advance(SECOND + 90 * MS)[0].windows["sound"].data[0, 0] == 23


def test_repeated_readings_and_those_of_an_old_session_are_dropped_with_the_reason() -> None:
    aligner = make()
    for reading in (sound(0), sound(0), sound(30, session=2)):
        aligner.push(reading)
    aligner.advance(SECOND + 40 * MS)
    aligner.push(sound(10))
    assert aligner.stats().streams["sound"].dropped == {"out_of_order": 20}
    assert balanced(aligner)


def test_readings_of_another_shape_or_with_nan_are_dropped_with_the_reason() -> None:
    aligner = make()
    aligner.push(replace(sound(0), data=np.zeros((4, 2), np.int16)))
    aligner.push(replace(sound(0), data=np.full((3, 1), np.nan, np.float32)))
    assert aligner.stats().streams["sound"].dropped == {"malformed": 4, "not_finite": 3}


def test_shutdown_emits_open_parts_and_lets_go_of_everything() -> None:
    aligner = make()
    aligner.push(sound(0))
    aligner.push(heat(0))
    aligner.trigger("a", SECOND + 10 * MS)
    (snapshot,) = aligner.shutdown(SECOND + 11 * MS)
    assert snapshot.reasons == {"sound": Reason.SHUTDOWN, "heat": Reason.OK}
    aligner.push(sound(10))
    stats = aligner.stats().streams["sound"]
    assert (stats.buffered, stats.dropped, stats.balanced) == (0, {"shutdown": 10}, True)
    assert aligner.advance(SECOND + SECOND) == []
    with pytest.raises(RuntimeError, match="part 'b': the aligner is shut down"):
        aligner.trigger("b", SECOND)


def test_a_window_that_ends_after_the_deadline_is_refused_at_the_start() -> None:
    with pytest.raises(ConfigError, match=r"stream 'sound': its window ends 205 ms .* deadline of 100 ms"):
        make({"sound": replace(RULES["sound"], offset_ns=200 * MS)})


def test_a_reading_of_an_unknown_stream_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"reading of stream 'smell': no such stream; there are \['heat', 'sound'\]"):
        make().push(replace(sound(0), stream="smell"))
