"""A manifest is audited as far as it can be read, a station as it is; what is wrong becomes findings."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

from qc_station.audit.finding import Finding, Severity
from qc_station.audit.material import Material, of_manifest, of_station
from qc_station.config.writing import write_station
from qc_station.errors import ManifestError
from qc_station.items import Item
from qc_station.recordings import png, series, sound
from qc_station.store import Store
from tests.qc_station.audit.scene import CONFIG, STREAMS, clean

HEADER = "item,split,group,label,weight,acoustic,thermal,enose"


def write(folder: Path, items: Iterable[Item], *rows: str) -> Path:
    """The items as a manifest folder, and more rows as they are."""
    folder.mkdir(exist_ok=True)
    lines = [HEADER]
    for item in items:
        suffix, content = sound.encode(item.windows["acoustic"], 8000.0)
        (folder / f"{item.name}{suffix}").write_bytes(content)
        (folder / f"{item.name}.png").write_bytes(png.encode(item.windows["thermal"][0]))
        (folder / f"{item.name}.csv").write_bytes(series.encode(item.windows["enose"], ("a", "b", "c")))
        files = f"{item.name}{suffix},{item.name}.png,{item.name}.csv"
        lines.append(f"{item.name},{item.split or ''},{item.group},{item.labels['label']},,{files}")
    (folder / "manifest.csv").write_text("\n".join([*lines, *rows]) + "\n")
    return folder / "manifest.csv"


def told(material: Material) -> list[tuple[Severity, str, tuple[str, ...]]]:
    return [(finding.severity, finding.kind, finding.items) for finding in material.refused]


def test_a_clean_manifest_is_read_whole(tmp_path: Path) -> None:
    items = clean()[:12]
    material = of_manifest(write(tmp_path / "set", items))
    assert material.refused == ()
    assert [one.name for one in material.items] == [one.name for one in items]
    assert np.array_equal(material.items[3].windows["thermal"], items[3].windows["thermal"])
    assert material.config.ok_classes == ("ok",)
    facts = material.files["p003"]
    assert {name: file.length for name, file in facts.items()} == {"acoustic": 400, "thermal": 1, "enose": 8}
    assert facts["thermal"].bytes == (tmp_path / "set" / "p003.png").stat().st_size


def test_a_group_in_two_splits_is_a_fault_that_names_all_of_it_and_leaves_it_readable(tmp_path: Path) -> None:
    source = write(tmp_path / "set", clean()[:12], "x,test,g0,ok,,p000.flac,p000.png,p000.csv")
    material = of_manifest(source)
    assert told(material) == [(Severity.FAULT, "group", ("p000", "p001", "p002", "x"))]
    assert len(material.items) == 13


@pytest.mark.parametrize(
    "row",
    [
        "p000,train,g0,ok,,p000.flac,,",
        "x,nowhere,x,ok,,p000.flac,,",
        "x,train,x,ok,-1,p000.flac,,",
        "x,train,x,ok,,../secret.flac,,",
        "x,train,x,ok,,,,",
        "x,train,x,ok,,missing.flac,,",
    ],
    ids=["twice", "split", "weight", "outside", "empty", "missing"],
)
def test_a_bad_row_is_a_fault_and_is_left_out(tmp_path: Path, row: str) -> None:
    (tmp_path / "secret.flac").write_bytes(b"no business of anybody")
    material = of_manifest(write(tmp_path / "set", clean()[:12], row))
    assert told(material) == [(Severity.FAULT, "manifest", (row.partition(",")[0],))]
    assert len(material.items) == 12


def test_a_class_that_training_never_shows_is_a_fault_of_a_row_that_is_read(tmp_path: Path) -> None:
    material = of_manifest(write(tmp_path / "set", clean()[:12], "x,test,x,odd,,p000.flac,,"))
    assert told(material) == [(Severity.FAULT, "manifest", ("x",))]
    assert len(material.items) == 13


def test_what_is_no_table_is_refused(tmp_path: Path) -> None:
    (tmp_path / "manifest.csv").write_text("item;split\n")
    with pytest.raises(ManifestError, match="is missing; found: item;split"):
        of_manifest(tmp_path / "manifest.csv")


def station(folder: Path, items: list[Item]) -> Path:
    folder.mkdir()
    write_station(folder, CONFIG)
    with Store.open(folder) as store:
        store.add_items(items, STREAMS)
    return folder


def test_a_station_is_read_from_its_store(tmp_path: Path) -> None:
    folder = station(tmp_path / "line", clean()[:12])
    material = of_station(folder)
    assert (len(material.items), material.refused) == (12, ())
    path = next((folder / "items/thermal").glob("p003*"))
    assert material.files["p003"]["thermal"].bytes == path.stat().st_size


def test_a_file_that_is_gone_is_a_fault_of_its_item(tmp_path: Path) -> None:
    folder = station(tmp_path / "line", clean()[:12])
    next((folder / "items/thermal").glob("p003*")).unlink()
    material = of_station(folder)
    assert told(material) == [(Severity.FAULT, "unreadable", ("p003",))]
    assert len(material.items) == 11


def test_a_finding_names_five_items_and_how_many_more() -> None:
    names = tuple(f"p{number}" for number in range(7))
    finding = Finding(severity=Severity.NOTE, kind="label", what="w", advice="a", items=names)
    assert finding.where == "p0, p1, p2, p3, p4 and 2 more"
    assert finding.as_json()["items"] == names
