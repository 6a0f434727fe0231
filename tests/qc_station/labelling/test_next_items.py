"""The least certain first, every class in its turn, and never ten windows of one recording."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc_station.labelling.next_items import NOVEL, Pick, next_items

CLASSES = ("ok", "crack", "leak")


def rows(*pairs: tuple[int, float]) -> np.ndarray:
    """Items by class and margin; the second place is always the next class."""
    table = np.zeros((len(pairs), 3))
    for row, (first, margin) in zip(table, pairs, strict=True):
        row[first], row[(first + 1) % 3] = (1 + margin) / 2, (1 - margin) / 2
    return table


def chosen(table: np.ndarray, count: int, groups: list[str] | None = None, **options: object) -> list[int]:
    names = groups or [f"g{n}" for n in range(len(table))]
    return [pick.row for pick in next_items(table, CLASSES, count=count, groups=names, **options)]  # type: ignore[arg-type]


def test_the_smallest_margin_comes_first() -> None:
    assert chosen(rows((0, 0.5), (0, 0.1), (0, 0.9), (0, 0.3)), 3) == [1, 3, 0]


def test_classes_take_turns_whatever_their_margins() -> None:
    table = rows((0, 0.01), (0, 0.02), (0, 0.03), (1, 0.8), (2, 0.9), (0, 0.04))
    assert chosen(table, 3) == [0, 3, 4]
    # What crack and leak have not left goes to ok.
    assert chosen(table, 6) == [0, 3, 4, 1, 2, 5]


def test_a_group_is_asked_about_again_only_when_the_others_were() -> None:
    table = rows((0, 0.0), (0, 0.1), (0, 0.2), (0, 0.6), (0, 0.7))
    assert chosen(table, 5, groups=["a", "a", "a", "b", "c"]) == [0, 3, 4, 1, 2]


def test_a_recording_is_asked_about_once() -> None:
    table = rows(*[(n % 3, 0.01 * n) for n in range(10)])
    assert chosen(table, 10, recordings=["long"] * 9 + ["short"]) == [0, 9]


def test_an_item_unlike_all_that_was_learnt_has_a_turn_of_its_own() -> None:
    table = rows((0, 0.1), (0, 1.0), (0, 0.2), (0, 1.0))
    novelty = np.array([0.5, 0.004, np.nan, 0.001])
    picks = next_items(table, CLASSES, count=3, groups=list("abcd"), novelty=novelty)
    assert [(pick.row, pick.turn) for pick in picks] == [(3, "novel"), (0, "ok"), (1, "novel")]
    assert picks[0].reason == "unlike what was learnt: p = 0.001"


def test_items_that_nobody_scored_have_their_turn_spread_over_groups() -> None:
    table = rows((0, 0.1), (0, 0.2), (0, 0.3), (0, 0.4))
    table[[1, 2, 3]] = np.nan
    assert chosen(table, 4, groups=["a", "b", "b", "c"]) == [0, 1, 3, 2]
    (_, pick, *_) = next_items(table, CLASSES, count=4, groups=["a", "b", "b", "c"])
    assert (pick.turn, pick.reason) == ("not scored", "nobody has scored it yet")


def test_the_reason_names_the_two_classes_and_the_margin() -> None:
    (pick,) = next_items(np.array([[0.45, 0.48, 0.07]]), CLASSES, count=1, groups=["g"])
    assert pick == Pick(
        row=0, turn="crack", doubt=pytest.approx(0.03), reason="crack 0.48 or ok 0.45: a margin of 0.03"
    )


def test_a_station_of_no_class_or_one_still_gets_an_answer() -> None:
    (pick,) = next_items(np.zeros((1, 0)), (), count=3, groups=["g"])
    assert pick.turn == "not scored"
    (pick,) = next_items(np.ones((1, 1)), ("ok",), count=3, groups=["g"])
    assert (pick.doubt, pick.reason) == (1.0, "ok 1.00: a margin of 1.00")
    assert next_items(np.zeros((0, 3)), CLASSES, count=3, groups=[]) == []
    assert next_items(rows((0, 0.1)), CLASSES, count=0, groups=["g"]) == []


tables = st.integers(1, 25).flatmap(
    lambda size: st.tuples(
        st.lists(st.tuples(st.integers(0, 2), st.floats(0, 1)), min_size=size, max_size=size),
        st.lists(st.integers(0, 4), min_size=size, max_size=size),
        st.lists(st.integers(0, 8), min_size=size, max_size=size),
        st.lists(st.sampled_from([0.001, 0.2, np.nan]), min_size=size, max_size=size),
    )
)


@given(tables, st.integers(1, 30))
def test_picks_are_distinct_recordings_and_no_class_gets_two_more_than_another_that_has_some_left(
    given_items: tuple[list[tuple[int, float]], list[int], list[int], list[float]], count: int
) -> None:
    pairs, groups, recordings, novelty = given_items
    names = [f"r{n}" for n in recordings]
    table = rows(*pairs)
    picks = next_items(
        table, CLASSES, count=count, groups=[f"g{n}" for n in groups], recordings=names, novelty=np.array(novelty)
    )
    taken = [names[pick.row] for pick in picks]
    assert len(set(taken)) == len(taken) == min(count, len(set(names)))
    turn = ["novel" if p < NOVEL else CLASSES[int(np.argmax(row))] for p, row in zip(novelty, table, strict=True)]
    assert [turn[pick.row] for pick in picks] == [pick.turn for pick in picks]
    left = {turn[n] for n in range(len(pairs)) if names[n] not in taken}
    numbers = {name: sum(pick.turn == name for pick in picks) for name in {*turn}}
    for name in left:
        assert numbers[name] >= max(numbers.values()) - 1
