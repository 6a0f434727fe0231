"""train, promote, retrain: the candidate knows its parent, the classes that are new, and was made beside the line."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from deploy.runtime import Runtime
from qc_station.cli import cli
from qc_station.cli.retrain import known
from qc_station.config.station import StationConfig, StreamConfig
from qc_station.config.training import TrainingConfig
from qc_station.config.writing import write_station
from qc_station.items import Item
from qc_station.store import Store

STREAMS = {"enose": StreamConfig(kind="series", channels=("a", "b"), window_steps=6)}
CONFIG = StationConfig(name="line", streams=STREAMS, training=TrainingConfig(epochs=2, threads=1))
RISES = {"ok": 0.0, "bad": 1.0, "burr": -1.0}


def items(kinds: tuple[str, ...], first: int, many: int) -> list[Item]:
    """A fifth of them validates."""
    found = []
    for number in range(first, first + many):
        random, label = np.random.default_rng(number), kinds[number % len(kinds)]
        window = np.linspace(1, 1 + RISES[label], 6) + 0.1 * random.standard_normal((2, 6))
        found.append(
            Item(
                name=f"p{number:03d}",
                group=f"g{number}",
                split="val" if number % 5 == 0 else "train",
                windows={"enose": window.astype(np.float32)},
                labels={"label": label},
            )
        )
    return found


def call(*arguments: str, code: int = 0) -> dict[str, Any]:
    done = CliRunner().invoke(cli, [*arguments, "--json"])
    assert done.exit_code == code, done.output
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.slow
def test_a_champion_learns_a_class_that_it_never_saw_in_a_process_of_its_own(tmp_path: Path) -> None:
    write_station(tmp_path, CONFIG)
    where = ("--station", str(tmp_path))
    with Store.open(tmp_path) as store:
        store.add_items(items(("ok", "bad"), 0, 80), STREAMS)
    champion = call("train", *where)["bundle"]
    digest = Runtime(Path(champion)).manifest.digest
    call("promote", champion, *where, "--who", "ann", "--despite", "two epochs of a test")
    assert "nothing was labelled since the champion learnt" in call("retrain", *where, "--who", "ann", code=2)["error"]
    with Store.open(tmp_path) as store:
        store.add_items(items(("burr",), 80, 30), STREAMS)
    found = call("retrain", *where, "--who", "ann")
    assert (found["how"], found["parent"], found["new"]) == ("fine-tuned", digest, 24)
    assert found["new_classes"] == {"label": ["burr"]}
    candidate = Runtime(Path(found["bundle"]))
    assert candidate.manifest.tasks["label"].classes == ("ok", "bad", "burr")
    assert candidate.manifest.provenance["parent"] == digest
    assert candidate.manifest.provenance["asked_by"] == "ann"
    listed = call("models", *where)
    assert {one["role"] for one in listed["bundles"]} == {"champion", "candidate"}
    Path(f"{champion}.parameters.npz").unlink()
    why = known(tmp_path)
    assert isinstance(why, str)
    assert why.endswith(f"{Path(champion).name}.parameters.npz is missing; training anew")
