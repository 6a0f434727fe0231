"""A structural fault refuses the manifest as a whole, naming row, column, value and what is allowed."""

from pathlib import Path
from typing import Any

import pytest

from qc_station.errors import ManifestError
from qc_station.manifest.reading import read_manifest

Folder = Any


def message(folder: Folder, streams: Any, **write: str) -> str:
    with pytest.raises(ManifestError) as raised:
        read_manifest(folder.write(**write), streams)
    return str(raised.value)


@pytest.mark.parametrize(
    ("row", "parts"),
    [
        ("p0,train,g,ok,,p0.flac,,,", ["row 5, item = 'p0': is in row 2 already; allowed: once"]),
        (",train,g,ok,,p0.flac,,,", ["row 5, item = '': no name"]),
        ("p0#3,train,g,ok,,p0.flac,,,", ["item = 'p0#3': is a name for a window of item 'p0'"]),
        ("x,training,g,ok,,p0.flac,,,", ["split = 'training': unknown split; allowed: train, val, test"]),
        ("x,test,p0,ok,,p0.flac,,,", ["group = 'p0': is in split 'test' here and in 'train' in row 2"]),
        ("x,val,g,odd,,p0.flac,,,", ["label = 'odd': class that is not in training; allowed: nok, ok"]),
        ("x,test,g,ok,,p0.flac,bad,,", ["label.acoustic = 'bad': class that is not in training; allowed: ok"]),
        ("x,test,g,ok,,,,,", ["row 5: no recording; allowed: a file for at least one of acoustic, thermal, enose"]),
        ("x,test,g,ok,,../p0.flac,,,", ["acoustic = '../p0.flac': path with ..", "inside the manifest's folder"]),
        ("x,test,g,ok,,a/../p0.flac,,,", ["path with .."]),
        ("x,test,g,ok,,/etc/passwd,,,", ["acoustic = '/etc/passwd': absolute path"]),
        ("x,test,g,ok,nan,p0.flac,,,", ["severity = 'nan': not finite; allowed: a number"]),
        ("x,test,g,ok,,p0.flac", ["row 5: 6 cells; allowed: 9"]),
        ("x,test,g,ok,,p0.flac,,,,,", ["row 5: 11 cells"]),
    ],
)
def test_a_wrong_row_is_refused(folder: Folder, streams: Any, row: str, parts: list[str]) -> None:
    folder.add(row)
    told = message(folder, streams)
    assert all(part in told for part in [str(folder.manifest), *parts])


@pytest.mark.parametrize(
    ("header", "part"),
    [
        ("item,split,grp,label,severity,acoustic,label.acoustic,thermal,enose", "column group: is missing"),
        ("item,split,group,label,severity,acoustic,label.smell,thermal,enose", "'label.smell': is unknown; allowed: "),
        ("item,split,group,label,severity,acoustic,label.acoustic,thermal,smell", "'smell': is unknown"),
        ("item,split,group,label,label,acoustic,label.acoustic,thermal,enose", "column label: is there twice"),
        ("item;split;group;label", "found: item;split;group;label"),
        ("item,split,group", "no column of a stream"),
    ],
)
def test_a_wrong_header_is_refused(folder: Folder, streams: Any, header: str, part: str) -> None:
    assert part in message(folder, streams, header=header)


def test_all_faults_are_reported_at_once(folder: Folder, streams: Any) -> None:
    folder.add("p0,test,p1,odd,,../a.flac,,,")
    folder.add("x,nowhere,y,,,/a.flac,,,")
    told = message(folder, streams)
    assert told.startswith("6 faults:\n")
    assert [line.split(" row ")[1][0] for line in told.splitlines()[1:]] == list("555566")


@pytest.mark.parametrize("link", ["file", "folder", "inside"])
def test_a_link_is_refused(folder: Folder, streams: Any, tmp_path: Path, link: str) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "s.flac").write_bytes((folder.root / "p0.flac").read_bytes())
    targets = {"file": tmp_path / "secret/s.flac", "folder": tmp_path / "secret", "inside": folder.root / "p0.flac"}
    (folder.root / "link").symlink_to(targets[link])
    folder.add(f"x,train,x,ok,,{'link/s.flac' if link == 'folder' else 'link'},,,")
    assert "link is a link; allowed: a file inside the manifest's folder" in message(folder, streams)


def test_a_manifest_reached_through_a_link_is_read(folder: Folder, streams: Any, tmp_path: Path) -> None:
    folder.write()
    (tmp_path / "alias").symlink_to(folder.root)
    assert len(list(read_manifest(tmp_path / "alias/manifest.csv", streams))) == 3


def test_classes_are_free_where_nothing_is_trained(folder: Folder, streams: Any) -> None:
    folder.rows = ["x,test,x,anything,,p0.flac,,,"]
    assert [item.labels for item in read_manifest(folder.write(), streams)] == [{"label": "anything"}]


def test_numbers_of_severity_are_no_classes(folder: Folder, streams: Any) -> None:
    folder.rows = ["x,train,x,ok,1,p0.flac,,,", "y,test,y,ok,7.5,p1.flac,,,"]
    assert [item.labels["severity"] for item in read_manifest(folder.write(), streams)] == ["1", "7.5"]


def test_words_of_severity_are_classes(folder: Folder, streams: Any) -> None:
    folder.rows = ["x,train,x,ok,low,p0.flac,,,", "y,test,y,ok,high,p1.flac,,,"]
    assert "severity = 'high': class that is not in training; allowed: low" in message(folder, streams)


def test_an_undecided_split_may_join_any_group(folder: Folder, streams: Any) -> None:
    folder.add("x,,p0,odd,,p0.flac,,,")
    assert [item.split for item in read_manifest(folder.write(), streams)] == ["train", "train", "test", None]


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b'item,"split\n', b"\x00"])
def test_what_is_no_table_is_refused(tmp_path: Path, streams: Any, content: bytes) -> None:
    (tmp_path / "m.csv").write_bytes(content)
    with pytest.raises(ManifestError):
        read_manifest(tmp_path / "m.csv", streams)


def test_a_missing_manifest_is_refused(tmp_path: Path, streams: Any) -> None:
    with pytest.raises(ManifestError, match="cannot be read: No such file"):
        read_manifest(tmp_path / "m.csv", streams)
