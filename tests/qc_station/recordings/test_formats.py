"""Properties of every format: a round trip keeps every bit, and what is cut short is refused."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from qc_station.errors import ManifestError
from qc_station.recordings import array, jpeg, png, series, sound, tiff
from qc_station.recordings.format import format_of, formats

Array = NDArray[Any]
RANDOM = np.random.default_rng(0)
SOUND = RANDOM.integers(-3000, 3000, (2, 9000)).astype(np.int16)
FRAME = RANDOM.integers(0, 200, (40, 24)).astype(np.uint8)
FRAMES = RANDOM.integers(0, 60000, (3, 40, 24)).astype(np.uint16)
TABLE = RANDOM.standard_normal((3, 50)).astype(np.float32)


def jpg(frame: Array) -> bytes:
    return cv2.imencode(".jpg", frame)[1].tobytes()


FILES: dict[str, bytes] = {
    "a.flac": sound.encode(SOUND, 48000)[1],
    "a.wav": sound.encode(SOUND.astype(np.float32) / 4096, 48000)[1],
    "a.png": png.encode(FRAMES[0]),
    "a.jpg": jpg(FRAME),
    "a.tiff": tiff.encode(FRAMES),
    "a.npy": array.encode(FRAMES),
    "a.csv": series.encode(TABLE, ("x", "y", "z")),
}


@pytest.mark.parametrize("name", FILES)
def test_a_whole_file_is_read_and_described_alike(name: str) -> None:
    form = format_of(Path(name))
    header, recording = form.describe(FILES[name]), form.decode(FILES[name])
    assert header.shape == recording.data.shape
    assert header.dtype == recording.data.dtype.name
    assert (header.rate_hz, header.channels) == (recording.rate_hz, recording.channels)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9])
@pytest.mark.parametrize("name", [name for name in FILES if name != "a.csv"])
def test_a_file_that_is_cut_short_is_refused(name: str, share: float) -> None:
    content = FILES[name]
    with pytest.raises(ManifestError):
        format_of(Path(name)).decode(content[: int(len(content) * share)])


@pytest.mark.parametrize("name", [name for name in FILES if name not in {"a.csv", "a.flac"}])
def test_even_one_missing_byte_is_refused(name: str) -> None:
    with pytest.raises(ManifestError):
        format_of(Path(name)).decode(FILES[name][:-1])


def test_a_table_cut_inside_a_row_is_refused() -> None:
    content = FILES["a.csv"]
    with pytest.raises(ManifestError, match="row 51 has 1 cells, the header has 3"):
        series.decode(content[: content.rindex(b"\n", 0, -1) + 5])


@pytest.mark.parametrize("compression", [1, 5, 8])
def test_every_page_of_a_cut_tiff_is_missed(compression: int) -> None:
    content = cv2.imencodemulti(".tiff", list(FRAMES), [cv2.IMWRITE_TIFF_COMPRESSION, compression])[1].tobytes()
    assert tiff.describe(content).shape == (3, 40, 24)
    for end in range(8, len(content), 97):
        with pytest.raises(ManifestError):
            tiff.decode(content[:end])


def test_a_thumbnail_in_a_cut_jpeg_does_not_hide_the_cut() -> None:
    whole, thumbnail = jpg(RANDOM.integers(0, 200, (80, 80)).astype(np.uint8)), jpg(FRAME)
    segment = b"\xff\xe1" + (len(thumbnail) + 2).to_bytes(2, "big") + thumbnail
    content = whole[:2] + segment + whole[2:]
    assert jpeg.decode(content).data.shape == (1, 80, 80)
    with pytest.raises(ManifestError, match="without an end marker"):
        jpeg.decode(content[: len(content) * 3 // 4])


def test_a_flipped_byte_in_a_png_is_refused() -> None:
    content = bytearray(FILES["a.png"])
    content[len(content) // 2] ^= 0xFF
    with pytest.raises(ManifestError, match="checksum"):
        png.decode(bytes(content))


@pytest.mark.parametrize("name", FILES)
def test_text_is_no_recording_of_any_format(name: str) -> None:
    with pytest.raises(ManifestError):
        format_of(Path(name)).decode(b"\xffnot a recording at all, but long enough to look for one")


@pytest.mark.parametrize("encode", [lambda f: cv2.imencode(".png", f)[1].tobytes(), jpg])
def test_colour_is_refused_and_grey_written_as_colour_is_not(encode: Callable[[Array], bytes]) -> None:
    form = png if encode is not jpg else jpeg
    colour = np.zeros((20, 20, 3), np.uint8)
    colour[..., 1] = 200
    assert form.decode(encode(np.repeat(FRAME[:, :, None], 3, axis=2))).data.shape == (1, 40, 24)
    with pytest.raises(ManifestError, match="3 channels; allowed: 1"):
        form.decode(encode(colour))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        ("a,b\n", "no row below the header"),
        ("1,2\n3,4\n", "begins with numbers"),
        ("a,a\n1,2\n", "twice"),
        ("a,b\n1,2\n3\n", "row 3 has 1 cells"),
        ("a,b\n1,x\n", "row 2: 'x' is no number"),
        ("a,b\n1,\n", "row 2: '' is no number"),
        ("a,b\n1,2,3\n", "row 2 has 3 cells"),
    ],
)
def test_a_table_that_is_none_says_which_row(text: str, message: str) -> None:
    with pytest.raises(ManifestError, match=message):
        series.decode(text.encode())


def test_a_table_may_lack_its_last_line_break_and_carry_a_byte_order_mark() -> None:
    assert series.decode("\ufeffa,b\r\n1,2\r\n3,4".encode()).data.tolist() == [[1, 3], [2, 4]]


def test_a_pickle_in_an_array_file_is_refused() -> None:
    content = array.encode(np.zeros((2, 3)))
    with pytest.raises(ManifestError):
        array.decode(content.replace(b"<f8", b"|O "))


@pytest.mark.parametrize(("given", "kept"), [(">f8", "float32"), (">u2", "uint16"), ("<f2", "float32")])
def test_arrays_come_in_native_order_and_no_wider_than_float32(given: str, kept: str) -> None:
    assert array.decode(array.encode(np.ones((2, 3), given))).data.dtype == np.dtype(kept)


def test_a_format_that_nobody_reads_names_those_that_are_read() -> None:
    with pytest.raises(ManifestError, match=r"\.mp3; allowed: .*\.flac"):
        format_of(Path("a.mp3"))
    assert {".wav", ".flac", ".png", ".tif", ".tiff", ".jpg", ".jpeg", ".npy", ".csv"} == set(formats())


def any_array(dtype: Any, shape: Any) -> st.SearchStrategy[Array]:
    return arrays.arrays(dtype, shape)


def shapes(dims: int) -> st.SearchStrategy[tuple[int, ...]]:
    return arrays.array_shapes(min_dims=dims, max_dims=dims, max_side=9)


def same(left: Array, right: Array) -> bool:
    return left.dtype == right.dtype and left.shape == right.shape and left.tobytes() == right.tobytes()


@given(
    st.sampled_from([np.int16, np.int32, np.float32]).flatmap(lambda d: any_array(d, shapes(2))),
    st.sampled_from([None, 1.0, 44100.0, 655350.0, 1e6]),
)
def test_sound_keeps_every_bit(data: Array, rate_hz: float | None) -> None:
    suffix, content = sound.encode(data, rate_hz)
    assert suffix in sound.SUFFIXES
    assert same(sound.decode(content).data, data)


@given(any_array(np.int32, shapes(2)))
def test_24_bit_sound_becomes_flac(data: Array) -> None:
    left_justified = data & ~np.int32(0xFF)
    suffix, content = sound.encode(left_justified, 48000)
    assert suffix == (".flac" if len(data) <= 8 else ".wav")
    assert same(sound.decode(content).data, left_justified)


@given(st.sampled_from([np.uint8, np.uint16]).flatmap(lambda d: any_array(d, shapes(2))))
def test_png_keeps_every_bit(frame: Array) -> None:
    assert same(png.decode(png.encode(frame)).data, frame[None])


@given(st.sampled_from([np.uint8, np.uint16, np.float32]).flatmap(lambda d: any_array(d, shapes(3))))
def test_tiff_keeps_every_bit(frames: Array) -> None:
    assert same(tiff.decode(tiff.encode(frames)).data, frames)


@given(arrays.arrays(np.float32, shapes(2), elements=st.floats(width=32, allow_nan=False)))
def test_series_keep_every_bit(data: Array) -> None:
    names = tuple(f"c{index}" for index in range(len(data)))
    recording = series.decode(series.encode(data, names))
    assert same(recording.data, data)
    assert recording.channels == names


@given(st.sampled_from([np.int8, np.uint64, np.float32, np.int32]).flatmap(lambda d: any_array(d, shapes(3))))
def test_arrays_keep_every_bit(data: Array) -> None:
    assert same(array.decode(array.encode(data)).data, data)
