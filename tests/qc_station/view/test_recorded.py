"""What was applied to a window is in the store with it."""

import sqlite3
from pathlib import Path

import numpy as np

from qc_station.align.snapshot import Reason, Snapshot, Window
from qc_station.config.loading import parse_station
from qc_station.line.shift import item
from qc_station.store import Store
from qc_station.store.schema import FILE_NAME, steps
from qc_station.view.placement import Placement

CORNERS = [[1.0, 1.0], [7.0, 1.5], [7.5, 5.0], [0.5, 5.5]]


def test_what_was_applied_is_stored_with_the_window_and_read_back(tmp_path: Path) -> None:
    camera = {"kind": "image", "height": 3, "width": 4, "sensor_height": 6, "sensor_width": 8, "dtype": "uint16"}
    gas = {"kind": "series", "window_steps": 2, "offset_ms": 400.0}
    heat = {**camera, "corners": CORNERS, "position_mm": 50.0}
    config = parse_station({"name": "x", "belt": {"speed_mm_s": 100}, "streams": {"heat": heat, "gas": gas}})
    frames, steps = np.full((1, 6, 8), 7, "uint16"), np.zeros((1, 2), "float32")
    windows = {
        name: Window(data=data, start_ns=0, missing=0, skew_ns=0, uncertainty_ns=0, shared=False)
        for name, data in (("heat", frames), ("gas", steps))
    }
    raw = Snapshot(part="p", time_ns=0, windows=windows, reasons=dict.fromkeys(windows, Reason.OK))
    with Store.open(tmp_path) as store:
        store.add_items([item(Placement(config).seen(raw), {}, group="g")], config.inspecting)
        (found,) = store.items()
    assert found.windows["heat"].shape == (1, 3, 4)
    assert found.applied["heat"] == {
        "offset_ns": 0,
        "position_mm": 50.0,
        "travel_ns": 500_000_000,
        "sensor_size": [6, 8],
        "outline": CORNERS,
    }
    assert found.applied["gas"]["offset_ns"] == 400_000_000
    assert found.applied["gas"]["outline"] is None


def test_an_item_of_which_nobody_said_how_it_was_seen_has_no_record(tmp_path: Path) -> None:
    config = parse_station({"name": "x", "streams": {"gas": {"kind": "series", "window_steps": 2}}})
    data = np.zeros((1, 2), "float32")
    window = Window(data=data, start_ns=0, missing=0, skew_ns=0, uncertainty_ns=0, shared=False)
    raw = Snapshot(part="p", time_ns=0, windows={"gas": window}, reasons={"gas": Reason.OK})
    with Store.open(tmp_path) as store:
        store.add_items([item(raw, {}, group="g")], config.inspecting)
        (found,) = store.items()
    assert found.applied == {}


def test_a_store_from_before_gets_the_column_and_keeps_its_items(tmp_path: Path) -> None:
    old = sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)
    for number, script in steps():
        if number < 3:
            old.executescript(script)
    old.execute("INSERT INTO items VALUES (1, 'p', 'g', NULL, '', 'd', 0)")
    old.execute("INSERT INTO windows VALUES (1, 'gas', 'f', '[1, 2]', 'float32', 'd')")
    old.execute("PRAGMA user_version = 2")
    old.close()
    with Store.open(tmp_path) as store:
        (entry,) = store.entries()
    assert (entry.windows["gas"].shape, entry.windows["gas"].applied) == ((1, 2), None)
