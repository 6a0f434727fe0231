"""How much a part counts and how far its recordings can be relied on, as a manifest says it."""

from typing import Any

import pytest

from qc_station.errors import ManifestError
from qc_station.manifest.reading import read_manifest

Folder = Any
HEADER = "item,split,group,label,weight,acoustic,quality.acoustic,thermal,quality.thermal"


def test_weights_and_qualities_are_read_and_an_empty_cell_is_one(folder: Folder, streams: Any) -> None:
    folder.rows = [
        "a,train,a,ok,2.5,p0.flac,0.25,p0.png,",
        "b,train,b,ok,,p1.flac,,p1.png,0",
        "c,train,c,ok,0,,0.5,p2.png,1",
    ]
    found = list(read_manifest(folder.write(header=HEADER), streams))
    assert [one.weight for one in found] == [2.5, 1.0, 0.0]
    # Nothing can be said about a recording that is not there.
    assert [one.quality for one in found] == [{"acoustic": 0.25}, {"thermal": 0.0}, {"thermal": 1.0}]


def test_a_manifest_without_these_columns_counts_everything_in_full(folder: Folder, streams: Any) -> None:
    found = list(read_manifest(folder.write(), streams))
    assert all((one.weight, one.quality) == (1.0, {}) for one in found)


def test_every_window_of_a_long_recording_has_its_rows_weight(folder: Folder, streams: Any) -> None:
    name = folder.sound("long", samples=1200)
    folder.rows = [f"a,train,a,ok,3,{name},0.5,,"]
    found = list(read_manifest(folder.write(header=HEADER), streams))
    assert [(one.name, one.weight, one.quality) for one in found] == [
        (f"a#{number}", 3.0, {"acoustic": 0.5}) for number in range(3)
    ]


@pytest.mark.parametrize("text", ["-1", "nan", "inf", "much"])
def test_a_wrong_weight_is_named_with_what_is_allowed(folder: Folder, streams: Any, text: str) -> None:
    folder.rows = [f"a,train,a,ok,{text},p0.flac,,,"]
    told = f"row 2, weight = '{text}': allowed: a finite number of 0 or more, or empty for 1"
    with pytest.raises(ManifestError, match=told):
        read_manifest(folder.write(header=HEADER), streams)


@pytest.mark.parametrize("text", ["-0.1", "1.01", "nan", "good"])
def test_a_wrong_quality_is_named_with_what_is_allowed(folder: Folder, streams: Any, text: str) -> None:
    folder.rows = [f"a,train,a,ok,,p0.flac,,p0.png,{text}"]
    told = f"row 2, quality.thermal = '{text}': allowed: a number from 0 to 1, or empty for 1"
    with pytest.raises(ManifestError, match=told):
        read_manifest(folder.write(header=HEADER), streams)


def test_the_quality_of_a_stream_that_is_not_there_is_an_unknown_column(folder: Folder, streams: Any) -> None:
    header = "item,split,group,label,severity,acoustic,label.acoustic,thermal,quality.smell"
    with pytest.raises(ManifestError, match=r"'quality.smell': is unknown; allowed: .*weight.*quality\.STREAM"):
        read_manifest(folder.write(header=header), streams)
