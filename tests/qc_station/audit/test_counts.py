"""What there is too little of is told, by class, split and stream."""

from dataclasses import replace

from qc_station.audit.counts import class_counts, count_findings
from qc_station.audit.overlap import overlap_findings, pair_counts, stream_sets
from qc_station.items import Item
from tests.qc_station.audit.scene import clean, material


def told(items: list[Item]) -> list[tuple[str, str]]:
    one = material(items)
    findings = [*count_findings(one, class_counts(one)), *overlap_findings(one)]
    return [(finding.severity.value, finding.what) for finding in findings]


def without(items: list[Item], stream: str, *splits: str) -> list[Item]:
    return [
        replace(one, windows={n: w for n, w in one.windows.items() if n != stream}) if one.split in splits else one
        for one in items
    ]


def test_a_clean_set_has_enough_of_everything() -> None:
    assert told(clean()) == []


def test_a_rare_class_is_named_with_its_items() -> None:
    items = clean()
    items[0] = replace(items[0], labels={"label": "odd"})
    one = material(items)
    found = list(count_findings(one, class_counts(one)))
    assert [(finding.severity.value, finding.what) for finding in found] == [
        ("warning", "label: 1 training items of class 'odd'"),
        ("warning", "label: no val item of class 'odd'"),
        ("warning", "label: no test item of class 'odd'"),
    ]
    assert found[0].items == (items[0].name,)


def test_a_class_of_one_session_is_told() -> None:
    items = [
        replace(one, group="lot 7") if one.labels["label"] == "bad" and one.split == "train" else one for one in clean()
    ]
    count = sum(one.group == "lot 7" for one in items)
    assert told(items) == [("warning", f"label: the {count} training items of class 'bad' come from 1 group(s)")]


def test_missing_splits_and_labels_are_noted() -> None:
    items = [replace(one, split="train") for one in clean()]
    items[3] = replace(items[3], labels={})
    assert told(items) == [
        ("note", "no item in val"),
        ("note", "no item in test"),
        ("note", "1 of 150 items have no label"),
    ]


def test_items_without_a_split_are_learnt_from() -> None:
    assert told([replace(one, split=None if one.split != "test" else "test") for one in clean()]) == []


def test_one_class_alone_teaches_nothing() -> None:
    items = [replace(one, labels={"label": "ok"}) for one in clean()]
    assert ("warning", "label: every item is 'ok'") in told(items)


def test_a_stream_that_a_side_lacks_is_told() -> None:
    assert told(without(clean(), "enose", "train")) == [("warning", "enose: no item of training has this stream")]
    assert told(without(clean(), "enose", "val", "test")) == [
        ("warning", "enose: no item of val and test has this stream")
    ]


def test_streams_that_are_never_together_are_told() -> None:
    items = clean(("acoustic", "enose"))
    items = [
        replace(one, windows={name: one.windows[name] for name in (["acoustic"] if n % 2 else ["enose"])})
        for n, one in enumerate(items)
    ]
    assert told(items) == [("warning", "acoustic and enose: no training item has both")]
    one = material(items)
    assert stream_sets(one) == {"enose": 75, "acoustic": 75}
    assert pair_counts(one) == {"acoustic": 75, "enose": 75, "acoustic+enose": 0}
