"""`quantize` as a program and a person call it."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

import qc_station.smaller
from deploy.variants import Measured
from qc_station.cli import cli
from qc_station.config.writing import write_station
from qc_station.smaller import Variant
from qc_station.store import Store
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
