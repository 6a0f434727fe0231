"""What holds for every order of calls."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from qc_station.align.aligner import Aligner
from qc_station.align.bounds import Bounds
from qc_station.align.policies.as_of import AsOf
from qc_station.align.policies.interpolate import Interpolate
from qc_station.align.policies.interval import Interval
from qc_station.align.policies.nearest import Nearest
from qc_station.align.rate import Rate
from qc_station.align.rules import StreamRule
from qc_station.align.snapshot import Reason, Snapshot, Window
from sensors.readings import Quality, Reading
from sensors.streams import Stream

MS = 1_000_000
START_NS = 2**53 + 12_345
DEADLINE_NS = 150 * MS
KINDS = {"sound": "waveform", "heat": "image", "smell": "series", "belt": "series"}
RATES_HZ = {"sound": 1000.0, "heat": 30.0, "smell": 100.0, "belt": None}
POLICIES: dict[str, Any] = {
    "sound": Interval(rate=Rate.of(1000.0), before_ns=10 * MS, length=40),
    "heat": Nearest(tolerance_ns=20 * MS),
    "smell": AsOf(length=6, max_age_ns=50 * MS, period_ns=10 * MS),
    "belt": Interpolate(rate=Rate.of(100.0), before_ns=20 * MS, length=5, max_gap_ns=40 * MS),
}


def stream(name: str) -> Stream:
    return Stream(name=name, kind=KINDS[name], shape=(1,), nominal_rate_hz=RATES_HZ[name], units=("1",))


def rules() -> dict[str, StreamRule]:
    return {name: StreamRule(stream=stream(name), policy=POLICIES[name]) for name in KINDS}


def make(**bounds: int) -> Aligner:
    return Aligner(rules(), deadline_ns=DEADLINE_NS, bounds=Bounds(**bounds))


def call(aligner: Aligner, name: str, arguments: tuple[Any, ...]) -> Any:
    if name == "reconfigure":
        return aligner.reconfigure(*arguments, deadline_ns=DEADLINE_NS)
    return getattr(aligner, name)(*arguments)


def reading(name: str, seq: int, count: int, *, session: int = 1, delay_ns: int = 0) -> Reading:
    """Samples whose values are their indices, on the stream's own rate (33 Hz for one without)."""
    taken_ns = START_NS + Rate.of(RATES_HZ[name] or 33.0).span_ns(seq + count - 1)
    data = np.arange(seq, seq + count, dtype=np.int32)[:, None]
    arrival_ns = taken_ns + delay_ns
    return Reading(stream=name, session=session, seq=seq, arrival_ns=arrival_ns, device_ns=None, data=data)


def told(snapshots: Iterable[Snapshot]) -> list[Any]:
    """Everything a snapshot says, comparable."""
    return [
        (one.part, one.time_ns, sorted(one.reasons.items()), [words(*pair) for pair in sorted(one.windows.items())])
        for one in snapshots
    ]


def words(name: str, window: Window) -> tuple[Any, ...]:
    held = window.data.dtype.str, window.data.shape, window.data.tobytes()
    return name, held, replace(window, data=None)  # type: ignore[arg-type]


