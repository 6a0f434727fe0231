"""More than there is room for."""

from dataclasses import replace

import pytest

from qc_station.align.cut import Cut
from qc_station.align.entry import OVERHEAD_BYTES
from qc_station.align.policies.interval import Interval
from qc_station.align.rate import Rate
from qc_station.align.snapshot import Reason, Snapshot
from qc_station.align.track import Track
from tests.qc_station.align.scene import MS, RULES, SECOND, balanced, fill, heat, make, parts, sound

BLOCK_BYTES = 20 + OVERHEAD_BYTES
RATE = Rate.of(1000.0)


def test_of_65_open_parts_the_oldest_is_emitted_and_says_why() -> None:
    aligner = make()
    aligner.push(sound(0, 1))
    aligner.push(heat(0))
    for number in range(65):
        assert aligner.trigger(f"p{number}", SECOND + number * MS)
    (snapshot,) = aligner.advance(SECOND + 64 * MS)
    assert (snapshot.part, snapshot.reasons["sound"]) == ("p0", Reason.OVERLOAD)
    assert aligner.stats().open == 64
    assert aligner.advance(SECOND + 64 * MS) == []


def test_more_open_parts_than_allowed_force_the_oldest_out() -> None:
    aligner = make(max_open=2)
    for number in range(3):
        aligner.trigger(f"p{number}", SECOND + number * MS)
    (snapshot,) = aligner.advance(SECOND)
    assert snapshot.part == "p0"
    assert set(snapshot.reasons.values()) == {Reason.NEVER_STARTED}
    aligner.push(sound(0, 5))
    aligner.trigger("p3", SECOND + 3 * MS)
    assert aligner.advance(SECOND + 4 * MS)[0].reasons["sound"] is Reason.OVERLOAD


def test_while_nobody_advances_triggers_are_refused_beyond_twice_as_many_and_counted() -> None:
    aligner = make(max_open=2)
    taken = [aligner.trigger(f"p{number}", SECOND + number * MS) for number in range(6)]
    assert taken == [True] * 4 + [False] * 2
    stats = aligner.stats()
    assert (stats.triggers, stats.refused, stats.open) == (6, 2, 4)
    assert parts(aligner.shutdown()) == ["p0", "p1", "p2", "p3"]


def test_a_flood_is_bounded_by_bytes_and_counted_as_overflow() -> None:
    aligner = make(max_bytes=5 * (20 + OVERHEAD_BYTES))
    for number in range(100):
        aligner.push(sound(10 * number))
        assert balanced(aligner)
    stats = aligner.stats().streams["sound"]
    assert (stats.buffered, stats.dropped) == (50, {"overflow_bytes": 950})


def test_an_overflow_of_bytes_under_an_open_part_is_counted_and_the_part_is_emitted_with_its_gap() -> None:
    aligner = make(max_bytes=3 * BLOCK_BYTES)
    aligner.trigger("a", SECOND + 20 * MS)
    for number in range(8):
        aligner.push(sound(10 * number))
    aligner.push(heat(2))
    (snapshot,) = aligner.advance(SECOND + 80 * MS)
    assert (snapshot.windows.keys(), snapshot.reasons["sound"]) == ({"heat"}, Reason.GAP)
    assert aligner.stats().streams["sound"].dropped == {"overflow_bytes": 50}
    assert balanced(aligner)


def test_an_overflow_of_seconds_is_counted_apart() -> None:
    aligner = make(max_ns=300 * MS, history_ns=100 * MS)
    for number in range(100):
        aligner.push(sound(10 * number))
        assert balanced(aligner)
    stats = aligner.stats().streams["sound"]
    assert (stats.buffered, stats.dropped) == (310, {"overflow_seconds": 690})


def test_old_data_that_no_part_needs_becomes_context() -> None:
    aligner = make(history_ns=50 * MS)
    for number in range(100):
        aligner.push(sound(10 * number))
        aligner.advance(SECOND + 10 * number * MS)
    stats = aligner.stats().streams["sound"]
    assert stats.buffered <= 90
    assert stats.context == 1000 - stats.buffered


