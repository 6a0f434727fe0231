"""Who is champion, who was before, and that the file says nothing else than what was done."""

from itertools import count
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc_station.champion.record import FILE, Champions, Reign, champion_folder, crown, read_champions, step_back
from qc_station.errors import ChampionError

A, B, C = ("a" * 64, "b" * 64, "c" * 64)


def test_a_station_without_a_promotion_has_no_champion(tmp_path: Path) -> None:
    assert read_champions(tmp_path).champion is None
    assert champion_folder(tmp_path) is None


def test_what_was_promoted_last_is_champion_with_who_why_and_since_when(tmp_path: Path) -> None:
    ticks = count(1000)
    crown(tmp_path, A, who="ann", why="first", clock=lambda: next(ticks))
    crown(tmp_path, B, who="bob", why="better", despite=("floor not beaten",), clock=lambda: next(ticks))
    found = read_champions(tmp_path)
    assert found.champion == Reign(
        act="promoted", bundle=B, since_ns=1001, who="bob", why="better", despite=("floor not beaten",)
    )
    assert [reign.bundle for reign in found.history] == [A, B]
    assert champion_folder(tmp_path) == tmp_path / "bundles" / B[:12]


def test_rolling_back_twice_leads_to_the_one_before_the_one_before(tmp_path: Path) -> None:
    for bundle in (A, B, C):
        crown(tmp_path, bundle, who="ann", why="")
    for expected in (B, A):
        found = step_back(tmp_path, who="ann", why="too many rejects")
        assert found.champion is not None
        assert found.champion.bundle == expected
    assert len(read_champions(tmp_path).history) == 5
    with pytest.raises(ChampionError, match="nothing to roll back to: 1 champion"):
        step_back(tmp_path, who="ann", why="")


def test_what_was_rolled_back_is_not_returned_to(tmp_path: Path) -> None:
    crown(tmp_path, A, who="ann", why="")
    crown(tmp_path, B, who="ann", why="")
    step_back(tmp_path, who="ann", why="")
    crown(tmp_path, C, who="ann", why="")
    found = step_back(tmp_path, who="ann", why="")
    assert found.champion is not None
    assert found.champion.bundle == A


def test_the_champion_cannot_be_promoted_again(tmp_path: Path) -> None:
    crown(tmp_path, A, who="ann", why="")
    with pytest.raises(ChampionError, match="is the champion already"):
        crown(tmp_path, A, who="ann", why="")
    assert len(read_champions(tmp_path).history) == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "cannot be read"),
        ('{"format": 2, "history": []}', "format 2; this program reads 1"),
        (
            '{"history": [{"act": "rolled back", "bundle": "a", "since_ns": 0, "who": "x", "why": ""}]}',
            "entry 0 rolls back to nothing",
        ),
    ],
)
def test_a_record_that_cannot_serve_is_refused_and_not_overwritten(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / FILE).write_text(text)
    with pytest.raises(ChampionError, match=words):
        crown(tmp_path, A, who="ann", why="")
    assert (tmp_path / FILE).read_text() == text


@given(st.lists(st.sampled_from(["promote", "back"]), max_size=12))
def test_the_champion_is_what_a_stack_of_all_acts_has_on_top(acts: list[str]) -> None:
    stack: list[str] = []
    history: list[Reign] = []
    for number, act in enumerate(acts):
        if act == "promote":
            stack.append(f"{number:064d}")
        elif len(stack) > 1:
            stack.pop()
        else:
            continue
        done = "promoted" if act == "promote" else "rolled back"
        history.append(Reign(act=done, bundle=stack[-1], since_ns=0, who="", why=""))  # type: ignore[arg-type]
    champion = Champions(history=tuple(history)).champion
    assert (champion.bundle if champion else None) == (stack[-1] if stack else None)
