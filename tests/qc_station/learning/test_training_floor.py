"""Every bundle carries the floor's figures beside those of its network."""

from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest

from deploy.bundle import TRAINING
from qc_station.code_version import code_version
from qc_station.config.station import StationConfig, StreamConfig
from qc_station.config.training import TrainingConfig
from qc_station.items import Item
from qc_station.learning.training import train_candidate

STREAMS = {"enose": StreamConfig(kind="series", channels=("a", "b"), window_steps=6)}


def item(number: int) -> Item:
    random = np.random.default_rng(number)
    bad = number % 2
    window = (np.linspace(1, 1 + bad, 6) + 0.3 * random.standard_normal((2, 6))).astype(np.float32)
    return Item(
        name=f"p{number}",
        group=f"g{number}",
        split="val" if number >= 60 else "train",
        windows={"enose": window},
        labels={"label": "bad" if bad else "ok"},
    )


@pytest.mark.slow
def test_a_bundle_says_whether_its_network_beats_the_floor(tmp_path: Path) -> None:
    config = StationConfig(name="line", streams=STREAMS, training=TrainingConfig(epochs=1, threads=1))
    items = [item(number) for number in range(100)]
    items[0] = replace(items[0], weight=2.0, quality={"enose": 0.5})
    folder = train_candidate(config, items, tmp_path).folder
    manifest = msgspec.json.decode((folder / "manifest.json").read_bytes())
    agreement, floor = manifest["figures"]["validation"], manifest["figures"]["floor"]
    assert (agreement["items"], agreement["flipped"]) == (40, 0)
    assert agreement["max_abs_difference"] <= 1e-5
    assert agreement["rates"]["escape"]["total"] == 20
    assert manifest["provenance"]["versions"]["qc_station"] == code_version()
    assert floor["items"] == 40
    assert floor["validation"]["floor"]["accuracy"] > 0.8
    assert floor["message"].startswith("the network beats" if floor["beaten"] else "the network does not beat")
    assert floor["mcnemar"]["p"] <= 1
    assert msgspec.json.decode((folder / TRAINING).read_bytes())["floor"] == floor
