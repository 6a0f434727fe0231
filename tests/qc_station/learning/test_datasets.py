"""Items into splits, tasks and arrays."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from models.injection import ABSENT
from qc_station.config.station import StationConfig, StreamConfig
from qc_station.errors import ConfigError
from qc_station.items import Item, Split
from qc_station.learning.datasets import as_dataset, find_tasks, input_spec, split_items

STREAMS = {
    "enose": StreamConfig(kind="series", channels=("a", "b"), window_steps=4),
    "thermal": StreamConfig(kind="image", dtype="uint8", height=3, width=2),
}
CONFIG = StationConfig(name="s", streams=STREAMS)


def item(number: int, label: str = "ok", group: str | None = None, split: Split | None = None, **labels: str) -> Item:
    windows = {"enose": np.full((2, 4), number, np.float32), "thermal": np.full((1, 3, 2), number, np.uint8)}
    texts = ({"label": label} if label else {}) | labels
    return Item(name=f"p{number}", group=group or f"g{number}", split=split, windows=windows, labels=texts)


def test_a_recorded_split_is_kept_and_test_items_are_left_out() -> None:
    splits: list[Split | None] = ["train"] * 9 + ["val"] * 2 + ["test"] * 3 + [None]
    found = split_items([item(n, split=s) for n, s in enumerate(splits)])
    assert [i.name for i in found.val] == ["p9", "p10"]
    assert len(found.train) == 10
    assert not {f"p{n}" for n in (11, 12, 13)} & {i.name for i in (*found.train, *found.val)}
    assert found.origin == "as recorded"


GROUPS = st.lists(st.tuples(st.integers(0, 14), st.sampled_from(["ok", "crack", ""])), min_size=60, max_size=90)


@given(GROUPS)
def test_no_group_ever_stands_on_both_sides_and_no_item_is_lost_but_those_that_nobody_labelled(
    rows: list[tuple[int, str]],
) -> None:
    items = [item(n, label, group=f"lot{group}") for n, (group, label) in enumerate(rows)]
    try:
        found = split_items(items)
    except ConfigError:
        assume(False)
    assert not {i.group for i in found.train} & {i.group for i in found.val}
    assert Counter(i.name for i in (*found.train, *found.val)) == Counter(i.name for i in items if i.labels)


def test_a_fifth_of_the_groups_of_each_class_is_held_back() -> None:
    found = split_items([item(n, "crack" if n % 4 == 0 else "ok") for n in range(80)])
    assert Counter(i.labels["label"] for i in found.val) == {"ok": 12, "crack": 4}
    assert "20% of the training groups" in found.origin


def test_the_border_does_not_move_with_the_order_of_the_items() -> None:
    items = [item(n) for n in range(40)]
    assert {i.name for i in split_items(items).val} == {i.name for i in split_items(items[::-1]).val}


@pytest.mark.parametrize(
    "items",
    [[], [item(n) for n in range(7)], [item(n, group="one lot") for n in range(50)], [item(1, split="test")] * 20],
    ids=["none", "seven", "one group", "test only"],
)
def test_too_few_items_are_refused_with_how_many_are_needed(items: list[Item]) -> None:
    with pytest.raises(ConfigError, match="validation items; at least 8 and 1, in different groups, are needed"):
        split_items(items)


def test_tasks_are_found_in_columns_of_this_stations_streams() -> None:
    items = [
        item(n, ("ok", "bad")[n % 2], **{"label.enose": "ab"[n % 2], "label.removed": "xy"[n % 2], "severity": str(n)})
        for n in range(20)
    ]
    assert [t.name for t in find_tasks(CONFIG, items)] == ["label", "severity", "label.enose"]


def test_labels_that_do_not_vary_are_refused_with_what_was_found() -> None:
    with pytest.raises(ConfigError, match=r"nothing to learn: label: 1 class\(es\) in 9 training items"):
        find_tasks(CONFIG, [item(n) for n in range(9)])
    with pytest.raises(ConfigError, match="nothing to learn: no labels in 2 training items"):
        find_tasks(CONFIG, [item(n, "") for n in range(2)])


def test_arrays_hold_only_what_is_there_in_its_own_dtype() -> None:
    items = [item(n, ("ok", "bad")[n % 2]) for n in range(4)]
    del items[1].windows["thermal"], items[2].windows["enose"], items[3].labels["label"]
    tasks = find_tasks(CONFIG, [item(0, "ok"), item(1, "bad")])
    found = as_dataset(items, STREAMS, tasks)
    assert found.windows["thermal"].dtype == np.uint8
    assert found.windows["thermal"][:, 0, 0, 0].tolist() == [0, 2, 3]
    assert found.rows["thermal"].tolist() == [0, ABSENT, 1, 2]
    assert found.rows["enose"].tolist() == [0, 1, ABSENT, 2]
    np.testing.assert_array_equal(found.targets["label"], np.array([0, 1, 0, np.nan], np.float32))
    assert found.names == ("p0", "p1", "p2", "p3")


def test_a_stream_that_no_item_has_is_an_empty_array_of_its_shape() -> None:
    items = [item(0), item(1)]
    for one in items:
        del one.windows["enose"]
    found = as_dataset(items, STREAMS, ())
    assert found.windows["enose"].shape == (0, 2, 4)
    assert found.rows["enose"].tolist() == [ABSENT, ABSENT]


def test_weights_and_qualities_stand_beside_the_windows_and_ones_are_left_out() -> None:
    items = [item(n) for n in range(3)]
    assert as_dataset(items, STREAMS, ()).weights == {}
    items[0] = replace(items[0], weight=2.5)
    items[2] = replace(items[2], quality={"thermal": 0.25, "removed": 0.5})
    found = as_dataset(items, STREAMS, ()).weights
    assert {name: values.tolist() for name, values in found.items()} == {"": [2.5, 1, 1], "thermal": [1, 1, 0.25]}
    assert all(values.dtype == np.float32 for values in found.values())


def test_the_entry_point_is_what_the_station_declares() -> None:
    spec = input_spec("thermal", STREAMS["thermal"])
    assert (spec.kind, spec.shape, spec.dtype, spec.augment) == ("image", (1, 3, 2), "uint8", None)