def test_the_bound_of_seconds_leaves_what_a_part_may_need() -> None:
    aligner = make(max_ns=0, history_ns=200 * MS)
    fill(aligner, 300)
    aligner.trigger("a", SECOND + 100 * MS)
    assert aligner.advance(SECOND + 300 * MS)[0].reasons["sound"] is Reason.OK


def test_readings_that_wait_for_what_they_have_overtaken_are_bounded_too() -> None:
    aligner = make(max_bytes=5 * BLOCK_BYTES, reorder_ns=SECOND)
    aligner.push(sound(0))
    for number in range(2, 40):
        aligner.push(sound(10 * number))
        assert balanced(aligner)
    stats = aligner.stats().streams["sound"]
    assert stats.buffered <= 50
    assert stats.dropped["overflow_bytes"] >= 300


def test_what_comes_too_late_for_a_part_is_told_once() -> None:
    aligner = make()
    aligner.push(sound(0))
    aligner.trigger("a", SECOND + 10 * MS)
    aligner.advance(SECOND + 110 * MS)
    assert aligner.late() == []
    aligner.push(sound(10, delay_ms=100))
    (late,) = aligner.late()
    assert (late.stream, late.session, late.seq, late.count) == ("sound", 1, 10, 5)
    assert aligner.late() == []


def test_notes_of_late_samples_are_bounded_while_the_books_count_all() -> None:
    aligner = make(max_late=2)
    aligner.push(sound(0))
    for at_ms in range(20, 90, 10):
        aligner.trigger(f"p{at_ms}", SECOND + at_ms * MS)
    aligner.advance(SECOND + 190 * MS)
    for number in range(1, 9):
        aligner.push(sound(10 * number, delay_ms=200))
    assert [late.seq for late in aligner.late()] == [70, 80]
    aligner.shutdown()
    # From 15 to 84: ten for each of seven parts.
    assert aligner.stats().streams["sound"].late == 70


def test_what_comes_late_and_lies_in_no_window_of_a_part_that_was_closed_is_not_late() -> None:
    aligner = make({"sound": RULES["sound"]})
    aligner.push(sound(0))
    for at_ms in (50, 200):
        aligner.trigger(f"p{at_ms}", SECOND + at_ms * MS)
    aligner.advance(SECOND + 300 * MS)
    for number in range(1, 25):
        aligner.push(sound(10 * number, delay_ms=400))
    # The windows are 45 to 54 and 195 to 204.
    told = [(late.seq, late.count) for late in aligner.late()]
    assert told == [(45, 5), (50, 5), (195, 5), (200, 5)]
    aligner.shutdown()
    stats = aligner.stats().streams["sound"]
    assert (stats.late, stats.context, stats.balanced) == (20, 230, True)


def test_late_samples_in_the_middle_of_a_reading_and_for_several_parts_are_counted_once() -> None:
    aligner = make({"sound": RULES["sound"]})
    aligner.push(sound(0))
    for at_ms in (50, 53, 80):
        aligner.trigger(f"p{at_ms}", SECOND + at_ms * MS)
    aligner.advance(SECOND + 200 * MS)
    aligner.push(sound(10, 100, delay_ms=400))
    assert [(late.seq, late.count) for late in aligner.late()] == [(45, 13), (75, 10)]
    # What serves a part that comes later still is not lost.
    aligner.trigger("q", SECOND + 50 * MS)
    assert aligner.advance(SECOND + 500 * MS)[0].windows["sound"].missing == 0
    aligner.shutdown()
    stats = aligner.stats().streams["sound"]
    assert (stats.used, stats.late, stats.context, stats.balanced) == (10, 13, 87, True)


