"""A live line on which the inspection of a part fails goes on with the others."""

from collections.abc import Callable

import pytest

from qc_station.align.snapshot import Snapshot
from qc_station.errors import StoreError
from qc_station.line.inspection import Inspected, Inspector
from qc_station.store import Store
from tests.qc_station.line.live_line import Line, floor


class Failing:
    """Fails at one part, as a bug in scoring would."""

    def __init__(self, inspect: Callable[[Snapshot], Inspected], part: str) -> None:
        self.inspect, self.part = inspect, part

    def __call__(self, snapshot: Snapshot) -> Inspected:
        if snapshot.part == self.part:
            raise RuntimeError("a bug")
        return self.inspect(snapshot)


def test_a_part_at_which_the_inspector_fails_takes_none_that_settled_with_it_and_has_a_row_that_says_why(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    with line.live:
        monkeypatch.setattr(Inspector, "inspect", Failing(line.live._inspector.inspect, "p100"))
        line.run(floor()[2:], (100, 100.001, 400))
        line.found += line.live.finish()
    assert [one.part for one in line.found] == ["p100.001", "p400"]
    assert list(line.live.failures) == ["part p100: RuntimeError: a bug; it is left undecided"]
    assert line.live.counts == {"REVIEW": 2, "UNDECIDED": 1}
    with Store.open(line.folder) as store:
        assert store.open_parts() == []
        with pytest.raises(StoreError, match="part 'p100' was left undecided: RuntimeError: a bug"):
            store.leave_undecided("p100", "again")


def test_where_not_even_the_row_can_be_written_the_others_are_decided_before_the_error_ends_the_line(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise StoreError("the disk is full")

    with line.live:
        monkeypatch.setattr(Inspector, "inspect", Failing(line.live._inspector.inspect, "p100"))
        monkeypatch.setattr(line.live._store, "leave_undecided", refuse)
        with pytest.raises(StoreError, match="the disk is full"):
            line.run(floor()[2:], (100, 100.001))
    assert line.live.counts["REVIEW"] == 1
    assert line.kept().keys() == {"p100.001"}
