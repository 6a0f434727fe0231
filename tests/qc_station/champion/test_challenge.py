"""Bundles on the same parts: exact bounds, and a difference that is more than chance."""

from pathlib import Path

import numpy as np
import pytest

from deploy.bundle import Manifest
from deploy.runtime import Runtime
from qc_station.champion.challenge import Answers, answers_of, challenge_of, compare, figures_of
from qc_station.champion.gates import failed_gates
from qc_station.figures.rates import rate
from qc_station.store import Store
from tests.told_bundle import CONFIG, GOOD_FIGURES, told_bundle, told_item

GOOD = np.array([True] * 6 + [False] * 6)


def answers(right: list[int], passed: list[int], rejected: list[int], total: int = 12) -> Answers:
    decisions = np.full(total, "REVIEW")
    decisions[passed], decisions[rejected] = "PASS", "REJECT"
    hits = np.zeros(total, np.bool_)
    hits[right] = True
    return Answers(right=hits, decisions=decisions)


def test_every_figure_has_its_own_parts_and_exact_bounds() -> None:
    found = figures_of(answers(right=[0, 1, 6], passed=[0, 1, 2, 6, 7], rejected=[3, 8, 9]), GOOD)
    assert found.rates == {
        "accuracy": rate(3, 12),
        "escape": rate(2, 6),
        "overkill": rate(1, 6),
        "review": rate(4, 12),
    }
    assert found.as_json()["escape"]["count"] == 2


def test_five_lost_and_none_won_is_chance_and_six_is_not() -> None:
    everything = answers(right=list(range(12)), passed=list(range(6)), rejected=list(range(6, 12)))
    for lost, worse in ((4, False), (6, True)):
        candidate = answers(right=list(range(12 - lost)), passed=list(range(6)), rejected=list(range(6, 12)))
        found = compare(candidate, everything, GOOD)
        assert (found.classes.only_first, found.classes.only_second) == (0, lost)
        assert bool(found.faults) is worse
        assert not compare(everything, candidate, GOOD).faults


def test_bad_parts_that_only_the_candidate_lets_pass_are_a_fault_of_their_own() -> None:
    champion = answers(right=[], passed=[], rejected=list(range(6, 12)))
    found = compare(answers(right=[], passed=list(range(6, 12)), rejected=[]), champion, GOOD)
    (fault,) = found.faults
    assert fault.startswith(
        "significantly worse than the champion in bad parts held back: 6 parts right by the champion"
    )


def test_a_bundle_answers_as_its_line_would_and_a_class_that_it_never_saw_is_wrong(tmp_path: Path) -> None:
    items = [told_item("a", "ok", "ok"), told_item("b", "crack", "leak"), told_item("c", "burr", "crack")]
    found = answers_of(Runtime(told_bundle(tmp_path, 0)), items)
    assert found.right.tolist() == [True, False, False]
    assert found.decisions.tolist() == ["PASS", "REJECT", "REJECT"]


def test_the_challenge_is_what_is_labelled_in_the_test_split(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        assert challenge_of(store).items == ()
        items = [told_item("a", "ok"), told_item("b", "crack"), told_item("c", "ok", split="train")]
        store.add_items(items, CONFIG.streams)
        found = challenge_of(store)
    assert (found.split, [item.name for item in found.items]) == ("test", ["a", "b"])
    assert found.good(("ok",)).tolist() == [True, False]


@pytest.mark.parametrize(
    ("figures", "words"),
    [
        (GOOD_FIGURES, None),
        ({"parity": {"max_abs_difference": 1e-7}, "floor": None}, None),
        ({}, "no parity record"),
        ({"parity": {}}, "no parity record"),
        ({"parity": {"max_abs_difference": 2e-5}}, "differs from its training by 2e-05; at most 1e-05"),
        ({"parity": {"max_abs_difference": float("nan")}}, "differs from its training by nan"),
        (GOOD_FIGURES | {"floor": {"beaten": False, "message": "the floor is better"}}, "the floor is better"),
    ],
)
def test_a_bundle_without_parity_or_below_the_floor_fails_its_gate(figures: dict, words: str | None) -> None:  # type: ignore[type-arg]
    manifest = Manifest(
        station="x", streams={}, tasks={}, outputs=(), ok_classes=(), costs={}, provenance={}, figures=figures
    )
    failed = failed_gates(manifest, None)
    assert (len(failed) == 1 and words in failed[0]) if words else failed == ()
