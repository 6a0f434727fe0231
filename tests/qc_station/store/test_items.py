"""Items come back bit for bit; adding is repeatable, atomic by batch, and never mixes two contents under one name."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from qc_station.config.station import StreamConfig
from qc_station.errors import StoreError
from qc_station.items import Item
from qc_station.store import Store, encoding, item_files
from qc_station.store import store as store_module

STREAMS = {
    "acoustic": StreamConfig(kind="waveform", rate_hz=8000.0, window_s=0.01, dtype="int16"),
    "thermal": StreamConfig(kind="image", height=6, width=4, dtype="uint16"),
    "enose": StreamConfig(kind="series", channels=("a", "b"), window_steps=5),
    "other": StreamConfig(kind="radar", window_steps=1),
}


def item(name: str, seed: int = 0, split: Any = "train", group: str | None = None, **labels: str) -> Item:
    random = np.random.default_rng(seed)
    windows = {
        "acoustic": random.integers(-99, 99, (1, 80)).astype(np.int16),
        "thermal": random.integers(0, 60000, (1, 6, 4)).astype(np.uint16),
        "enose": random.standard_normal((2, 5)).astype(np.float32),
    }
    return Item(name=name, group=group or name, split=split, windows=windows, labels=labels)


def same(left: Item, right: Item) -> bool:
    alike = (left.name, left.group, left.split, left.labels) == (right.name, right.group, right.split, right.labels)
    return alike and all(
        data.tobytes() == right.windows[name].tobytes()
        and (data.dtype, data.shape) == (right.windows[name].dtype, right.windows[name].shape)
        for name, data in left.windows.items()
    )


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "store", clock_ns=lambda: 7) as opened:
        yield opened


def test_items_come_back_by_name_and_bit_for_bit(store: Store) -> None:
    items = [item("b", 1, label="ok"), item("a", 2, split="test"), item("c", 3, split=None)]
    assert store.add_items(items, STREAMS).added == 3
    back = list(store.items())
    assert [one.name for one in back] == ["a", "b", "c"]
    assert all(same(one, other) for one, other in zip(back, [items[1], items[0], items[2]], strict=True))
    assert [one.name for one in store.items(splits=["test"])] == ["a"]


def test_files_open_in_other_programs(store: Store) -> None:
    given = item("part 1")
    store.add_items([given], STREAMS)
    folder = store.folder / "items"
    assert soundfile.info(folder / "acoustic/part 1.flac").samplerate == 8000
    frame = cv2.imread(str(folder / "thermal/part 1.png"), cv2.IMREAD_UNCHANGED)
    assert frame is not None
    assert np.array_equal(frame, given.windows["thermal"][0])
    assert (folder / "enose/part 1.csv").read_text().startswith("a,b\n")


@settings(max_examples=25, deadline=None)
@given(data=st.data(), stream=st.sampled_from(sorted(STREAMS)))
def test_any_window_of_any_sample_type_is_kept(tmp_path_factory: Any, data: Any, stream: str) -> None:
    dtype = data.draw(st.sampled_from(["int16", "int32", "float32", "uint8", "uint16", "float64", "int8"]))
    window = data.draw(arrays.arrays(dtype, arrays.array_shapes(min_dims=1, max_dims=4, max_side=5)))
    suffix, content = encoding.encode(window, STREAMS[stream])
    path = tmp_path_factory.mktemp("w") / f"x{suffix}"
    path.write_bytes(content)
    back = encoding.decode(path)
    assert (back.dtype, back.shape, back.tobytes()) == (window.dtype, window.shape, window.tobytes())


def test_channels_with_numbers_for_names_are_read_back(tmp_path: Path) -> None:
    stream = StreamConfig(kind="series", channels=("1", "2"), window_steps=3)
    window = np.arange(6, dtype=np.float32).reshape(2, 3)
    suffix, content = encoding.encode(window, stream)
    (tmp_path / f"x{suffix}").write_bytes(content)
    assert np.array_equal(encoding.decode(tmp_path / "x.csv"), window)


@given(st.lists(st.text(min_size=1).filter(lambda name: name.isprintable()), min_size=2, unique=True))
def test_no_two_items_share_a_file(names: list[str]) -> None:
    places = [item_files.place("s", name, ".png") for name in names]
    assert len(set(places)) == len(names)
    assert all(place.startswith("items/s/") and place.count("/") == 2 for place in places)
    assert all(len(place.split("/")[2]) < 255 and "/." not in place for place in places)


def test_adding_again_skips_what_is_there(store: Store) -> None:
    store.add_items([item("a"), item("b", 1)], STREAMS)
    again = store.add_items([item("a"), item("b", 1), item("c", 2)], STREAMS)
    assert (again.added, again.skipped, again.refused) == (1, 2, ())


def test_another_content_under_the_same_name_is_refused(store: Store) -> None:
    store.add_items([item("a")], STREAMS)
    answer = store.add_items([item("a", 1), item("b"), item("b", 3)], STREAMS)
    assert (answer.added, answer.skipped) == (1, 0)
    assert [line.split(" is ")[0] for line in answer.refused] == ["item 'a'", "item 'b'"]
    assert same(next(store.items()), item("a"))


def test_a_group_never_stands_in_two_splits(store: Store) -> None:
    store.add_items([item("a", group="lot")], STREAMS)
    answer = store.add_items([item("b", group="lot", split="test"), item("c", group="lot", split=None)], STREAMS)
    assert (answer.added, answer.refused) == (
        1,
        ("item 'b': group 'lot' is in split 'train' in the store, not 'test'",),
    )


def test_the_data_digest_knows_content_and_not_order(tmp_path: Path) -> None:
    items = [item("a", label="ok"), item("b", 1), item("c", 2)]
    digests = []
    for name, order in (("x", items), ("y", items[::-1])):
        with Store.open(tmp_path / name) as store:
            store.add_items(order, STREAMS)
            digests.append(store.data_digest())
            store.label("a", "label", "nok", "ann")
            digests.append(store.data_digest())
    assert digests[0] == digests[2] != digests[1] == digests[3]


def test_the_latest_label_counts_and_the_history_stays(store: Store) -> None:
    store.add_items([item("a", label="ok")], STREAMS)
    store.label("a", "label", "nok", "ann")
    store.label("a", "severity", "3", "ann")
    store.label("a", "severity", None, "bob")
    assert next(store.items()).labels == {"label": "nok"}
    assert [(row["value"], row["who"]) for row in store.label_history("a")] == [
        ("ok", "import"),
        ("nok", "ann"),
        ("3", "ann"),
        (None, "bob"),
    ]
    assert store.add_items([item("a", label="ok")], STREAMS).skipped == 1
    with pytest.raises(StoreError, match="no item named 'z'"):
        store.label("z", "label", "ok", "ann")


def test_counts(store: Store) -> None:
    store.add_items([item("a", label="ok"), item("b", split=None)], STREAMS)
    assert store.counts() == {
        "items": 2,
        "splits": {"none": 1, "train": 1},
        "windows": {"acoustic": 2, "enose": 2, "thermal": 2},
        "labels": {"label": {"ok": 1}},
        "decisions": {},
        "undecided": 0,
        "open_parts": 0,
    }


def test_a_stream_that_the_station_lacks_is_refused(store: Store) -> None:
    with pytest.raises(StoreError, match="has stream 'acoustic'; allowed: thermal"):
        store.add_items([item("a")], {"thermal": STREAMS["thermal"]})
    assert store.counts()["items"] == 0


def test_a_full_disk_is_told_and_leaves_the_store_whole(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.add_items([item("a")], STREAMS)
    with monkeypatch.context() as full:

        def no_space(*_: object) -> None:
            raise OSError(28, "No space left on device")

        full.setattr(os, "fsync", no_space)
        with pytest.raises(StoreError, match="the disk is full"):
            store.add_items([item("b")], STREAMS)
    assert [one.name for one in store.items()] == ["a"]
    assert not list(store.folder.glob("items/**/.*"))
    assert store.add_items([item("a"), item("b")], STREAMS).added == 1


def test_batches_before_a_failure_are_kept(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "BATCH", 2)

    def source() -> Iterator[Item]:
        yield from (item(name) for name in "abc")
        raise RuntimeError("unplugged")

    with pytest.raises(RuntimeError, match="unplugged"):
        store.add_items(source(), STREAMS)
    assert [one.name for one in store.items()] == ["a", "b"]
    assert store.add_items([item(name) for name in "abcd"], STREAMS).added == 2


KILLED = """
import os, signal, sys
from pathlib import Path
from qc_station.store import Store, item_files, store
sys.path.insert(0, sys.argv[2])
from test_items import STREAMS, item
store.BATCH = 3
with Store.open(Path(sys.argv[1])) as opened:
    opened.add_items((item(f"i{n}", n) for n in range(3)), STREAMS)
    item_files.sync_folder = lambda folder: os.kill(os.getpid(), signal.SIGKILL)
    opened.add_items((item(f"i{n}", n) for n in range(9)), STREAMS)
