"""Good rows become items with the recordings' own numbers; bad files are collected and their rows left out."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from qc_station.errors import ManifestError
from qc_station.manifest.reading import read_manifest, read_part
from qc_station.recordings import array, png, series, sound, tiff

Folder = Any


def test_a_manifest_becomes_items(folder: Folder, streams: Any) -> None:
    reader = read_manifest(folder.write(), streams)
    items = list(reader)
    assert (len(reader), reader.faults) == (3, [])
    assert [(item.name, item.split, item.group) for item in items] == [
        ("p0", "train", "p0"),
        ("p1", "train", "p1"),
        ("p2", "test", "p2"),
    ]
    assert items[1].labels == {"label": "nok", "label.acoustic": "ok"}
    windows = items[0].windows
    assert {name: (window.shape, window.dtype.name) for name, window in windows.items()} == {
        "acoustic": ((1, 400), "int16"),
        "thermal": ((1, 6, 4), "uint8"),
        "enose": ((2, 5), "float32"),
    }
    assert windows["acoustic"].ravel().tolist() == list(range(400))
    assert windows["enose"].tolist() == [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9]]


def test_only_the_splits_that_were_asked_for_are_read(folder: Folder, streams: Any) -> None:
    assert [item.name for item in read_manifest(folder.write(), streams, splits={"test"})] == ["p2"]


def test_an_absent_stream_is_no_fault(folder: Folder, streams: Any) -> None:
    folder.add("x,train,x,,,,,p0.png,")
    assert list(list(read_manifest(folder.write(), streams))[-1].windows) == ["thermal"]


def test_reading_twice_gives_the_same(folder: Folder, streams: Any) -> None:
    folder.add("x,train,x,,,gone.flac,,,")
    reader = read_manifest(folder.write(), streams)
    assert [len(list(reader)), len(list(reader)), len(reader.faults)] == [3, 3, 1]


BAD: dict[str, tuple[str, Callable[[Folder], str], str]] = {
    "missing": ("acoustic", lambda _: "gone.flac", "cannot be read: No such file"),
    "folder": ("acoustic", lambda f: str((f.root / "d.wav").mkdir() or "d.wav"), "not a regular file"),
    "flac cut": ("acoustic", lambda f: f.put("x.flac", (f.root / "p0.flac").read_bytes()[:-40]), "cut short"),
    "wav cut": (
        "acoustic",
        lambda f: f.put("x.wav", sound.encode(np.zeros((1, 400), "f4"), 8000)[1][:-9]),
        "cut short",
    ),
    "png cut": ("thermal", lambda f: f.put("x.png", (f.root / "p0.png").read_bytes()[:-20]), "cut short"),
    "tiff cut": ("thermal", lambda f: f.put("x.tif", tiff.encode(np.zeros((1, 6, 4), "u1"))[:-9]), "cut short"),
    "csv cut": ("enose", lambda f: f.put("x.csv", b"a,b\n1,2\n3"), "row 3 has 1 cells"),
    "npy cut": ("enose", lambda f: f.put("x.npy", array.encode(np.zeros((2, 5)))[:-9]), "cut short"),
    "rate": ("acoustic", lambda f: f.sound("x", rate_hz=44100), "44100 Hz; allowed: 8000 Hz"),
    "stereo": ("acoustic", lambda f: f.sound("x", channels=2), "shape (2, 400); allowed: 1 channels"),
    "size": ("thermal", lambda f: f.picture("x", 4, 6), "frames of 4 x 6 (height x width); allowed: 6 x 4"),
    "depth": ("thermal", lambda f: f.picture("x", dtype="uint16"), "uint16; allowed: uint8"),
    "colour": ("thermal", lambda f: f.put("x.png", png.encode(np.eye(3, dtype="u1")[None].repeat(6, 0))), "3 channels"),
    "columns": ("enose", lambda f: f.table("x", columns=("a", "c")), "columns a, c; allowed: a, b"),
    "short": ("acoustic", lambda f: f.sound("x", 399), "399 samples, shorter than the window; allowed: 400 or more"),
    "steps": ("enose", lambda f: f.table("x", 4), "4 steps, shorter than the window; allowed: 5 or more"),
    "nan": ("enose", lambda f: f.put("x.csv", b"a,b\n" + b"1,2\n" * 4 + b"1,nan\n"), "nan at (1, 4); allowed: finite"),
    "huge": (
        "enose",
        lambda f: f.put("x.csv", b"a,b\n" + b"1,2\n" * 4 + b"1e39,1\n"),
        "inf at (0, 4); allowed: finite",
    ),
    "kind": ("thermal", lambda f: f.sound("x"), ".flac holds a waveform; allowed for a image: .jpeg, .jpg, .npy, .png"),
    "inf sound": ("loud", lambda f: f.put("x.wav", sound.encode(np.full((1, 400), np.inf, "f4"), 8000)[1]), "inf at"),
}


@pytest.mark.parametrize("case", [case for case in BAD if case != "inf sound"])
def test_a_bad_file_is_refused_and_the_good_rows_are_kept(folder: Folder, streams: Any, case: str) -> None:
    stream, make, problem = BAD[case]
    name = make(folder)
    cells = {"acoustic": f"{name},,,", "thermal": f",,{name},", "enose": f",,,{name}"}[stream]
    folder.rows.insert(1, f"x,train,x,ok,,{cells}")
    reader = read_manifest(folder.write(), streams)
    assert [item.name for item in reader] == ["p0", "p1", "p2"]
    assert len(reader.faults) == 1
    assert str(reader.faults[0]).startswith(f"{folder.manifest} row 3, {stream} = {name!r}: ")
    assert problem in str(reader.faults[0])
    with pytest.raises(ManifestError, match="1 fault:"):
        reader.check()


def test_every_bad_file_of_every_row_is_reported(folder: Folder, streams: Any) -> None:
    folder.add("x,train,x,ok,,gone.flac,,gone.png,p0.csv")
    folder.add("y,train,y,ok,,gone.flac,,,")
    reader = read_manifest(folder.write(), streams)
    assert len(list(reader)) == 3
    assert [(fault.row, fault.column) for fault in reader.faults] == [(5, "acoustic"), (5, "thermal"), (6, "acoustic")]


def test_columns_in_another_order_are_put_in_the_streams_order(folder: Folder, streams: Any) -> None:
    folder.put("x.csv", series.encode(np.array([[1] * 5, [2] * 5], np.float32), ("b", "a")))
    folder.rows = ["x,train,x,ok,,,,,x.csv"]
    assert next(iter(read_manifest(folder.write(), streams))).windows["enose"][:, 0].tolist() == [2, 1]


def test_whole_numbers_of_a_saved_array_serve_a_series(folder: Folder, streams: Any) -> None:
    folder.put("x.npy", array.encode(np.ones((2, 5), np.int64)))
    folder.rows = ["x,train,x,ok,,,,,x.npy"]
    assert next(iter(read_manifest(folder.write(), streams))).windows["enose"].dtype == np.float32


def test_a_long_recording_becomes_items_of_one_group(folder: Folder, streams: Any) -> None:
    folder.rows = [f"x,train,lot,ok,,{folder.sound('long', 1300)},,p0.png,"]
    items = list(read_manifest(folder.write(), streams))
    assert [(item.name, item.group) for item in items] == [("x#0", "lot"), ("x#1", "lot"), ("x#2", "lot")]
    assert [int(item.windows["acoustic"][0, 0]) for item in items] == [0, 400, 800]
    assert all(item.windows["thermal"].shape == (1, 6, 4) for item in items)


def test_streams_of_different_length_are_refused(folder: Folder, streams: Any) -> None:
    folder.rows = [f"x,train,lot,ok,,{folder.sound('long', 1300)},,,{folder.table('long', 10)}"]
    reader = read_manifest(folder.write(), streams)
    assert list(reader) == []
    assert "different numbers of windows (acoustic 3, enose 2)" in str(reader.faults[0])


def test_single_files_are_one_part(folder: Folder, streams: Any) -> None:
    root = folder.root
    (part,) = read_part({"thermal": root / "p0.png", "enose": root / "p1.csv"}, streams)
    assert {name: window.shape for name, window in part.items()} == {"thermal": (1, 6, 4), "enose": (2, 5)}


def test_all_bad_files_of_a_part_are_reported(folder: Folder, streams: Any) -> None:
    with pytest.raises(ManifestError) as raised:
        read_part({"smell": folder.root / "a.csv", "acoustic": folder.root / "p0.png"}, streams)
    assert "unknown stream; allowed: acoustic, thermal, enose" in str(raised.value)
    assert ".png holds a image" in str(raised.value)
    with pytest.raises(ManifestError, match="no recording given"):
        read_part({}, streams)
