"""`quantize` as a program and a person call it."""

import json
import shutil
import warnings
from pathlib import Path

import pytest
from click.testing import CliRunner

import qc_station.smaller
from deploy.variants import Measured
from qc_station.cli import cli
from qc_station.config.station import StationConfig
from qc_station.config.writing import write_station
from qc_station.items import Item
from qc_station.smaller import Variant
from qc_station.store import Store
from tests.synthetic import SPECS, TABLES, raw_windows
from tests.told_bundle import CLASSES, CONFIG, told_bundle, told_item


def test_what_is_offered_and_what_is_not_is_told_with_its_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_station(tmp_path, CONFIG)
    with Store.open(tmp_path) as store:
        kinds = [(split, kind) for split in ("train", "val", "test") for kind in CLASSES]
        items = [told_item(f"p{n}", kind, kind, split=split) for n, (split, kind) in enumerate(kinds)]  # type: ignore[arg-type]
        store.add_items(items, CONFIG.streams)
    bundle = told_bundle(tmp_path / "bundles", 0)
    given = []

    def found(_runtime: object, learnt: list, held: list, parent: Path, **_: object) -> list[Variant]:
        given.append(([i.split for i in learnt], [i.split for i in held]))
        seen = Measured(name="int8", original_ms=3.0, variant_ms=1.5, worst=2e-5, flipped=0, items=3)
        return [
            Variant(name="int8", measured=seen, refused=(), folder=parent / "abc"),
            Variant(name="fp16", measured=None, refused=("onnxruntime refuses the model",), folder=None),
        ]

    monkeypatch.setattr(qc_station.smaller, "variants", found)
    words = ["quantize", bundle.name, "--station", str(tmp_path)]
    done = CliRunner().invoke(cli, [*words, "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["offered"] == [str(tmp_path / "bundles" / "abc")]
    assert [(one["name"], one.get("gain")) for one in told["variants"]] == [("int8", 2.0), ("fp16", None)]
    assert given == [(["train"] * 3, ["val"] * 3)]
    shown = CliRunner().invoke(cli, words, env={"COLUMNS": "200"}).stdout
    assert "0 of 3" in shown
    assert "onnxruntime refuses the model" in shown


def test_every_kind_of_a_real_exported_graph_is_measured_or_told_why_not(bundle_folder: Path, tmp_path: Path) -> None:
    """onnxruntime 1.31.1 ends the process that makes a session of such a graph in fp16."""
    config = StationConfig(name="synthetic", streams=TABLES)
    write_station(tmp_path, config)
    shutil.copytree(bundle_folder, tmp_path / "bundles" / bundle_folder.name)
    windows = {spec.name: raw_windows(spec, 4, seed=3) for spec in SPECS}
    splits = ("train", "train", "val", "val")
    with Store.open(tmp_path) as store:
        items = [
            Item(name=f"p{n}", group=f"g{n}", split=split, windows={s: w[n] for s, w in windows.items()}, labels={})  # type: ignore[arg-type]
            for n, split in enumerate(splits)
        ]
        assert store.add_items(items, config.streams).added == 4
    with warnings.catch_warnings():
        # onnxruntime's tools warn of themselves.
        warnings.simplefilter("ignore")
        done = CliRunner().invoke(cli, ["quantize", bundle_folder.name, "--station", str(tmp_path), "--json"])
    assert done.exit_code == 0, done.output
    told = {one["name"]: one for one in json.loads(done.stdout.splitlines()[-1])["variants"]}
    assert list(told) == ["fp16", "int8", "int8_bodies"]
    assert all((one["bundle"] is None) == bool(one["refused"]) for one in told.values())
    assert "gain" in told["fp16"] or "onnxruntime" in told["fp16"]["refused"][0]
    assert told["int8"]["items"] == told["int8_bodies"]["items"] == 2
