"""Weights of tasks are put into station.toml, whatever form it has, and nothing else changes."""

from pathlib import Path

import pytest

from qc_station.config.loading import load_station
from qc_station.config.station import StationConfig, StreamConfig
from qc_station.config.weights import weights_table, write_weights
from qc_station.config.writing import write_station
from qc_station.errors import ConfigError

STREAMS = 'name = "line1"\n\n[streams.gas]\nkind = "series"\nwindow_steps = 3\n'
PROPOSED = {"label": 1.0, "label.gas": 0.4}


def written(folder: Path, text: str) -> str:
    (folder / "station.toml").write_text(text)
    write_weights(folder, PROPOSED, "by a pilot")
    return (folder / "station.toml").read_text()


@pytest.mark.parametrize(
    "tail",
    [
        "",
        "\n[training]\n",
        "\n[training]\nseed = 3\n",
        "\n[training]\nweights = {}\nseed = 3\n",
        '\n[training]\nweights = { "label.gas" = 2.0 } # by hand\n',
        "\n[training.weights]\n",
        '\n[training.weights]\n"label.gas" = 9\n\n[costs]\nescape = 3.0\n',
        "\n[training]\nseed = 3\n\n[training.weights]\nlabel = 9.0 # mine\n",
        "\n[training]\nseed = 3\n\n[training.paths.shared]\nlr = 0.1\n\n[costs]\nescape = 3.0\n",
    ],
)
def test_weights_are_as_proposed_in_every_form_of_the_file(tail: str, tmp_path: Path) -> None:
    new = written(tmp_path, STREAMS + tail)
    config = load_station(tmp_path)
    assert config.training.weights == PROPOSED
    assert config.training.seed == (3 if "seed" in tail else 0)
    assert config.costs.escape == (3.0 if "escape" in tail else 10.0)
    assert new.startswith(STREAMS.rstrip())
    assert "# calibrated by a pilot" in new
    assert all(comment in new for comment in ("# by hand", "# mine") if comment in tail)


def test_a_station_as_init_writes_it_keeps_every_other_line(tmp_path: Path) -> None:
    write_station(tmp_path, StationConfig(name="a", streams={"gas": StreamConfig(kind="series", window_steps=3)}))
    before = (tmp_path / "station.toml").read_text().splitlines()
    write_weights(tmp_path, PROPOSED, "by a pilot")
    after = (tmp_path / "station.toml").read_text().splitlines()
    assert load_station(tmp_path).training.weights == PROPOSED
    assert after[: len(before)] == before
    assert after[len(before) :][1] == "[training.weights]"
    write_weights(tmp_path, {"label": 2.0}, "by another")
    assert load_station(tmp_path).training.weights == {"label": 2.0, "label.gas": 0.4}
    assert sum(line.startswith("# calibrated") for line in (tmp_path / "station.toml").read_text().splitlines()) == 1


def test_a_file_that_cannot_be_edited_safely_is_left_alone(tmp_path: Path) -> None:
    text = "training = { seed = 3 }\n" + STREAMS
    (tmp_path / "station.toml").write_text(text)
    with pytest.raises(ConfigError, match=r"put in:\n  weights = \{ label = 1.0"):
        write_weights(tmp_path, PROPOSED, "by a pilot")
    assert (tmp_path / "station.toml").read_text() == text


def test_the_table_is_toml_with_names_in_quotes_where_they_need_them() -> None:
    assert weights_table(PROPOSED) == ["[training.weights]", "label = 1.0", '"label.gas" = 0.4']
