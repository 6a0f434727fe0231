"""What waits for people in a store: reviews that nobody labelled, and picks over all that is unlabelled."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deploy.runtime import Runtime, Scores
from qc_station.items import Item
from qc_station.labelling.queue import next_to_label, recording_of, review_queue
from qc_station.labelling.scoring import unlabelled_scores
from qc_station.store import Store
from tests.synthetic import SPECS, TABLES, raw_windows


def item(name: str, group: str | None = None, split: Any = None, **labels: str) -> Item:
    seed = sum(name.encode())
    windows = {spec.name: raw_windows(spec, 1, seed)[0] for spec in SPECS}
    return Item(name=name, group=group or name, split=split, windows=windows, labels=labels)


def decide(store: Store, part: str, verdict: str = "REVIEW", **scores: object) -> None:
    named = {name.replace("_", " "): value for name, value in scores.items()}
    store.record_decision(part=part, verdict=verdict, reason=f"why {part}", scores=named, bundle=None, latency_ms={})


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path, clock_ns=lambda: 7) as opened:
        yield opened


def test_parts_in_review_wait_until_somebody_labels_them(store: Store) -> None:
    store.add_items([item("p1"), item("p2"), item("old", split="train", label="ok")], TABLES)
    decide(store, "p2", label={"ok": 0.5, "crack": 0.5})
    decide(store, "p1")
    decide(store, "p0")
    decide(store, "p3", "PASS")
    queue = review_queue(store)
    assert [(one.item, one.reason) for one in queue.waiting] == [("p2", "why p2"), ("p1", "why p1")]
    assert queue.waiting[0].scores == {"ok": 0.5, "crack": 0.5}
    assert (queue.waiting[1].scores, queue.waiting[1].decided_ns) == ({}, 7)
    assert queue.without_windows == ("p0",)
    store.say("p2", {"label": "crack"}, "ann")
    assert [one.item for one in review_queue(store).waiting] == ["p1"]
    store.take_back("p2", "ann")
    assert [one.item for one in review_queue(store).waiting] == ["p2", "p1"]


def test_a_person_is_told_which_files_to_open(store: Store) -> None:
    store.add_items([item("p1")], TABLES)
    decide(store, "p1")
    (waiting,) = review_queue(store).waiting
    assert set(waiting.files) == {"acoustic", "thermal", "enose"}
    assert all((store.folder / file).is_file() for file in waiting.files.values())


def test_a_label_of_one_stream_does_not_say_what_the_part_is(store: Store) -> None:
    store.add_items([item("p1", **{"label.acoustic": "knock"})], TABLES)
    decide(store, "p1")
    assert [one.item for one in review_queue(store).waiting] == ["p1"]


def test_the_least_certain_of_all_unlabelled_items_outside_the_test_split_come_first(store: Store) -> None:
    names = ["sure", "torn", "bare", "locked", "said"]
    splits = {"locked": "test", "said": "train"}
    store.add_items([item(n, split=splits.get(n), **({"label": "ok"} if n == "said" else {})) for n in names], TABLES)
    decide(store, "sure", label={"ok": 0.9, "crack": 0.1})
    decide(store, "torn", label={"ok": 0.55, "crack": 0.45})
    decide(store, "locked", label={"ok": 0.5, "crack": 0.5})
    decide(store, "said", label={"ok": 0.5, "crack": 0.5})
    picks = next_to_label(store, 5)
    # "ok" and "not scored" take turns.
    assert [one.item for one in picks] == ["torn", "bare", "sure"]
    assert picks[0].reason == "ok 0.55 or crack 0.45: a margin of 0.10"


def test_windows_of_one_recording_are_asked_about_once(store: Store) -> None:
    store.add_items([item(f"long#{n}", group="lot") for n in range(10)] + [item("short", group="lot")], TABLES)
    assert [one.item for one in next_to_label(store, 10)] == ["long#0", "short"]
    assert [recording_of(name) for name in ("a#12", "a#b", "#3", "plain")] == ["a", "a#b", "#3", "plain"]


class Surprised(Runtime):
    """The real bundle with a novelty, to which everything is new."""

    def scores(self, windows: Any) -> Scores:
        found = super().scores(windows)
        p_values = {"novelty": np.array([0.001], np.float32), "novelty:enose": np.array([0.5], np.float32)}
        return Scores(outputs=found.outputs | p_values, streams=found.streams)


def test_fresh_p_values_count_too(store: Store, bundle_folder: Path) -> None:
    store.add_items([item("p1")], TABLES)
    found = unlabelled_scores(store, Surprised(bundle_folder))
    assert found["p1"]["novelty"] == pytest.approx(0.001)
    assert set(found["p1"]) == {"label", "novelty", "novelty:enose"}
    assert [one.reason for one in next_to_label(store, 1, found)] == ["unlike what was learnt: p = 0.001"]


def test_a_novel_part_is_told_so(store: Store) -> None:
    store.add_items([item("p1"), item("p2")], TABLES)
    decide(store, "p1", label={"ok": 0.99, "crack": 0.01}, novelty=0.002)
    decide(store, "p2", label={"ok": 0.99, "crack": 0.01}, novelty=0.4)
    assert next_to_label(store, 2)[0].reason == "unlike what was learnt: p = 0.002"


def test_classes_of_two_bundles_stand_side_by_side(store: Store) -> None:
    store.add_items([item("p1"), item("p2")], TABLES)
    decide(store, "p1", label={"ok": 0.6, "crack": 0.4})
    decide(store, "p2", label={"ok": 0.2, "leak": 0.8})
    assert {one.reason for one in next_to_label(store, 2)} == {
        "ok 0.60 or crack 0.40: a margin of 0.20",
        "leak 0.80 or ok 0.20: a margin of 0.60",
    }


def test_a_bundle_scores_what_came_in_without_and_leaves_out_what_it_cannot_take(
    store: Store, bundle_folder: Path
) -> None:
    odd = Item(name="odd", group="odd", split=None, windows={"enose": np.zeros((3, 5), np.float32)})
    store.add_items([item("p1"), item("locked", split="test"), item("said", label="ok"), odd], TABLES)
    runtime = Runtime(bundle_folder)
    found = unlabelled_scores(store, runtime)
    assert set(found) == {"p1"}
    assert found["p1"] == {"label": runtime.named("label", runtime.scores(item("p1").windows))}
    reasons = {one.item: one.reason for one in next_to_label(store, 5, found)}
    assert "margin" in reasons["p1"]
    assert reasons["odd"] == "nobody has scored it yet"
