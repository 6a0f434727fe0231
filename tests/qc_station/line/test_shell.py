"""The live shell gives the aligner what threads put in, in their order, and never more than it may hold."""

import threading
from dataclasses import replace
from itertools import groupby
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qc_station.align.aligner import Aligner
from qc_station.align.snapshot import Reason, Snapshot
from qc_station.align.trigger import Trigger
from qc_station.line.aligning import aligner_of
from qc_station.line.feeding import feed, readings
from qc_station.line.in_order import Event, moment
from qc_station.line.shell import LiveShell
from qc_station.line.simulation import shift, station
from qc_station.view.placement import Placement
from sensors.readings import Reading
from sensors.simulated.drivers import line_drivers
from sensors.simulated.line import schedule
from sensors.simulated.parts import make_parts

SEED, PARTS = 4, 8
LATE_NS = 1_500_000_000


class Clock:
    def __init__(self) -> None:
        self.now_ns = 0

    def __call__(self) -> int:
        return self.now_ns


def line() -> tuple[Aligner, Placement]:
    placement = Placement(station())
    return aligner_of(station(), placement), placement


def content(snapshot: Snapshot) -> tuple[object, ...]:
    windows = {n: (w.data.tobytes(), w.start_ns, w.missing, w.skew_ns) for n, w in snapshot.windows.items()}
    return snapshot.part, snapshot.time_ns, snapshot.reasons, windows


def late_events() -> list[Event]:
    """A shift in which the sound of the third part arrives long after its deadline, at once."""
    passings = schedule(make_parts(SEED, PARTS), SEED)
    made: list[Event] = [Trigger(part=one.part.name, time_ns=one.time_ns) for one in passings]
    time_ns = passings[2].time_ns
    for driver in line_drivers(passings, SEED):
        for one in readings(driver):
            held = one.stream == "acoustic" and time_ns - LATE_NS < one.arrival_ns < time_ns + LATE_NS
            made.append(replace(one, arrival_ns=time_ns + LATE_NS) if held else one)
    return made


LATE = late_events()


class Played:
    def __init__(self, stream: str) -> None:
        self.left = [one for one in LATE if isinstance(one, Reading) and one.stream == stream]

    def open(self) -> None: ...

    def close(self) -> None: ...

    def read(self) -> Reading:
        if not self.left:
            raise EOFError
        return self.left.pop(0)


def replayed() -> list[tuple[object, ...]]:
    drivers: list[Any] = [Played(name) for name in ("acoustic", "thermal", "enose")]
    triggers = [one for one in LATE if isinstance(one, Trigger)]
    return [content(one) for one in feed(drivers, triggers, *line())]


REPLAYED = replayed()


def test_what_threads_put_in_gives_the_same_parts_as_a_replay() -> None:
    clock, passings = Clock(), schedule(make_parts(SEED, PARTS), SEED)
    shell, got = LiveShell(*line(), clock=clock), list[Snapshot]()
    events = [(p.time_ns, 0, p) for p in passings]
    for number, driver in enumerate(line_drivers(passings, SEED), start=1):
        events += [(reading.arrival_ns, number, reading) for reading in readings(driver)]  # type: ignore[misc]
    for time_ns, group in groupby(sorted(events, key=lambda e: e[:2]), key=lambda e: e[0]):
        clock.now_ns = time_ns
        for *_, event in group:
            thread = threading.Thread(target=put, args=(shell, event))
            thread.start()
            thread.join()
        got += shell.snapshots(idle_s=0.0)
    got += shell.shutdown()
    assert [content(one) for one in got] == [content(one) for one, _ in shift(SEED, PARTS)]
    assert shell.counters.taken == shell.counters.aligned
    assert (shell.counters.triggers, shell.counters.dropped) == (PARTS, 0)


def put(shell: LiveShell, event: object) -> None:
    if isinstance(event, Reading):
        shell.hear(event)
    else:
        shell.trigger(Trigger(part=event.part.name, time_ns=event.time_ns))  # type: ignore[attr-defined]


def sound(seq: int, samples: int = 1000) -> Reading:
    data = np.zeros((samples, 1), np.int16)
    return Reading(stream="acoustic", session=0, seq=seq, arrival_ns=seq, device_ns=None, data=data)


def test_what_has_no_room_is_dropped_and_counted_and_room_comes_back() -> None:
    shell = LiveShell(*line(), max_bytes=4000, clock=Clock())
    for number in range(5):
        shell.hear(sound(1000 * number))
    assert (shell.counters.taken, shell.counters.dropped) == (2, 3)
    books = shell.stats().streams["acoustic"]
    assert (books.ingested, books.dropped, books.balanced) == (3000, {"inbox": 3000}, True)
    shell.snapshots(idle_s=0.0)
    shell.hear(sound(5000))
    assert (shell.counters.taken, shell.counters.aligned, shell.counters.dropped) == (3, 2, 3)
    shell.snapshots(idle_s=0.0)
    books = shell.stats().streams["acoustic"]
    assert (books.ingested, books.dropped["inbox"], books.balanced) == (6000, 3000, True)


