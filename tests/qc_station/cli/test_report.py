"""`qc-station report`: a page or a text from a bundle, or the reason why there is none."""

import json
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from deploy.bundle import TRAINING, Bundle, write_bundle
from qc_station.cli import cli
from qc_station.config.writing import write_station
from qc_station.learning.record import written
from qc_station.report.page import SECTIONS
from qc_station.store import Store
from tests.qc_station.learning.test_leaving_out import CONFIG, ITEMS, STREAMS, item
from tests.qc_station.report.invented import record
from tests.qc_station.report.reading import Page


def call(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(a) for a in arguments], standalone_mode=True)


def with_training(bundle_folder: Path, parent: Path, content: bytes) -> Path:
    """The session's bundle with a record beside its model."""
    plain = Bundle(bundle_folder)
    return write_bundle(parent, plain.manifest, plain.model, *plain.selftest(), {TRAINING: content})


@pytest.fixture
def bundle(bundle_folder: Path, tmp_path: Path) -> Path:
    return with_training(bundle_folder, tmp_path / "bundles", written(record()))


def test_a_page_is_written_where_it_was_asked_for(bundle: Path, tmp_path: Path) -> None:
    out = tmp_path / "seen.html"
    result = call("report", bundle, "--out", out)
    assert result.exit_code == 0, result.output
    assert result.stdout.strip() == str(out)
    page = Page(out.read_text(encoding="utf-8"))
    assert len(page.named("section")) == len(SECTIONS)
    assert page.said("h1") == [f"Training report: synthetic, bundle {bundle.name}"]


def test_a_program_is_told_the_file_and_its_size(bundle: Path, tmp_path: Path) -> None:
    out = tmp_path / "seen.html"
    out.write_text("an older one", encoding="utf-8")
    result = json.loads(call("report", bundle, "--out", out, "--json").stdout)
    assert result == {"bundle": str(bundle), "report": str(out), "bytes": out.stat().st_size}
    assert out.read_bytes().startswith(b"<!DOCTYPE html>")


def test_the_text_has_the_figures_and_the_neuron_sets_and_writes_no_file(
    bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.iterdir())
    result = call("report", bundle, "--text")
    assert result.exit_code == 0, result.output
    assert "escape (bad parts that passed): " in result.stdout
    assert "acoustic+thermal  overlapping" in result.stdout
    assert sorted(tmp_path.iterdir()) == before


def test_an_older_bundle_is_told_apart_and_the_way_out_is_named(bundle_folder: Path, tmp_path: Path) -> None:
    result = call("report", bundle_folder, "--out", tmp_path / "seen.html")
    assert result.exit_code == 1
    assert "holds no training.json: it was made before trainings were recorded; train again" in result.output
    assert not (tmp_path / "seen.html").exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"[]", "training.json cannot be read"),
        (b'{"format": 1}', "training.json cannot be read: Object missing required field"),
        (b'{"format": 2, "tasks": 3}', "training.json cannot be read: format 2; this program reads 1"),
        (b"\xff", "training.json cannot be read"),
    ],
)
def test_a_record_that_cannot_be_read_is_refused(
    bundle_folder: Path, tmp_path: Path, content: bytes, words: str
) -> None:
    result = call("report", with_training(bundle_folder, tmp_path, content), "--out", tmp_path / "seen.html")
    assert result.exit_code == 1
    assert words in result.output


def test_a_field_that_a_later_program_adds_is_passed_over(bundle_folder: Path, tmp_path: Path) -> None:
    table = msgspec.json.decode(written(record())) | {"invented_later": [1, 2]}
    later = with_training(bundle_folder, tmp_path / "bundles", msgspec.json.encode(table))
    assert call("report", later, "--out", tmp_path / "seen.html").exit_code == 0


def test_a_file_that_cannot_be_written_is_named_with_the_way_out(bundle: Path, tmp_path: Path) -> None:
    result = call("report", bundle, "--out", tmp_path / "no" / "such" / "folder.html")
    assert result.exit_code == 2
    assert "No such file or directory; name a file in a folder that can be written" in result.output


def test_a_harmed_bundle_gives_no_report(bundle: Path, tmp_path: Path) -> None:
    (bundle / TRAINING).write_bytes((bundle / TRAINING).read_bytes()[:-1])
    result = call("report", bundle, "--out", tmp_path / "seen.html")
    assert result.exit_code == 1
    assert "truncated or changed" in result.output


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A station of one gas sensor that learns in a second and has two kinds of defects."""
    folder = tmp_path_factory.mktemp("line1")
    write_station(folder, CONFIG)
    with Store.open(folder) as store:
        store.add_items(ITEMS, STREAMS)
    return folder


@pytest.fixture(scope="module")
def trained(station: Path) -> Path:
    done = call("train", "--station", station, "--json")
    assert done.exit_code == 0, done.output
    return Path(json.loads(done.stdout.splitlines()[-1])["bundle"])


def test_classes_left_out_are_measured_and_stand_in_the_report(trained: Path, station: Path, tmp_path: Path) -> None:
    plain, out = tmp_path / "plain.html", tmp_path / "seen.html"
    assert call("report", trained, "--out", plain).exit_code == 0
    assert "was not measured; `qc-station report BUNDLE --station DIR --leave-out` does" in plain.read_text()
    done = call("report", trained, "--station", station, "--leave-out", "--out", out, "--json")
    assert done.exit_code == 0, done.output
    assert "training without 'bad' (1 of 2)" in done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert ([row["name"] for row in found["left_out"]], found["same_items"]) == (["bad", "burr"], True)
    source = out.read_text(encoding="utf-8")
    assert "AUROC of each class, left out in turn" in source
    assert "was not measured" not in " ".join(w for w in Page(source).said("section", "p") if "left out" in w)
    assert {"bad", "burr", "15", "45"} <= set(Page(source).said("table"))


def test_the_text_has_the_classes_left_out_and_items_that_changed_are_said(trained: Path, station: Path) -> None:
    with Store.open(station) as store:
        store.add_items([item(500, "ok")], STREAMS)
    done = call("report", trained, "--station", station, "--leave-out", "--text")
    assert done.exit_code == 0, done.output
    assert "look at this: the station's items are not those that the bundle learnt from" in done.stderr
    (row,) = [line.split() for line in done.stdout.splitlines() if line.startswith("burr")]
    assert row[1:3] == ["15", "45"]
    assert float(row[3]) > 0.9


@pytest.mark.parametrize("option", [("--leave-out",), ("--station", ".")])
def test_leaving_out_needs_a_station_and_a_station_is_for_nothing_else(bundle: Path, option: tuple[str, ...]) -> None:
    result = call("report", bundle, *option)
    assert result.exit_code == 2
    assert "--leave-out and --station DIR go together" in result.output


def test_a_bundle_that_judges_no_novelty_is_refused_before_anything_is_trained(
    bundle_folder: Path, station: Path, tmp_path: Path
) -> None:
    plain = with_training(bundle_folder, tmp_path / "bundles", written(record(novelty=None)))
    result = call("report", plain, "--station", station, "--leave-out")
    assert result.exit_code == 2
    assert f"bundle {plain.name} does not judge novelty" in result.output


def test_a_bundle_of_another_station_is_refused_before_anything_is_trained(bundle: Path, station: Path) -> None:
    result = call("report", bundle, "--station", station, "--leave-out")
    assert result.exit_code == 1
    assert "was built for other streams" in result.output
