"""The floor's figures of each stream and pair, from training and validation items alone."""

from dataclasses import replace

import numpy as np

from qc_station.audit.teaching import Lesson, lesson_findings, lessons
from tests.qc_station.audit.scene import clean, material, with_window


def test_every_stream_every_pair_and_all_are_measured_on_validation_items() -> None:
    found = lessons(material(clean()))
    assert [lesson.streams for lesson in found] == [
        ("acoustic",),
        ("thermal",),
        ("enose",),
        ("acoustic", "thermal"),
        ("acoustic", "enose"),
        ("thermal", "enose"),
        ("acoustic", "thermal", "enose"),
    ]
    assert {(lesson.column, lesson.items) for lesson in found} == {("label", 30)}
    assert all(lesson.auc is not None and lesson.lower is not None for lesson in found)
    assert all(lesson.lower <= lesson.auc <= lesson.upper for lesson in found)  # type: ignore[operator]


def test_a_streams_own_label_is_taught_by_that_stream_alone() -> None:
    items = [
        replace(one, labels=one.labels | {"label.enose": one.labels["label"]}) for one in clean(("thermal", "enose"))
    ]
    found = [lesson.streams for lesson in lessons(material(items)) if lesson.column == "label.enose"]
    assert found == [("enose",)]


def test_what_test_items_hold_changes_nothing() -> None:
    items = clean(("enose",))
    before = lessons(material(items))
    for number, one in enumerate(list(items)):
        if one.split == "test":
            with_window(items, number, "enose", np.zeros((3, 8), np.float32))
    assert lessons(material(items)) == before


def test_items_that_lack_a_stream_are_left_out_of_its_figures() -> None:
    items = clean(("thermal", "enose"))
    items = [
        replace(one, windows={"enose": one.windows["enose"]}) if n % 2 and one.split == "val" else one
        for n, one in enumerate(items)
    ]
    assert {lesson.streams: lesson.items for lesson in lessons(material(items))} == {
        ("thermal",): 15,
        ("enose",): 30,
        ("thermal", "enose"): 15,
    }


def test_a_stream_that_teaches_nothing_is_noted() -> None:
    items = clean(("thermal", "enose"))
    random = np.random.default_rng(5)
    for copy in range(1, 12):
        items += [replace(one, name=f"{one.name}-{copy}", group=f"{one.group}-{copy}") for one in items[:150]]
    for number in range(len(items)):
        with_window(items, number, "thermal", random.integers(0, 99, (1, 24, 20)).astype(np.uint16))
    found = list(lesson_findings(lessons(material(items))))
    assert [finding.what.partition(":")[0] for finding in found] == [
        "thermal alone teaches the floor next to nothing about label"
    ]


def test_a_stream_is_judged_by_its_own_label_where_it_has_one() -> None:
    one = Lesson(
        column="label", streams=("enose",), items=90, accuracy=0.5, auc=0.5, lower=0.4, upper=0.6, log_loss=0.7
    )
    own = replace(one, column="label.enose", auc=0.9, lower=0.8, upper=1.0)
    assert len(list(lesson_findings([one]))) == 1
    assert list(lesson_findings([one, own])) == []
    assert len(list(lesson_findings([own, replace(one, column="label.enose")]))) == 1


def test_few_groups_give_no_bounds() -> None:
    items = [replace(one, group=f"{one.split}{n % 7}") for n, one in enumerate(clean(("enose",)))]
    (lesson,) = lessons(material(items))
    assert lesson.auc is not None
    assert lesson.lower is None


def test_too_few_items_teach_nothing() -> None:
    assert lessons(material(clean()[:6])) == []
