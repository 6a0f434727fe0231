import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc_station.align.trigger import Trigger
from qc_station.triggers.timer import TimerSource

S = 1_000_000_000


def timer(interval_s: float, begun_ns: int = 10 * S) -> TimerSource:
    return TimerSource(interval_s=interval_s, clock=lambda: begun_ns)


def test_triggers_have_their_own_time_however_seldom_one_looks() -> None:
    seen: list[Trigger] = []
    source = timer(0.5)
    source.start(seen.append)
    source.look(10 * S + S // 4)
    assert seen == []
    source.look(11 * S)
    assert [trigger.time_ns for trigger in seen] == [10 * S + S // 2, 11 * S]
    assert len({trigger.part for trigger in seen}) == 2
    assert source.counters == {"triggers": 2}


@given(interval_s=st.floats(0.01, 3.0), looks_ns=st.lists(st.integers(0, 5 * S), min_size=1))
def test_when_one_looks_changes_no_time(interval_s: float, looks_ns: list[int]) -> None:
    often: list[Trigger] = []
    once: list[Trigger] = []
    first, second = timer(interval_s, 0), timer(interval_s, 0)
    first.start(often.append)
    second.start(once.append)
    for now_ns in sorted(looks_ns):
        first.look(now_ns)
    second.look(max(looks_ns))
    assert [trigger.time_ns for trigger in often] == [trigger.time_ns for trigger in once]
    assert len(once) == max(looks_ns) // round(interval_s * 1e9)


def test_nothing_is_due_before_the_start_and_after_the_stop() -> None:
    seen: list[Trigger] = []
    source = timer(0.5)
    source.look(99 * S)
    source.start(seen.append)
    source.stop()
    source.stop()
    source.look(99 * S)
    assert seen == []


def test_a_timer_that_is_started_again_begins_anew_with_other_names() -> None:
    seen: list[Trigger] = []
    source = timer(1.0)
    for _ in range(2):
        source.start(seen.append)
        source.look(11 * S)
        source.stop()
    assert [trigger.time_ns for trigger in seen] == [11 * S, 11 * S]
    assert seen[0].part != seen[1].part


@pytest.mark.parametrize("interval_s", [0.0, -1.0, math.inf, math.nan, 1e9])
def test_an_interval_out_of_range_is_refused(interval_s: float) -> None:
    with pytest.raises(ValueError, match=r"interval_s = .*; allowed: 0\.001 to 604800 seconds"):
        timer(interval_s)
