"""A trivial number that knows the label is told; one that does not, or may, is not."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from qc_station.audit.facts import Fact, clipping, level
from qc_station.audit.material import File
from qc_station.audit.shortcuts import Prediction, predicted, predictions, shortcut_findings
from qc_station.items import Item
from tests.qc_station.audit.scene import clean, material, with_window

Plant = Callable[[list[Item], int], None]


def planted(change: Plant, stream: str = "acoustic") -> list[Item]:
    """Every bad part is changed."""
    items = clean((stream,))
    for number, one in enumerate(list(items)):
        if one.labels["label"] == "bad":
            change(items, number)
    return items


def told(items: list[Item], **more: object) -> list[str]:
    findings = shortcut_findings(predictions(material(items, **more)))
    return [finding.what.partition(" alone")[0] for finding in findings]


def louder(items: list[Item], number: int) -> None:
    with_window(items, number, "acoustic", items[number].windows["acoustic"] * np.int16(3))


def clipped(items: list[Item], number: int) -> None:
    sound = items[number].windows["acoustic"]
    with_window(items, number, "acoustic", np.clip(sound, -2500, 2500))


def test_a_clean_set_has_no_shortcut() -> None:
    assert told(clean()) == []


def test_a_level_that_tells_the_class_is_told() -> None:
    assert told(planted(louder)) == ["acoustic: level"]


def test_clipping_that_tells_the_class_is_told() -> None:
    assert "acoustic: clipping" in told(planted(clipped))


def test_a_size_or_a_length_that_tells_the_class_is_told() -> None:
    items = clean(("acoustic",))
    random = np.random.default_rng(1)
    files = {
        one.name: {
            "acoustic": File(
                bytes=1000 + 200 * (one.labels["label"] == "bad") + int(random.integers(0, 50)),
                length=400 if one.labels["label"] == "bad" else 500,
            )
        }
        for one in items
    }
    assert told(items, files=files) == ["acoustic: file size", "acoustic: length"]


def test_an_order_that_tells_the_class_is_told() -> None:
    items = sorted(clean(("acoustic",)), key=lambda one: one.labels["label"])
    # Every group has one class and its place in the file.
    items = [replace(one, group=f"g{number // 3}") for number, one in enumerate(items)]
    assert told(items) == ["order"]


def test_test_items_are_never_looked_at() -> None:
    def only_test(items: list[Item], number: int) -> None:
        if items[number].split == "test":
            louder(items, number)

    plain, changed = (predictions(material(items)) for items in (clean(("acoustic",)), planted(only_test)))
    assert plain == changed
    assert {one.items for one in plain} == {120}


def test_the_streams_own_label_is_predicted_where_there_is_one() -> None:
    items = [replace(one, labels=one.labels | {"label.acoustic": one.labels["label"]}) for one in planted(louder)]
    columns = {(one.fact, one.column) for one in predictions(material(items))}
    assert columns >= {("level", "label.acoustic"), ("order", "label")}


def test_a_number_that_is_low_and_high_for_bad_parts_is_seen_through() -> None:
    items = clean(("enose",))
    random = np.random.default_rng(2)
    bad = np.array([one.labels["label"] == "bad" for one in items])
    values = np.where(bad, random.choice([-1.0, 1.0], len(items)), 0.0) + 0.1 * random.standard_normal(len(items))
    found = predicted(Fact(name="level", stream="enose", values=values), items, "label", ("ok",))
    assert found is not None
    assert found.lower > 0.9


def test_what_a_group_knows_is_no_prediction() -> None:
    # A number of each group, drawn at random, says nothing about another group.
    items = clean(("enose",))
    random = np.random.default_rng(3)
    items = [replace(one, labels={"label": "bad" if int(one.group[1:]) % 2 else "ok"}) for one in items]
    own = {one.group: random.random() for one in items}
    values = np.array([own[one.group] for one in items])
    found = predicted(Fact(name="order", stream=None, values=values), items, "label", ("ok",))
    assert found is not None
    assert found.lower < 0.6


@pytest.mark.parametrize("case", ["few items", "seven groups", "one class", "one value", "no value"])
def test_where_there_is_too_little_nothing_is_said(case: str) -> None:
    items = clean(("enose",))
    values = np.arange(len(items), dtype=np.float64)
    if case == "few items":
        items, values = items[:19], values[:19]
    if case == "seven groups":
        items = [replace(one, group=f"g{number % 7}") for number, one in enumerate(items)]
    if case == "one class":
        items = [replace(one, labels={"label": "ok"}) for one in items]
    if case == "one value":
        values = np.ones(len(items))
    if case == "no value":
        values = np.full(len(items), np.nan)
    assert predicted(Fact(name="order", stream=None, values=values), items, "label", ("ok",)) is None


def test_only_what_is_sure_is_told() -> None:
    one = Prediction(fact="level", stream="s", column="label", auc=0.9, lower=0.74, upper=1.0, items=30)
    assert list(shortcut_findings([one])) == []
    (finding,) = shortcut_findings([replace(one, lower=0.76)])
    assert finding.what == "s: level alone predicts label on held-out groups: AUC 0.90 (0.76 to 1.00, 30 items)"


def test_the_meters() -> None:
    assert level(np.array([[3, -3, 3, -3]], np.int16)) == 3
    assert level(np.full((1, 2, 2), 7, np.uint8)) == 7
    assert clipping(np.array([[1, 2, 3, 9, 9, 9]], np.int16)) == pytest.approx(2 / 6)
    assert clipping(np.full((1, 9), 4.0)) == 0
    assert clipping(np.array([[1.0, 5.0, 2.0]])) == 0
