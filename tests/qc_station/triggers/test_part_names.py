import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc_station.triggers.part_names import LONGEST, PartNames, name_fault

NOON_NS = 1_795_262_466_000_000_000


def test_a_fresh_name_says_when_the_run_began_and_counts() -> None:
    names = PartNames(wall=lambda: NOON_NS, token=lambda: "3fa2")
    assert [names.fresh() for _ in range(2)] == ["20261121-120106-3fa2-000001", "20261121-120106-3fa2-000002"]


def test_two_runs_that_begin_in_the_same_second_share_no_name() -> None:
    tokens = iter(["3fa2", "07c1"])
    runs = [PartNames(wall=lambda: NOON_NS, token=lambda: next(tokens)) for _ in range(2)]
    assert runs[0].fresh() != runs[1].fresh()


def test_a_fresh_name_cannot_be_claimed_by_another_part() -> None:
    names = PartNames()
    assert not names.claim(names.fresh())


@given(st.text())
def test_a_name_is_allowed_if_it_can_be_printed_in_one_line(part: str) -> None:
    allowed = part.strip() == part and part.isprintable() and 0 < len(part) <= LONGEST
    assert (name_fault(part) is None) == allowed


@pytest.mark.parametrize("part", ["A17", "Teil 4/2", "部品-1"])
def test_ordinary_names_are_allowed(part: str) -> None:
    assert name_fault(part) is None


def test_a_name_that_was_given_back_may_be_claimed_again() -> None:
    names = PartNames()
    assert names.claim("A1")
    names.release("A1")
    names.release("never claimed")
    assert names.claim("A1")
    assert not names.claim("A1")
