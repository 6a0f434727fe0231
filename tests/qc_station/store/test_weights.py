"""Weights and qualities are kept, count in the digest where they are not 1, and old stores are opened as they are."""

import hashlib
import json
import sqlite3
from pathlib import Path

import numpy as np
import pytest

from qc_station.config.station import StreamConfig
from qc_station.items import Item
from qc_station.store import Store
from qc_station.store.digests import content_digest, data_digest, window_digest
from qc_station.store.schema import FILE_NAME, connect_writer, steps

STREAMS = {"enose": StreamConfig(kind="series", channels=("a", "b"), window_steps=5)}


def item(name: str = "a", weight: float = 1.0, **quality: float) -> Item:
    windows = {"enose": np.arange(10, dtype=np.float32).reshape(2, 5)}
    return Item(name=name, group=name, split="train", windows=windows, weight=weight, quality=quality)


def test_they_come_back_as_they_were_given(tmp_path: Path) -> None:
    given = [item("a", 0.1, enose=1 / 3), item("b"), item("c", 0.0, enose=1.0)]
    with Store.open(tmp_path) as store:
        store.add_items(given, STREAMS)
        back = list(store.items())
        assert [(one.weight, one.quality) for one in back] == [(one.weight, one.quality) for one in given]
        assert store.data_digest() == data_digest((one.name, content_digest(one)) for one in given)


@pytest.mark.parametrize(
    "other", [item(weight=2.0), item(enose=0.5), item(enose=0.25)], ids=["weight", "half", "quarter"]
)
def test_a_digest_knows_them(other: Item) -> None:
    digests = {content_digest(one) for one in (item(), item(enose=0.5, weight=2.0), other)}
    assert len(digests) == 3


def test_an_item_without_them_has_the_digest_that_it_always_had() -> None:
    windows = {"enose": window_digest(item().windows["enose"])}
    before = json.dumps(["a", "train", [], sorted(windows.items())]).encode()
    assert content_digest(item()) == hashlib.sha256(before).hexdigest()


def test_what_is_said_to_be_one_is_the_same_as_what_is_not_said(tmp_path: Path) -> None:
    assert content_digest(item(enose=1.0)) == content_digest(item())
    with Store.open(tmp_path) as store:
        store.add_items([item()], STREAMS)
        assert store.add_items([item(enose=1.0)], STREAMS).skipped == 1
        assert len(store.add_items([item(enose=0.9)], STREAMS).refused) == 1


def test_a_store_from_before_is_opened_and_its_items_count_in_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = [step for step in steps() if step[0] <= 3]
    with monkeypatch.context() as patched:
        patched.setattr("qc_station.store.schema.steps", lambda: old)
        database = connect_writer(tmp_path)
    digest = content_digest(item())
    database.execute("INSERT INTO items VALUES (1, 'a', 'a', 'train', 'by hand', ?, 7)", [digest])
    database.close()
    with Store.open(tmp_path) as store:
        (entry,) = store.entries()
        assert (entry.weight, entry.quality) == (1.0, {})
        store.add_items([item("b", 3.0, enose=0.5)], STREAMS)
        assert [one.weight for one in store.entries()] == [1.0, 3.0]
        assert store.check() == []


def test_the_database_itself_refuses_what_is_out_of_range(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        store.add_items([item("b", 3.0, enose=0.5)], STREAMS)
    database = sqlite3.connect(tmp_path / FILE_NAME)
    for change in ("UPDATE items SET weight = -1", "UPDATE windows SET quality = 1.1"):
        with pytest.raises(sqlite3.IntegrityError, match="CHECK"):
            database.execute(change)
    database.close()