"""


def test_a_kill_between_files_and_rows_leaves_the_store_whole(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    here = str(Path(__file__).parent)
    done = subprocess.run([sys.executable, "-c", KILLED, str(folder), here], check=False)
    assert done.returncode == -signal.SIGKILL
    assert len(list(folder.glob("items/acoustic/*.flac"))) == 6
    with Store.open(folder) as store:
        assert (store.counts()["items"], store.check()) == (3, [])
        answer = store.add_items([item(f"i{n}", n) for n in range(9)], STREAMS)
        assert (answer.added, answer.skipped, answer.refused) == (6, 3, ())
        assert len(list(store.items())) == 9


def test_a_file_that_is_missing_or_changed_is_named(store: Store) -> None:
    store.add_items([item("a")], STREAMS)
    path = store.folder / "items/thermal/a.png"
    content = path.read_bytes()
    path.write_bytes(content[:-20])
    with pytest.raises(StoreError, match=r"a\.png cannot be read: cut short"):
        list(store.items())
    path.write_bytes(cv2.imencode(".png", np.zeros((6, 4), np.uint16))[1].tobytes())
    with pytest.raises(StoreError, match="is not the file that was stored"):
        list(store.items())
    path.unlink()
    assert store.check() == [f"{path} is missing"]
    with pytest.raises(StoreError, match="is missing; restore it"):
        list(store.items())