def test_a_trigger_has_room_where_readings_have_none() -> None:
    clock = Clock()
    shell = LiveShell(*line(), max_bytes=0, clock=clock)
    shell.hear(sound(0))
    shell.trigger(Trigger(part="part-1", time_ns=0))
    assert shell.snapshots(idle_s=0.0) == []
    clock.now_ns = 10_000_000_000
    (part,) = shell.snapshots(idle_s=0.0)
    assert part.part == "part-1"
    assert set(part.reasons.values()) == {Reason.NEVER_STARTED}


def test_an_open_part_is_emitted_when_the_line_ends() -> None:
    shell = LiveShell(*line(), clock=Clock())
    shell.trigger(Trigger(part="part-1", time_ns=0))
    assert [one.part for one in shell.shutdown()] == ["part-1"]


def test_a_trigger_that_is_not_accepted_or_comes_again_is_counted_and_gives_no_part() -> None:
    asked: list[Trigger] = []

    def accept(trigger: Trigger) -> bool:
        asked.append(trigger)
        return trigger.part != "part-0"

    shell = LiveShell(*line(), accept=accept, clock=Clock())
    for part in ("part-0", "part-1", "part-1"):
        shell.trigger(Trigger(part=part, time_ns=0))
    assert shell.snapshots(idle_s=0.0) == []
    assert [trigger.part for trigger in asked] == ["part-0", "part-1", "part-1"]
    assert shell.counters.refused == 2
    assert [one.part for one in shell.shutdown()] == ["part-1"]


def test_of_more_triggers_than_may_wait_the_oldest_parts_go_first_as_in_a_replay() -> None:
    shell = LiveShell(*line(), clock=Clock())
    for number in range(131):
        shell.trigger(Trigger(part=f"part-{number}", time_ns=number))
    assert [one.part for one in shell.snapshots(idle_s=0.0)] == [f"part-{number}" for number in range(67)]
    assert (shell.counters.refused, shell.stats().open) == (0, 64)


def test_a_trigger_that_was_accepted_and_gives_no_part_is_turned_away_and_one_that_was_not_accepted_is_not() -> None:
    turned_away: list[str] = []
    shell = LiveShell(
        *line(),
        accept=lambda trigger: trigger.part != "part-0",
        turn_away=lambda trigger: turned_away.append(trigger.part),
        clock=Clock(),
    )
    for part in ("part-0", "part-1", "part-1"):
        shell.trigger(Trigger(part=part, time_ns=0))
    assert shell.snapshots(idle_s=0.0) == []
    assert turned_away == ["part-1"]
    assert shell.counters.refused == 2


@settings(deadline=None, max_examples=25)
@given(st.lists(st.tuples(st.integers(1, 400), st.integers(0, 10**9)), max_size=12), st.booleans())
def test_however_much_a_stalled_line_finds_at_once_its_parts_are_those_of_a_replay(
    batches: list[tuple[int, int]], in_turn: bool
) -> None:
    # Sound that comes after a part's deadline is late for it, whether or not the line has slept over the deadline.
    events = sorted(LATE, key=moment)
    clock, got = Clock(), list[Snapshot]()
    shell = LiveShell(*line(), clock=clock)
    while events:
        size, later_ns = batches.pop() if batches else (len(events), 0)
        batch, events = events[:size], events[size:]
        # One sensor's thread may hand over all that it has before the next one's does.
        for event in batch if in_turn else sorted(batch, key=lambda one: getattr(one, "stream", "")):
            shell.hear(event) if isinstance(event, Reading) else shell.trigger(event)
        last_ns = moment(batch[-1])[0]
        clock.now_ns = min(last_ns + later_ns, moment(events[0])[0] - 1) if events else last_ns
        got += shell.snapshots(idle_s=0.0)
    got += shell.shutdown()
    assert [content(one) for one in got] == REPLAYED
    assert [one.reasons["acoustic"] is Reason.OK for one in got].count(False) >= 1


def test_a_stalled_line_gives_a_part_nothing_that_came_after_its_deadline() -> None:
    clock, got = Clock(), list[Snapshot]()
    shell = LiveShell(*line(), clock=clock)
    for event in sorted(LATE, key=moment):
        shell.hear(event) if isinstance(event, Reading) else shell.trigger(event)
    clock.now_ns = 10**18
    got = shell.snapshots(idle_s=0.0)
    assert [content(one) for one in got] == REPLAYED
    waited = [one.part for one in got if one.reasons["acoustic"] is not Reason.OK]
    assert shell.counters.late == {"acoustic": 4000 * len(waited)}
    assert len(waited) == 3


def test_an_error_at_one_trigger_loses_neither_the_parts_before_it_nor_the_events_after_it() -> None:
    def accept(trigger: Trigger) -> bool:
        if trigger.part == "part-66":
            raise OSError(trigger.part)
        return True

    shell = LiveShell(*line(), accept=accept, clock=Clock())
    for number in range(70):
        shell.trigger(Trigger(part=f"part-{number}", time_ns=number))
    with pytest.raises(OSError, match="part-66"):
        shell.snapshots(idle_s=0.0)
    assert [one.part for one in shell.snapshots(idle_s=0.0)] == [f"part-{number}" for number in range(5)]
    assert shell.stats().open == 64


def test_a_wait_ends_when_something_comes() -> None:
    shell = LiveShell(*line(), clock=Clock())
    taken = threading.Thread(target=shell.snapshots, args=(60.0,))
    taken.start()
    shell.hear(sound(0))
    taken.join(30)
    assert not taken.is_alive()
