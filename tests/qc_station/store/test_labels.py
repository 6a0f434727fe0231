"""What people say is never overwritten, is taken back act by act, and makes training items of live parts."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qc_station.config.station import StreamConfig
from qc_station.errors import StoreError
from qc_station.items import Item
from qc_station.store import Store
from qc_station.store.labels import for_validation

STREAMS = {"enose": StreamConfig(kind="series", channels=("a", "b"), window_steps=5)}


def item(name: str, split: Any = None, group: str | None = None, **labels: str) -> Item:
    windows = {"enose": np.full((2, 5), len(name), np.float32)}
    return Item(name=name, group=group or name, split=split, windows=windows, labels=labels)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "store", clock_ns=lambda: 7) as opened:
        yield opened


def labels_of(store: Store, name: str = "a") -> dict[str, str]:
    return {entry.name: entry.labels for entry in store.entries()}[name]


def splits_of(store: Store) -> dict[str, str | None]:
    return {entry.name: entry.split for entry in store.entries()}


def test_what_was_said_at_once_is_taken_back_at_once(store: Store) -> None:
    store.add_items([item("a", label="ok")], STREAMS)
    store.say("a", {"label": "crack", "severity": "2"}, "ann")
    assert labels_of(store) == {"label": "crack", "severity": "2"}
    assert store.take_back("a", "bob") == {"label": "ok", "severity": None}
    assert labels_of(store) == {"label": "ok"}


def test_undoing_goes_back_act_by_act_and_no_further_than_the_station(store: Store) -> None:
    store.add_items([item("a", label="ok")], STREAMS)
    for value in ("crack", "leak", "dent"):
        store.label("a", "label", value, "ann")
    seen = []
    for _ in range(3):
        store.take_back("a", "ann")
        seen.append(labels_of(store)["label"])
    assert seen == ["leak", "crack", "ok"]
    with pytest.raises(StoreError, match="item 'a': nothing to take back"):
        store.take_back("a", "ann")
    assert labels_of(store) == {"label": "ok"}


def test_a_label_after_an_undoing_is_undone_to_what_stood_before_it(store: Store) -> None:
    store.add_items([item("a")], STREAMS)
    store.label("a", "label", "crack", "ann")
    store.label("a", "label", "leak", "ann")
    store.take_back("a", "ann")
    store.label("a", "label", "dent", "ann")
    assert store.take_back("a", "ann") == {"label": "crack"}
    assert store.take_back("a", "ann") == {"label": None}
    assert labels_of(store) == {}


class Remembering:
    """What an item is, as anybody would keep it: a stack of whole states."""

    def __init__(self) -> None:
        self.stack: list[dict[str, str]] = [{}]

    def say(self, values: dict[str, str | None]) -> None:
        after = self.stack[-1] | {c: v for c, v in values.items() if v is not None}
        self.stack.append({c: v for c, v in after.items() if values.get(c, v) is not None})


words = st.sampled_from(["ok", "crack", "leak", None])
acts = st.dictionaries(st.sampled_from(["label", "severity", "label.enose"]), words, min_size=1)


@settings(max_examples=25)
@given(steps=st.lists(st.one_of(acts, st.none()), max_size=12))
def test_any_chain_of_acts_and_undoings_ends_where_a_stack_would(tmp_path_factory: Any, steps: list[Any]) -> None:
    model = Remembering()
    with Store.open(tmp_path_factory.mktemp("labels"), clock_ns=lambda: 7) as store:
        store.add_items([item("a")], STREAMS)
        for step in steps:
            if step is not None:
                store.say("a", step, "ann")
                model.say(step)
            elif len(model.stack) > 1:
                store.take_back("a", "ann")
                model.stack.pop()
            assert labels_of(store) == model.stack[-1]
        said = sum(len(step) for step in steps if step is not None)
        assert len([row for row in store.label_history("a") if row["undoes"] is None]) == said


def test_the_history_says_who_said_what_and_who_took_it_back(store: Store) -> None:
    store.add_items([item("a", label="ok")], STREAMS)
    store.say("a", {"label": "crack"}, "ann")
    store.take_back("a", "bob")
    assert [(row["value"], row["who"], row["act"], row["undoes"]) for row in store.label_history("a")] == [
        ("ok", "import", None, None),
        ("crack", "ann", 1, None),
        ("ok", "bob", 2, 1),
    ]


def test_an_unknown_item_is_told_and_nothing_is_written(store: Store) -> None:
    store.add_items([item("a")], STREAMS)
    for act in (lambda: store.say("z", {"label": "ok"}, "ann"), lambda: store.take_back("z", "ann")):
        with pytest.raises(StoreError, match="no item named 'z'"):
            act()
    assert store.label_history("a") == store.label_history("z") == []


def live(group: str, validates: bool) -> str:
    """A group's name that the hash puts where the test wants it."""
    return next(name for name in (f"{group}-{n:04d}" for n in range(1000)) if for_validation(name) is validates)


def test_a_labelled_live_part_and_its_group_become_training_items(store: Store) -> None:
    group = live("live", validates=False)
    store.add_items([item("old", "val"), item("p1", group=group), item("p2", group=group), item("p3")], STREAMS)
    store.say("p1", {"label": "crack"}, "ann")
    assert splits_of(store) == {"old": "val", "p1": "train", "p2": "train", "p3": None}


def test_a_fifth_of_the_groups_validates_where_the_station_has_validation_items(store: Store) -> None:
    group = live("live", validates=True)
    store.add_items([item("p1", group=group), item("old", "train")], STREAMS)
    store.say("p1", {"label": "crack"}, "ann")
    # Alone it would be the whole of validation; training holds back groups itself.
    assert splits_of(store)["p1"] == "train"
    later = live("later", validates=True)
    store.add_items([item("p2", group=later), item("known", "val")], STREAMS)
    store.say("p2", {"label": "crack"}, "ann")
    assert splits_of(store)["p2"] == "val"
    share = np.mean([for_validation(f"group-{n}") for n in range(5000)])
    assert share == pytest.approx(0.2, abs=0.02)


@pytest.mark.parametrize("split", ["train", "val", "test"])
def test_a_group_that_has_a_split_keeps_it(store: Store, split: str) -> None:
    store.add_items([item("old", split, group="g"), item("new", group="g")], STREAMS)
    store.say("new", {"label": "crack"}, "ann")
    assert splits_of(store) == {"old": split, "new": split}


def test_taking_back_and_saying_nothing_give_no_split(store: Store) -> None:
    store.add_items([item("a")], STREAMS)
    store.say("a", {"label": None}, "ann")
    assert splits_of(store)["a"] is None


WORKER = """
import sys
from pathlib import Path
from qc_station.store import Store
with Store.open(Path(sys.argv[1])) as store:
    for number in range(100000):
        store.say("a", {"label": f"class {number}"}, "ann")
        print(number, flush=True)
"""


def test_a_label_that_was_told_survives_a_kill(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        store.add_items([item("a")], STREAMS)
    for lines in (5, 17, 40):
        worker = subprocess.Popen([sys.executable, "-c", WORKER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        assert worker.stdout is not None
        told = [int(worker.stdout.readline()) for _ in range(lines)]
        os.kill(worker.pid, signal.SIGKILL)
        told += [int(line) for line in worker.stdout.read().splitlines()]
        worker.stdout.close()
        worker.wait()
        with Store.open(tmp_path) as store:
            said = [row["value"] for row in store.label_history("a")]
            assert store.check() == []
            # What was on its way when it was killed may be there too.
            assert int(str(said[-1]).split()[1]) in (told[-1], told[-1] + 1)