class Books(RuleBasedStateMachine):
    """Pushes, losses, repeats, overtaking, reconnections, triggers, new rules and advances in any order."""

    @initialize(
        max_open=st.integers(1, 5), max_bytes=st.sampled_from([3000, 1_000_000]), reorder_ms=st.sampled_from([0, 0, 60])
    )
    def start(self, max_open: int, max_bytes: int, reorder_ms: int) -> None:
        self.bounds = {"max_open": max_open, "max_bytes": max_bytes, "reorder_ns": reorder_ms * MS}
        self.bounds |= {"history_ns": 200 * MS, "max_ns": 2000 * MS}
        self.aligner = make(**self.bounds)
        self.now_ns, self.pushed = START_NS, dict.fromkeys(KINDS, 0)
        self.at = dict.fromkeys(KINDS, (1, 0))
        self.open: dict[str, int] = {}
        self.accepted: list[str] = []
        self.emitted: list[str] = []
        self.calls: list[tuple[str, Any]] = []
        self.answers: list[Snapshot] = []

    def call(self, name: str, *arguments: Any) -> Any:
        """Call the aligner, and write it down for the replay."""
        self.calls.append((name, arguments))
        return call(self.aligner, name, arguments)

    @rule(
        name=st.sampled_from(sorted(KINDS)),
        count=st.integers(0, 60),
        lost=st.sampled_from([0, 0, 0, 1, 7, -3]),
        quality=st.sampled_from([Quality.OK, Quality.OK, Quality.OK, *Quality, Quality.WARMING | Quality.OVERFLOW]),
        hours=st.sampled_from([None, None, None, 0, 1]),
    )
    def push(self, name: str, count: int, lost: int, quality: Quality, hours: int | None) -> None:
        session, seq = self.at[name]
        one = reading(name, max(0, seq + lost), count, session=session, delay_ns=3 * MS)
        # A device clock that comes and goes, and that somebody sets by an hour.
        device_ns = None if hours is None else one.arrival_ns + hours * 3600 * 1000 * MS
        self.call("push", replace(one, quality=quality, device_ns=device_ns))
        self.pushed[name] += count
        self.at[name] = (session, max(seq, one.seq + count))

    @rule(name=st.sampled_from(sorted(KINDS)), count=st.integers(1, 20), ahead=st.integers(1, 20))
    def overtake(self, name: str, count: int, ahead: int) -> None:
        session, seq = self.at[name]
        self.call("push", reading(name, seq + ahead, count, session=session))
        self.call("push", reading(name, seq, ahead, session=session, delay_ns=5 * MS))
        self.pushed[name] += count + ahead
        self.at[name] = (session, seq + ahead + count)

    @rule(name=st.sampled_from(sorted(KINDS)))
    def reconnect(self, name: str) -> None:
        self.at[name] = (self.at[name][0] + 1, 0)

    @rule(part=st.integers(0, 60), ago_ms=st.integers(-100, 300))
    def trigger(self, part: int, ago_ms: int) -> None:
        name, time_ns = f"p{part}", self.now_ns - ago_ms * MS
        accepted = self.call("trigger", name, time_ns)
        full = len(self.open) >= 2 * self.bounds["max_open"]
        assert accepted == (name not in self.accepted and not full)
        if accepted:
            self.open[name] = time_ns
            self.accepted.append(name)

    @rule(step_ms=st.integers(0, 200))
    def advance(self, step_ms: int) -> None:
        self.now_ns += step_ms * MS
        self.take(self.call("advance", self.now_ns))
        assert all(time_ns + DEADLINE_NS > self.now_ns for time_ns in self.open.values())
        assert len(self.open) <= self.bounds["max_open"]

    @rule(required=st.booleans(), offset_ms=st.integers(-20, 20))
    def reconfigure(self, required: bool, offset_ms: int) -> None:
        changed = rules()
        changed["heat"] = replace(changed["heat"], required=required, offset_ns=offset_ms * MS)
        self.call("reconfigure", changed)

    def take(self, snapshots: list[Snapshot]) -> None:
        self.answers += snapshots
        for one in snapshots:
            assert one.time_ns == min(self.open.values())
            assert self.open.pop(one.part) == one.time_ns
            self.emitted.append(one.part)
            assert set(one.reasons) == set(KINDS)
            for name, reason in one.reasons.items():
                window = one.windows.get(name)
                whole = window is not None and not window.missing
                assert whole or reason is not Reason.OK
                assert not whole or reason in (Reason.OK, Reason.GAP, Reason.UNHEALTHY, Reason.WARMING)
            assert one.windows.get("sound") is None or one.windows["sound"].data.shape == (1, 40)

    @invariant()
    def every_sample_is_somewhere(self) -> None:
        if not hasattr(self, "aligner"):
            return
        stats = self.aligner.stats()
        assert all(books.balanced for books in stats.streams.values())
        assert {name: books.ingested for name, books in stats.streams.items()} == self.pushed
        assert stats.open == len(self.open)
        assert stats.triggers == stats.emitted + stats.repeated + stats.refused + stats.open

    def teardown(self) -> None:
        if hasattr(self, "aligner"):
            self.take(self.call("shutdown", self.now_ns))
            assert not self.open
            assert sorted(self.emitted) == sorted(self.accepted)
            stats = self.aligner.stats().streams.values()
            assert all(books.balanced and books.buffered == 0 for books in stats)
            again, answers = make(**self.bounds), []
            for name, arguments in self.calls:
                answer = call(again, name, arguments)
                answers += answer if isinstance(answer, list) else []
            assert told(answers) == told(self.answers)
            assert again.stats() == self.aligner.stats()


