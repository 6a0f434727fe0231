"""Only what a station knows may be said, and a message says what that is."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from deploy.bundle import Bundle
from qc_station.champion.record import crown
from qc_station.config.station import StationConfig
from qc_station.errors import ConfigError, StoreError
from qc_station.items import Item
from qc_station.labelling.statement import Statement, say
from qc_station.store import Store
from tests.synthetic import TABLES
from tests.told_bundle import told_bundle

CONFIG = StationConfig(name="line1", streams=TABLES, ok_classes=("ok", "good"))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    windows = {"enose": np.ones((3, 8), np.float32)}
    with Store.open(tmp_path, clock_ns=lambda: 7) as opened:
        old = Item(name="old", group="old", split="train", windows=windows, labels={"label": "crack"})
        opened.add_items([old, Item(name="part-1", group="g", split=None, windows=windows)], TABLES)
        yield opened


def test_a_class_and_a_severity_of_a_part_or_of_one_stream(store: Store) -> None:
    assert say(store, CONFIG, Statement(item="part-1", label="crack", severity=2.0), "ann") == {
        "label": "crack",
        "severity": "2",
    }
    both = say(store, CONFIG, Statement(item="part-1", label="good", severity=0.25, stream="enose"), "ann")
    assert both == {"label": "crack", "severity": "2", "label.enose": "good", "severity.enose": "0.25"}
    (entry,) = (e for e in store.entries() if e.name == "part-1")
    assert (entry.labels, entry.split) == (both, "train")


def test_a_severity_alone_may_be_said(store: Store) -> None:
    assert say(store, CONFIG, Statement(item="part-1", severity=-1.5), "ann") == {"severity": "-1.5"}


def test_a_class_that_nobody_named_is_refused_with_those_that_are_known(store: Store) -> None:
    with pytest.raises(
        ConfigError,
        match="class 'crakc' is unknown at this station; allowed: ok, good, crack, or --new-class to add it",
    ):
        say(store, CONFIG, Statement(item="part-1", label="crakc"), "ann")
    assert store.label_history("part-1") == []


def test_what_the_champion_tells_apart_is_known_although_nobody_said_it_here(store: Store) -> None:
    bundle = told_bundle(store.folder / "bundles", 0)
    crown(store.folder, Bundle(bundle).manifest.digest, who="ann", why="trained elsewhere")
    assert say(store, CONFIG, Statement(item="part-1", label="leak"), "ann") == {"label": "leak"}
    with pytest.raises(ConfigError, match="allowed: ok, good, crack, leak, or --new-class"):
        say(store, CONFIG, Statement(item="part-1", label="dent"), "ann")


@pytest.mark.parametrize("file", ["champion.json", "bundles/{bundle}/model.onnx"])
def test_a_damaged_champion_keeps_nobody_from_labelling(store: Store, file: str) -> None:
    bundle = told_bundle(store.folder / "bundles", 0)
    crown(store.folder, Bundle(bundle).manifest.digest, who="ann", why="")
    (store.folder / file.format(bundle=bundle.name)).write_bytes(b"")
    assert say(store, CONFIG, Statement(item="part-1", label="crack"), "ann") == {"label": "crack"}


def test_a_new_class_is_known_from_then_on(store: Store) -> None:
    say(store, CONFIG, Statement(item="part-1", label="leak", new_class=True), "ann")
    assert say(store, CONFIG, Statement(item="old", label="leak"), "ann") == {"label": "leak"}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Crack", "differs from 'crack' in capitals only"),
        (" leak", "without spaces at the ends"),
        ("", "1 to 64 printable characters"),
        ("a\nb", "printable"),
        ("x" * 65, "1 to 64"),
    ],
)
def test_a_new_class_has_a_name_that_people_can_tell_from_others(store: Store, name: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        say(store, CONFIG, Statement(item="part-1", label=name, new_class=True), "ann")


def test_what_cannot_be_meant_is_refused_with_what_can(store: Store) -> None:
    refused = {
        "no stream 'smell' at station line1; allowed: acoustic, thermal, enose": Statement(
            item="part-1", label="ok", stream="smell"
        ),
        "item 'part-1' has no window of 'thermal'; it has enose": Statement(
            item="part-1", label="ok", stream="thermal"
        ),
        "severity nan; allowed: a finite number": Statement(item="part-1", severity=float("nan")),
        "item 'part-1': nothing is said; a class or a severity is needed": Statement(item="part-1", stream="enose"),
    }
    for words, statement in refused.items():
        with pytest.raises(ConfigError, match=words):
            say(store, CONFIG, statement, "ann")
    assert store.label_history("part-1") == []


def test_an_unknown_item_is_told_with_what_became_of_it_or_names_like_it(store: Store) -> None:
    store.record_decision(part="part-2", verdict="PASS", reason="", scores={}, bundle=None, latency_ms={})
    with pytest.raises(StoreError, match="part 'part-2' was decided PASS and its windows were not kept"):
        say(store, CONFIG, Statement(item="part-2", label="ok"), "ann")
    with pytest.raises(StoreError, match="no item named 'part1' in the store; names like it: part-1"):
        say(store, CONFIG, Statement(item="part1", label="ok"), "ann")
    with pytest.raises(StoreError, match="no item named 'zzz' in the store; 2 items are there"):
        say(store, CONFIG, Statement(item="zzz", label="ok"), "ann")
