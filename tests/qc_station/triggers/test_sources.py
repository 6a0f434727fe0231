import pytest

from qc_station.align.trigger import Trigger
from qc_station.triggers.contract import Deliver
from qc_station.triggers.sources import TriggerSources
from qc_station.triggers.timer import TimerSource
from sensors.errors import SensorNotFoundError
from sensors.readings import Reading

S = 1_000_000_000


class Scripted:
    """Notes what is done with it."""

    def __init__(self, why: str = "") -> None:
        self.why, self.done = why, list[str]()
        self.counters = {"triggers": 7}

    def start(self, deliver: Deliver) -> None:
        if self.why:
            raise SensorNotFoundError(self.why)
        self.done.append("start")
        deliver(Trigger(part="A1", time_ns=1))

    def look(self, now_ns: int) -> None:
        self.done.append(f"look {now_ns}")

    def stop(self) -> None:
        self.done.append("stop")


class Hearing(Scripted):
    """And listens."""

    def hear(self, reading: Reading) -> None:
        self.done.append(f"hear {reading.stream}")


def test_all_sources_are_started_looked_at_and_stopped_and_those_hear_that_listen(reading: Reading) -> None:
    seen: list[Trigger] = []
    plain, hearing = Scripted(), Hearing()
    with TriggerSources({"serial": plain, "onset": hearing}) as sources:
        sources.start(seen.append)
        sources.hear(reading)
        sources.look(5)
    assert plain.done == ["start", "look 5", "stop"]
    assert hearing.done == ["start", "hear acoustic", "look 5", "stop"]
    assert len(seen) == 2
    assert sources.counters == {"serial": {"triggers": 7}, "onset": {"triggers": 7}}


def test_a_source_that_cannot_start_says_why_and_the_others_are_stopped() -> None:
    plain, broken = Scripted(), Scripted("no such port")
    with pytest.raises(SensorNotFoundError, match="no such port"), TriggerSources({"a": plain, "b": broken}) as sources:
        sources.start(lambda _: None)
    assert plain.done[-1] == broken.done[-1] == "stop"
    assert sources.why == {"b": "no such port"}


def test_no_source_is_as_good_as_many(reading: Reading) -> None:
    with TriggerSources({}) as sources:
        sources.start(lambda _: pytest.fail("triggered"))
        sources.hear(reading)
        sources.look(5)
    assert (sources.counters, sources.why) == ({}, {})


def test_two_timers_name_their_parts_apart() -> None:
    seen: list[Trigger] = []
    timers = {name: TimerSource(interval_s=0.1, clock=lambda: 0) for name in "ab"}
    with TriggerSources(timers) as sources:
        sources.start(seen.append)
        sources.look(S)
    assert len({trigger.part for trigger in seen}) == len(seen) == 20