TestBooks = Books.TestCase
TestBooks.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)


def shift(cuts: dict[str, list[int]], *, every: int = 1) -> list[Any]:
    """A second of four streams in readings of the given sizes, with five parts; advanced after so many events."""
    events: list[tuple[int, Any]] = [(START_NS + ms * MS, f"p{ms}") for ms in (100, 180, 185, 400, 700)]
    for name, sizes in cuts.items():
        total, seq, turn = round(RATES_HZ[name] or 33.0), 0, 0
        while seq < total:
            count = min(sizes[turn % len(sizes)], total - seq)
            events.append(((one := reading(name, seq, count)).arrival_ns, one))
            seq, turn = seq + count, turn + 1
    aligner, snapshots = make(), []
    for number, (time_ns, event) in enumerate(sorted(events, key=lambda pair: pair[0]), start=1):
        aligner.trigger(event, time_ns) if isinstance(event, str) else aligner.push(event)
        snapshots += aligner.advance(time_ns) if number % every == 0 else []
    return told(snapshots + aligner.shutdown(START_NS + 1000 * MS))


SINGLE = {"heat": [1], "belt": [1]}
WHOLE = shift({"sound": [10], "smell": [1], **SINGLE})


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(1, 80), min_size=1, max_size=12), st.lists(st.integers(1, 4), min_size=1, max_size=5))
def test_block_boundaries_do_not_change_the_snapshot(sound: list[int], smell: list[int]) -> None:
    assert shift({"sound": sound, "smell": smell, **SINGLE}) == WHOLE


@settings(deadline=None, max_examples=20)
@given(st.integers(1, 8))
def test_how_often_one_advances_does_not_change_the_snapshot(every: int) -> None:
    assert shift({"sound": [10], "smell": [1], **SINGLE}, every=every) == WHOLE


def test_the_shift_that_the_properties_compare_is_whole() -> None:
    assert len(WHOLE) == 5
    assert {reason for one in WHOLE for _, reason in one[2]} == {Reason.OK}


def between(names: list[str], lost: int, sessions: int) -> list[Reading | int]:
    """Readings of 100 ms from 100 ms on, some lost, some streams connected anew on the way, and three parts."""
    events: list[Reading | int] = [140, 141, 190]
    for name in names:
        seq = 0 if sessions else 20
        for number in range(5):
            session = 1 + (sessions and number // 2)
            seq = 0 if sessions and not number % 2 else seq
            delay_ns = 20 * MS * number + 300 * MS
            if number != lost:
                events.append(reading(name, seq, 20, session=session + sessions, delay_ns=delay_ns))
            seq += 20
    return events


@settings(deadline=None, max_examples=150)
@given(
    st.data(),
    st.sampled_from([0, 30 * MS, 2000 * MS]),
    st.lists(st.sampled_from(sorted(KINDS)), unique=True, min_size=1),
    st.integers(0, 6),
    st.integers(0, 1),
)
def test_between_two_advances_the_order_of_readings_and_triggers_does_not_matter(
    data: st.DataObject, reorder_ns: int, names: list[str], lost: int, sessions: int
) -> None:
    before = [reading(name, 0, 20) for name in KINDS]
    events = between(names, lost, sessions)
    answers, books = [], []
    for order in (events, data.draw(st.permutations(events))):
        aligner = make(reorder_ns=reorder_ns)
        for event in before:
            aligner.push(event)
        snapshots = aligner.advance(START_NS + 100 * MS)
        for event in order:
            if isinstance(event, Reading):
                aligner.push(event)
            else:
                aligner.trigger(f"p{event}", START_NS + event * MS)
        for at_ms in (200, 250, 3000):
            snapshots += aligner.advance(START_NS + at_ms * MS)
            books.append(aligner.stats())
        answers.append(told(snapshots + aligner.shutdown()))
        books.append(aligner.stats())
    assert answers[0] == answers[1]
    assert books[: len(books) // 2] == books[len(books) // 2 :]
    assert all(one.balanced for stats in books for one in stats.streams.values())
