"""A clean set gives nothing to say; what is planted is found, with its severity and its items."""

import json
from dataclasses import replace

import numpy as np
import pytest

from qc_station.audit.audit import audit
from qc_station.audit.finding import Finding, Severity
from qc_station.items import Item
from tests.qc_station.audit.scene import clean, first_of, material, with_window


def found(items: list[Item]) -> list[Finding]:
    return list(audit(material(items)).findings)


def test_a_clean_set_gives_nothing_to_say() -> None:
    result = audit(material(clean()))
    assert [finding.what for finding in result.findings] == []
    assert result.passed
    assert result.streams == {"acoustic+thermal+enose": 150}
    assert result.pairs["acoustic+enose"] == 150
    assert set(result.counts["label"]) == {"ok", "bad"}
    assert sum(result.counts["label"]["ok"].values()) + sum(result.counts["label"]["bad"].values()) == 150
    assert [lesson.streams for lesson in result.lessons][-1] == ("acoustic", "thermal", "enose")
    assert all(lesson.auc is not None and lesson.auc > 0.8 for lesson in result.lessons)
    assert json.loads(json.dumps(result.as_json()))["passed"] is True


def test_all_that_is_planted_at_once_is_found_and_faults_come_first() -> None:
    items = clean()
    train, test = first_of(items, "train", "ok"), first_of(items, "test", "ok")
    with_window(items, test, "thermal", items[train].windows["thermal"])
    with_window(items, first_of(items, "val"), "enose", np.full((3, 8), 2.0, np.float32))
    items[first_of(items, "val", after=100)] = replace(items[first_of(items, "val", after=100)], labels={})
    result = audit(material(items))
    assert [finding.severity for finding in result.findings] == [Severity.FAULT, Severity.WARNING, Severity.NOTE]
    assert [finding.kind for finding in result.findings] == ["leakage", "blank", "label"]
    assert not result.passed
    assert all(finding.advice for finding in result.findings)


@pytest.mark.parametrize("stream", ["acoustic", "thermal", "enose"])
def test_the_same_window_in_two_splits_is_a_fault(stream: str) -> None:
    items = clean((stream,))
    train, test = first_of(items, "train", "ok"), first_of(items, "test", "ok")
    with_window(items, test, stream, items[train].windows[stream])
    (finding,) = found(items)
    assert (finding.severity, finding.kind) == (Severity.FAULT, "leakage")
    assert finding.what == f"{stream}: 2 items have the same window, bit for bit, in test and train"
    assert finding.items == (items[train].name, items[test].name)


def test_the_same_window_in_one_split_is_a_warning_and_within_a_group_nothing() -> None:
    items = clean(("thermal",))
    one, other = first_of(items, "train", "ok"), first_of(items, "train", "ok", after=30)
    with_window(items, other, "thermal", items[one].windows["thermal"])
    (finding,) = found(items)
    assert (finding.severity, finding.kind) == (Severity.WARNING, "duplicate")
    items[other] = replace(items[other], group=items[one].group)
    assert found(items) == []


def test_one_window_under_two_labels_is_a_fault() -> None:
    items = clean(("acoustic",))
    one, other = first_of(items, "train", "ok"), first_of(items, "train", "bad")
    with_window(items, other, "acoustic", items[one].windows["acoustic"])
    items[other] = replace(items[other], group=items[one].group)
    (finding,) = found(items)
    assert (finding.severity, finding.kind) == (Severity.FAULT, "contradiction")
    assert finding.what.endswith("are labelled bad and ok")


def test_a_part_is_contradicted_only_where_all_of_its_streams_are_the_same() -> None:
    items = clean(("thermal", "enose"))
    one, other = first_of(items, "train", "ok"), first_of(items, "train", "bad")
    items[other] = replace(items[other], group=items[one].group)
    with_window(items, other, "thermal", items[one].windows["thermal"])
    assert found(items) == []
    with_window(items, other, "enose", items[one].windows["enose"])
    (finding,) = found(items)
    assert finding.what == "2 parts have the same windows in every stream, and are labelled bad and ok"


def test_a_streams_own_labels_contradict_each_other_whatever_the_part_is() -> None:
    items = clean(("thermal", "enose"))
    items = [replace(one, labels=one.labels | {"label.thermal": one.labels["label"]}) for one in items]
    one, other = first_of(items, "train", "ok"), first_of(items, "train", "bad")
    with_window(items, other, "thermal", items[one].windows["thermal"])
    items[other] = replace(items[other], group=items[one].group)
    (finding,) = found(items)
    assert (finding.kind, finding.severity) == ("contradiction", Severity.FAULT)


def test_windows_in_which_there_is_nothing_are_told_and_are_no_duplicates() -> None:
    items = clean(("acoustic",))
    planted = [first_of(items, "train"), first_of(items, "val"), first_of(items, "test")]
    for number in planted:
        with_window(items, number, "acoustic", np.zeros((1, 400), np.int16))
    (finding,) = found(items)
    assert (finding.severity, finding.kind) == (Severity.WARNING, "blank")
    assert finding.items == tuple(items[number].name for number in planted)