@pytest.mark.parametrize("fails_at", [0, 1, 2])
def test_a_policy_that_raises_at_one_part_loses_none_before_it(fails_at: int) -> None:
    class Broken(Interval):
        def cut(self, track: Track, time_ns: int) -> Cut | Reason:
            if time_ns == SECOND + (20 + fails_at) * MS:
                raise ZeroDivisionError
            return super().cut(track, time_ns)

    aligner = make({"sound": replace(RULES["sound"], policy=Broken(rate=RATE, before_ns=5 * MS, length=10))})
    for number in range(3):
        aligner.trigger(f"p{number}", SECOND + (20 + number) * MS)
    got = aligner.advance(SECOND + 500 * MS) if fails_at else []
    assert parts(got) == [f"p{number}" for number in range(fails_at)]
    with pytest.raises(ZeroDivisionError):
        aligner.advance(SECOND + 500 * MS)
    assert aligner.stats().open == 3 - fails_at


def test_a_part_that_was_emitted_is_not_emitted_again() -> None:
    aligner = make()
    aligner.trigger("a", SECOND + 30 * MS)
    fill(aligner)
    assert parts(aligner.advance(SECOND + 100 * MS)) == ["a"]
    assert not aligner.trigger("a", SECOND + 60 * MS)
    assert aligner.advance(SECOND + 500 * MS) == []
    assert aligner.stats().repeated == 1


def test_only_so_many_names_are_remembered() -> None:
    aligner = make(remembered=2)
    for name in ("a", "b", "c"):
        aligner.trigger(name, SECOND)
    assert parts(aligner.shutdown(SECOND)) == ["a", "b", "c"]
    aligner = make(remembered=2)
    for name in ("a", "b", "c"):
        aligner.trigger(name, SECOND)
        aligner.advance(2 * SECOND)
    assert [aligner.trigger(name, 3 * SECOND) for name in ("c", "b", "a")] == [False, False, True]


def test_a_consumer_that_raises_is_given_every_other_part_when_it_goes_on_and_none_twice() -> None:
    aligner, taken = make({"sound": RULES["sound"]}), list[str]()

    def consume(snapshots: list[Snapshot]) -> None:
        for snapshot in snapshots:
            taken.append(snapshot.part)
            if snapshot.part == "p1":
                raise ValueError(snapshot.part)

    for number in range(3):
        aligner.trigger(f"p{number}", SECOND + (20 + 10 * number) * MS)
    failed = 0
    for number in range(12):
        aligner.push(sound(10 * number))
        try:
            consume(aligner.advance(SECOND + 10 * number * MS))
        except ValueError:
            failed += 1
    assert (taken, failed) == (["p0", "p1", "p2"], 1)
    assert (aligner.stats().emitted, aligner.stats().open) == (3, 0)


def test_what_a_failing_consumer_was_given_is_closed_and_what_it_was_not_given_stays_open() -> None:
    aligner = make()

    def consume(snapshots: list[Snapshot]) -> None:
        raise ValueError(snapshots[0].part)

    aligner.trigger("a", SECOND + 20 * MS)
    fill(aligner, 40)
    aligner.trigger("b", SECOND + 60 * MS)
    with pytest.raises(ValueError, match="a"):
        consume(aligner.advance(SECOND + 40 * MS))
    for number in range(4, 10):
        aligner.push(sound(10 * number))
        aligner.push(heat(number))
    assert parts(aligner.advance(SECOND + 100 * MS)) == ["b"]
    assert balanced(aligner)


def test_a_policy_that_raises_loses_no_part() -> None:
    class Broken(Interval):
        def cut(self, *_: object) -> object:
            raise ZeroDivisionError

    policy = RULES["sound"].policy
    assert isinstance(policy, Interval)
    broken = Broken(rate=policy.rate, before_ns=policy.before_ns, length=policy.length)
    aligner = make({"sound": replace(RULES["sound"], policy=broken)})
    aligner.trigger("a", SECOND + 20 * MS)
    with pytest.raises(ZeroDivisionError):
        aligner.advance(SECOND + 500 * MS)
    assert aligner.stats().open == 1
