"""`qc-station pilot` as a user calls it: it never reads test items, and --write changes the weights alone."""

import json
import tomllib
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result

from qc_station.cli import cli
from qc_station.config.loading import load_station
from qc_station.config.station import StationConfig, StreamConfig
from qc_station.config.writing import write_station
from qc_station.items import Item
from qc_station.store import Store

STREAMS = {name: StreamConfig(kind="series", channels=("a", "b"), window_steps=6) for name in ("gas", "heat")}


def items(count: int = 30) -> list[Item]:
    """Parts that leak where gas shows it; every third is for validation, every fifth for the test."""
    random, found = np.random.default_rng(0), []
    for number in range(count):
        bad = bool(number % 2)
        windows = {name: random.uniform(1, 2, (2, 6)).astype(np.float32) for name in STREAMS}
        windows["gas"][0] += 3 * bad
        split = "test" if number % 5 == 4 else "val" if number % 3 == 0 else "train"
        labels = {"label": "leak" if bad else "ok", "label.gas": "leak" if bad else "ok"}
        found.append(Item(name=f"p{number}", group=f"g{number}", split=split, labels=labels, windows=windows))
    return found


@pytest.fixture
def station(tmp_path: Path) -> Path:
    torch.set_num_threads(1)
    write_station(tmp_path / "line1", StationConfig(name="line1", streams=STREAMS))
    with Store.open(tmp_path / "line1") as store:
        store.add_items(items(), STREAMS)
    return tmp_path / "line1"


def pilot(station: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["pilot", "--station", str(station), "--epochs", "2", *arguments])


def test_it_says_who_helps_whom_and_prints_a_table_to_paste(station: Path) -> None:
    before = (station / "station.toml").read_bytes()
    result = pilot(station)
    assert result.exit_code == 0, result.output
    assert "label: gas and heat" in result.stdout
    table = tomllib.loads(result.stdout[result.stdout.index("[training.weights]") :])["training"]["weights"]
    assert set(table) == {"label", "label.gas"}
    assert table["label"] == 1.0
    assert (station / "station.toml").read_bytes() == before
    assert "gas + heat, 2 epochs, validation loss (1: no skill): label:joint" in result.stderr


def test_for_programs_and_written_into_the_station(station: Path) -> None:
    result = pilot(station, "--json", "--write")
    answer = json.loads(result.stdout.splitlines()[-1])
    assert [t["streams"] for t in answer["trainings"]] == [["gas"], ["heat"], ["gas", "heat"]]
    (pair,) = answer["pairs"]
    assert (pair["task"], pair["streams"]) == ("label", ["gas", "heat"])
    assert answer["written"]
    assert load_station(station).training.weights == answer["weights"]
    assert "# calibrated by a pilot of 3 trainings of 2 epochs" in (station / "station.toml").read_text()


def test_items_of_the_test_split_change_nothing(station: Path, tmp_path: Path) -> None:
    write_station(tmp_path / "line2", StationConfig(name="line1", streams=STREAMS))
    with Store.open(tmp_path / "line2") as store:
        store.add_items([item for item in items() if item.split != "test"], STREAMS)
    first, second = (json.loads(pilot(s, "--json").stdout.splitlines()[-1]) for s in (station, tmp_path / "line2"))
    assert first == second
    assert first["pairs"][0]["items"] == sum(item.split == "val" for item in items())


def test_a_station_with_nothing_to_learn_is_refused(tmp_path: Path) -> None:
    write_station(tmp_path / "empty", StationConfig(name="empty", streams=STREAMS))
    result = pilot(tmp_path / "empty")
    assert result.exit_code == 2
    assert "0 training and 0 validation items" in result.stderr
