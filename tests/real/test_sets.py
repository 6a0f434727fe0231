"""Default settings, the same commands for every set, on real recordings; composite sets are composed of several objects."""

from pathlib import Path

import pytest

from tests.real.sets import main_job, manifest, prepare, run

pytestmark = pytest.mark.real


def test_bottle_knock_is_heard_with_and_without_its_level(tmp_path: Path) -> None:
    source = manifest("bottle_knock", tmp_path)
    plain = main_job(source, tmp_path / "plain")
    assert plain["tasks"]["label"]["accuracy"] >= 0.985
    prepare(source, tmp_path / "levelled")
    config = tmp_path / "levelled" / "station.toml"
    config.write_text(config.read_text().replace("level_normalization = false", "level_normalization = true"))
    assert "level_normalization = true" in config.read_text()
    bundle = run("train", "--station", str(tmp_path / "levelled"))["bundle"]
    levelled = run("evaluate", bundle, str(source), "--split", "test")
    assert levelled["tasks"]["label"]["accuracy"] >= 0.98


def test_solar_modules_are_told_apart_in_twelve_classes(tmp_path: Path) -> None:
    result = main_job(manifest("pv_modules", tmp_path), tmp_path / "line", "--budget", "300")
    assert result["items"] == 1994
    assert result["tasks"]["label"]["accuracy"] >= 0.78


def test_hot_spots_are_found_in_raw_frames(tmp_path: Path) -> None:
    result = main_job(manifest("electrical_hot", tmp_path), tmp_path / "line")
    assert result["tasks"]["label"]["auc"] >= 0.90


def test_three_sensors_beat_every_pair_on_composed_parts(tmp_path: Path) -> None:
    result = main_job(manifest("composite_a_plus", tmp_path), tmp_path / "line", "--budget", "360")
    assert result["tasks"]["label"]["auc"] >= 0.96
    assert result["tasks"]["label"]["accuracy"] >= 0.91
    whole = result["subsets"]["acoustic+thermal+enose"]
    pairs = [figures for name, figures in result["subsets"].items() if name.count("+") == 1]
    assert len(pairs) == 3
    assert all(whole["auc"] > pair["auc"] and whole["accuracy"] > pair["accuracy"] for pair in pairs)
