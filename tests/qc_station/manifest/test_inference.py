"""The streams that a manifest's files show."""

from typing import Any

import numpy as np
import pytest

from qc_station.config.station import StationConfig, StreamConfig
from qc_station.config.writing import write_station
from qc_station.errors import ManifestError
from qc_station.manifest.inference import infer
from qc_station.manifest.reading import read_manifest
from qc_station.recordings import array, tiff

Folder = Any


def rows(folder: Folder, stream: str, *files: str) -> StreamConfig:
    folder.rows = [f"i{index},train,g{index},{file}" for index, file in enumerate(files)]
    return infer(folder.write(f"item,split,group,{stream}")).streams[stream]


def test_what_is_inferred_reads_the_manifest(folder: Folder, streams: Any) -> None:
    inference = infer(folder.write())
    assert inference.streams == streams
    assert (inference.ok_classes, inference.notes) == (("ok",), ())
    reader = read_manifest(folder.manifest, inference.streams)
    assert (len(list(reader)), reader.faults) == (3, [])
    write_station(folder.root, StationConfig(name="x", streams=inference.streams))


@pytest.mark.parametrize(
    ("lengths", "window_s"),
    [([400, 400], 0.05), ([400, 600], 0.05), ([12000, 12000], 1.5), ([20000, 20000], 1.0), ([12000, 9000], 1.0)],
)
def test_the_window_of_a_waveform(folder: Folder, lengths: list[int], window_s: float) -> None:
    files = [folder.sound(f"s{index}", length) for index, length in enumerate(lengths)]
    assert rows(folder, "mic", *files).window_s == window_s


def test_several_channels_are_numbered(folder: Folder) -> None:
    assert rows(folder, "mic", folder.sound("x", channels=2)).channels == ("1", "2")


def test_saved_arrays_are_told_apart_by_their_shape(folder: Folder) -> None:
    for name, shape in (("f", (3, 6, 4)), ("p", (16, 20)), ("s", (7, 20))):
        folder.put(f"{name}.npy", array.encode(np.zeros(shape, np.uint8)))
    assert rows(folder, "a", "f.npy").window_shape == (3, 6, 4)
    picture = rows(folder, "a", "p.npy")
    assert (picture.kind, picture.dtype, picture.window_shape) == ("image", "uint8", (1, 16, 20))
    table = rows(folder, "a", "s.npy")
    assert (table.kind, table.dtype, table.window_shape) == ("series", "float32", (7, 20))


def test_a_flat_array_is_refused_with_what_to_do(folder: Folder) -> None:
    folder.put("x.npy", array.encode(np.zeros(9)))
    with pytest.raises(ManifestError) as raised:
        rows(folder, "a", "x.npy")
    assert "no file of this stream can be read" in str(raised.value)
    assert "1 axes of float64; allowed:" in str(raised.value)


def test_pages_are_frames(folder: Folder) -> None:
    folder.put("x.tiff", tiff.encode(np.zeros((4, 6, 5), np.float32)))
    image = rows(folder, "cam", "x.tiff")
    assert (image.window_shape, image.dtype) == ((4, 6, 5), "float32")


def test_a_cut_file_does_not_shorten_the_windows_of_the_others(folder: Folder) -> None:
    files = [folder.table(f"t{index}", 10) for index in range(3)] + [folder.table("cut", 4)]
    assert rows(folder, "gas", *files).window_steps == 10


def test_files_that_differ_or_cannot_be_read_are_noted(folder: Folder) -> None:
    files = [folder.sound("a"), folder.sound("b"), folder.sound("c", rate_hz=16000), folder.put("d.flac", b"x")]
    folder.rows = [f"i{index},train,g{index},bad,{file}" for index, file in enumerate(files)]
    inference = infer(folder.write("item,split,group,label,mic"))
    assert inference.streams["mic"].rate_hz == 8000
    unreadable, rate, no_ok = inference.notes
    assert "row 5, mic = 'd.flac': unreadable" in unreadable
    assert rate == "mic: rate in Hz 8000.0 in 2 files, but 16000.0 in 1"
    assert "no class that means a good part among bad" in no_ok


@pytest.mark.parametrize("stream", ["a-b", "2x"])
def test_a_column_that_is_no_name_is_refused(folder: Folder, stream: str) -> None:
    with pytest.raises(ManifestError, match="is no name for a stream"):
        rows(folder, stream, folder.sound("x"))


def test_files_of_several_kinds_are_refused(folder: Folder) -> None:
    with pytest.raises(ManifestError, match=r"several kinds \(image, waveform\)"):
        rows(folder, "a", folder.sound("x"), folder.picture("x"))
