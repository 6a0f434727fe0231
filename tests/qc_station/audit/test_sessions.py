"""A session that knows the class is told; groups that are one part each, or mixed, are no fault."""

from dataclasses import replace

import numpy as np
import pytest

from qc_station.audit.audit import audit
from qc_station.audit.finding import Finding, Severity
from qc_station.audit.sessions import session_findings
from qc_station.items import Item, Split
from tests.qc_station.audit.scene import clean, material


def part(number: int, group: int, label: str, split: Split = "train", name: str = "") -> Item:
    return Item(name=name or f"p{number:03d}", group=f"lot {group}", split=split, windows={}, labels={"label": label})


def parts(groups: int, size: int, classes: tuple[str, ...] = ("ok", "bad")) -> list[Item]:
    """Each lot has one class, and the lots take turns."""
    return [part(n, n // size, classes[n // size % len(classes)]) for n in range(groups * size)]


def told(items: list[Item]) -> list[Finding]:
    return list(session_findings(material(items)))


def test_lots_of_one_class_each_are_a_shortcut_said_in_words_and_counts() -> None:
    (finding,) = told(parts(8, 15))
    assert (finding.severity, finding.kind) == (Severity.WARNING, "shortcut")
    words, _, chance = finding.what.rpartition(", ")
    assert words == (
        "every group has one class: 8 groups, of 15 recordings as a rule, 4 with 'bad'; "
        "the group (lot, session) alone tells label of 120 of 120 recordings"
    )
    assert 60 < int(chance.partition(" ")[0]) < 85
    assert chance.endswith(" by chance")
    assert "several classes in each session" in finding.advice


def test_two_sessions_are_enough_where_each_has_its_own_class() -> None:
    assert [finding.severity for finding in told(parts(2, 12))] == [Severity.WARNING]


def test_a_few_parts_of_another_class_in_a_lot_do_not_hide_it() -> None:
    items = parts(8, 15)
    items[3], items[40] = (replace(items[n], labels={"label": "bad"}) for n in (3, 40))
    (finding,) = told(items)
    assert finding.what.startswith("6 of 8 groups have one class, of 15 recordings as a rule")


def test_one_class_with_lots_of_its_own_is_named_where_the_others_are_mixed() -> None:
    random = np.random.default_rng(1)
    items = [part(n, n // 15, str(random.choice(["ok", "burr"]))) for n in range(120)]
    items += [part(200 + n, 20 + n // 15, "crack") for n in range(30)]
    (finding,) = told(items)
    assert finding.what.startswith("10 of 10 groups have 'crack' alone or not at all")
    assert "tells whether label is 'crack' of 150 of 150" in finding.what


def test_groups_of_a_few_shots_of_one_part_are_a_note_and_no_fault() -> None:
    (finding,) = told(parts(40, 3))
    assert (finding.severity, finding.kind) == (Severity.NOTE, "session")
    assert finding.what.startswith("every group has one class: 40 groups, of 3 recordings as a rule")
    assert "as it should be where a group is one part" in finding.advice


def test_many_lots_of_every_class_are_a_note_since_they_have_little_in_common_but_the_class() -> None:
    assert [finding.severity for finding in told(parts(16, 15))] == [Severity.NOTE]
    assert [finding.severity for finding in told(parts(14, 15))] == [Severity.WARNING]


def test_lots_of_all_classes_are_nothing_to_speak_of() -> None:
    random = np.random.default_rng(2)
    assert told([part(n, n // 15, str(random.choice(["ok", "bad"], p=[0.9, 0.1]))) for n in range(300)]) == []
    assert told(clean()) == []


def test_windows_of_one_recording_count_once_since_they_have_one_class_by_construction() -> None:
    items = [part(n, n // 12, ("ok", "bad")[n // 12 % 2], name=f"long{n // 12}#{n % 12}") for n in range(120)]
    assert told(items) == []


@pytest.mark.parametrize("case", ["few", "alone", "one class", "test"])
def test_where_there_is_too_little_nothing_is_said(case: str) -> None:
    items = parts(8, 15)
    if case == "few":
        items = parts(2, 9)
    if case == "alone":
        items = parts(120, 1)
    if case == "one class":
        items = parts(8, 15, ("ok",))
    if case == "test":
        items = [replace(one, split="test") for one in items]
    assert told(items) == []


def test_a_class_of_one_small_lot_is_too_little_to_be_told() -> None:
    random = np.random.default_rng(3)
    items = [part(n, n // 15, str(random.choice(["ok", "burr"]))) for n in range(120)]
    assert told([*items, *(part(200 + n, 20, "crack") for n in range(9))]) == []


def test_without_a_label_of_the_part_those_of_the_streams_are_looked_at() -> None:
    items = [replace(one, labels={"label.enose": one.labels["label"]}) for one in parts(8, 15)]
    (finding,) = told(items)
    assert "tells label.enose of 120 of 120" in finding.what


def test_the_audit_says_it_where_no_number_gives_it_away() -> None:
    # Each lot of fifteen keeps its parts and gets one class; level, size and order stay innocent.
    items = [part(n, n // 15, ("ok", "bad")[n // 15 % 2]) for n in range(150)]
    own = {("ok", "bad")[bad]: [i for i in clean() if (i.labels["label"] == "bad") == bad] for bad in (False, True)}
    taken = {label: iter(found * 3) for label, found in own.items()}
    items = [replace(one, windows=next(taken[one.labels["label"]]).windows) for one in items]
    found = [f for f in audit(material(items)).findings if f.kind in ("shortcut", "session")]
    assert [f.what.partition(":")[0] for f in found] == ["every group has one class"]
