"""What happens by itself happens at its own moment, whatever is handed over later."""

from qc_station.align.snapshot import Reason
from qc_station.align.trigger import Trigger
from qc_station.line.in_order import InOrder, came_ns, moment
from tests.qc_station.align.scene import MS, SECOND, heat, make, sound


def test_a_trigger_stands_before_what_arrives_with_it() -> None:
    trigger, frame = Trigger(part="a", time_ns=SECOND), heat(0)
    assert came_ns(frame) == came_ns(trigger)
    assert sorted([frame, trigger], key=moment) == [trigger, frame]


def test_a_part_goes_when_it_is_due_and_what_came_at_that_very_moment_still_belongs_to_it() -> None:
    for late_ms, reason in ((0, Reason.OK), (1, Reason.GAP)):
        line = InOrder(make())
        for event in (sound(0), sound(10), heat(2), Trigger(part="a", time_ns=SECOND + 20 * MS)):
            line.take(event, came_ns(event))
        assert line.fetch() == []
        # Due at 120 ms.
        line.take(sound(20, delay_ms=91 + late_ms), SECOND + (120 + late_ms) * MS)
        (part,) = line.fetch()
        assert part.reasons["sound"] is reason


def test_a_stream_that_is_dead_by_then_is_dead_though_it_speaks_again_in_the_same_batch() -> None:
    line = InOrder(make())
    first = [heat(0), *(sound(10 * number) for number in range(1000, 1005))]
    for event in first:
        line.take(event, min(came_ns(event), SECOND + 9_999 * MS))
    line.take(Trigger(part="a", time_ns=SECOND + 9_990 * MS), SECOND + 9_999 * MS)
    assert line.fetch() == []
    line.take(heat(1001), SECOND + 10_010 * MS)
    (part,) = line.fetch()
    assert part.reasons["heat"] is Reason.DEAD


def test_a_reading_that_has_waited_long_enough_is_not_overtaken_by_one_that_came_later() -> None:
    aligner = make(reorder_ns=30 * MS)
    line = InOrder(aligner)
    for event in (sound(0), sound(20), sound(10, delay_ms=50)):
        line.take(event, came_ns(event))
    assert aligner.stats().streams["sound"].dropped == {"out_of_order": 10}


def test_what_is_ready_stays_until_it_is_fetched_also_where_a_trigger_fails() -> None:
    def refuse(_: Trigger) -> None:
        raise OSError

    aligner = make()
    line = InOrder(aligner, trigger=refuse)
    aligner.trigger("a", SECOND)
    try:
        line.take(Trigger(part="b", time_ns=SECOND + 500 * MS), SECOND + 500 * MS)
    except OSError:
        assert [one.part for one in line.fetch()] == ["a"]
    assert line.fetch() == []
