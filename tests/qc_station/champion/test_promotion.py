"""What becomes champion, what is refused and why, and the way back."""

import shutil
from pathlib import Path

import pytest

from deploy.errors import BundleError
from qc_station.champion.promotion import promote, roll_back
from qc_station.champion.record import read_champions
from qc_station.champion.standings import standings
from qc_station.config.station import StationConfig, StreamConfig
from qc_station.errors import ChampionError
from qc_station.store import Store
from tests.told_bundle import CLASSES, CONFIG, GOOD_FIGURES, told_bundle, told_item


@pytest.fixture
def station(tmp_path: Path) -> Path:
    """Twelve parts of the test split: row 0 is right about all, row 1 about half, row 2 about all but one."""
    with Store.open(tmp_path) as store:
        kinds = [CLASSES[number % 3] for number in range(12)]
        other = {"ok": "crack", "crack": "ok", "leak": "ok"}
        store.add_items(
            [
                told_item(f"p{n}", kind, kind, other[kind] if n < 6 else kind, other[kind] if n == 0 else kind)
                for n, kind in enumerate(kinds)
            ],
            CONFIG.streams,
        )
    return tmp_path


def bundle(station: Path, row: int, **more: object) -> Path:
    return told_bundle(station / "bundles", row, **more)  # type: ignore[arg-type]


def test_the_first_champion_needs_no_comparison_and_its_figures_are_told(station: Path) -> None:
    found = promote(station, CONFIG, bundle(station, 1), who="ann", why="the first")
    assert (found.before, found.compared) == (None, None)
    assert found.figures is not None
    assert (found.figures.accuracy.count, found.figures.accuracy.total) == (6, 12)
    champion = read_champions(station).champion
    assert champion is not None
    assert (champion.who, champion.why, champion.despite) == ("ann", "the first", ())


def test_a_better_one_takes_its_place_and_a_significantly_worse_one_does_not(station: Path) -> None:
    better, worse, nearly = bundle(station, 0), bundle(station, 1), bundle(station, 2)
    promote(station, CONFIG, worse, who="ann")
    found = promote(station, CONFIG, better, who="ann")
    assert found.before is not None
    assert found.before.folder == worse.name
    assert found.compared is not None
    assert (found.compared.classes.only_first, found.compared.classes.only_second) == (6, 0)
    with pytest.raises(ChampionError, match=f"{worse.name} is not promoted: significantly worse than the champion in"):
        promote(station, CONFIG, worse, who="ann")
    assert promote(station, CONFIG, nearly, who="ann").compared is not None


def test_what_is_overruled_is_recorded_with_the_reason(station: Path) -> None:
    low = bundle(station, 0, figures=GOOD_FIGURES | {"floor": {"beaten": False, "message": "below the floor"}})
    with pytest.raises(ChampionError, match="not promoted: below the floor"):
        promote(station, CONFIG, low, who="ann")
    assert read_champions(station).history == ()
    reign = promote(station, CONFIG, low, who="ann", why="trial", despite="the floor was fitted wrongly").reign
    assert reign.despite == ("below the floor",)
    assert reign.why == "trial; despite failed gates: the floor was fitted wrongly"


def test_every_gate_that_fails_is_named_at_once(station: Path) -> None:
    promote(station, CONFIG, bundle(station, 0), who="ann")
    low = bundle(station, 1, figures={"floor": {"beaten": False, "message": "below"}})
    with pytest.raises(ChampionError, match=r"no parity record.*below.*significantly worse"):
        promote(station, CONFIG, low, who="ann")


def test_what_does_not_load_or_takes_other_streams_is_never_promoted(station: Path) -> None:
    damaged = bundle(station, 0)
    (damaged / "model.onnx").write_bytes(b"")
    with pytest.raises(BundleError, match=r"model\.onnx"):
        promote(station, CONFIG, damaged, who="ann", despite="I insist")
    other = StationConfig(name="x", streams={"gas": StreamConfig(kind="series", window_steps=3)})
    with pytest.raises(BundleError, match="needs stream 'enose'"):
        promote(station, other, bundle(station, 1), who="ann", despite="I insist")
    assert read_champions(station).history == ()


def test_a_bundle_from_elsewhere_is_copied_to_the_station(
    station: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = told_bundle(tmp_path_factory.mktemp("usb"), 0)
    promote(station, CONFIG, elsewhere, who="ann")
    shutil.rmtree(elsewhere)
    promote(station, CONFIG, bundle(station, 2), who="ann")
    assert roll_back(station, CONFIG, who="ann").folder == elsewhere.name
    assert {folder.name for folder in (station / "bundles").iterdir()} == {
        elsewhere.name,
        bundle(station, 2).name,
    }


def test_a_champion_that_is_damaged_does_not_keep_its_place_against_one_that_works(station: Path) -> None:
    first = bundle(station, 0)
    promote(station, CONFIG, first, who="ann")
    shutil.rmtree(first)
    assert promote(station, CONFIG, bundle(station, 1), who="ann").compared is None


def test_rolling_back_gives_the_place_to_the_one_before_and_not_to_what_no_longer_loads(station: Path) -> None:
    first, second = bundle(station, 0), bundle(station, 2)
    for one in (first, second):
        promote(station, CONFIG, one, who="ann")
    assert roll_back(station, CONFIG, who="bob", why="rejects").folder == first.name
    promote(station, CONFIG, second, who="ann")
    shutil.rmtree(first)
    with pytest.raises(BundleError, match="cannot be read"):
        roll_back(station, CONFIG, who="bob")
    champion = read_champions(station).champion
    assert champion is not None
    assert champion.folder == second.name


def test_all_bundles_stand_beside_the_champion_with_what_they_would_be_refused_for(station: Path) -> None:
    best, worse, nearly = (bundle(station, row) for row in (0, 1, 2))
    damaged = bundle(station, 0, provenance={"of": "another day"})
    (damaged / "model.onnx").write_bytes(b"")
    promote(station, CONFIG, nearly, who="ann")
    promote(station, CONFIG, best, who="ann")
    found = standings(station, CONFIG)
    assert (found.challenge.split, len(found.challenge.items)) == ("test", 12)
    first, *others = found.bundles
    assert (first.role, first.bundle[:12], first.compared, first.failed) == ("champion", best.name, None, ())
    by_name = {one.bundle[:12]: one for one in others}
    assert {name: one.role for name, one in by_name.items()} == {
        nearly.name: "former",
        worse.name: "candidate",
        damaged.name: "candidate",
    }
    assert by_name[nearly.name].failed == ()
    assert len(by_name[worse.name].failed) == 1
    assert "model.onnx" in by_name[damaged.name].fault
    shown = found.as_json()["bundles"][0]["figures"]["accuracy"]
    assert (shown["count"], shown["total"]) == (12, 12)


def test_without_labelled_parts_nothing_is_compared(tmp_path: Path) -> None:
    promote(tmp_path, CONFIG, bundle(tmp_path, 0), who="ann")
    found = promote(tmp_path, CONFIG, bundle(tmp_path, 1), who="ann")
    assert (found.figures, found.compared, found.challenge.items) == (None, None, ())
    assert [one.figures for one in standings(tmp_path, CONFIG).bundles] == [None, None]
