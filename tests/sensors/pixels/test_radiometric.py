import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from sensors.errors import SensorReadError
from sensors.pixels.format import pixel_format
from sensors.readings import Quality

SIZES = {"last": (slice(0, 120), slice(120, 122)), "first": (slice(2, 122), slice(0, 2))}


def lepton(
    *, ffc: int = 3, tlinear: int = 1, fine: int = 1, where: str = "last", kelvin_x100: int = 30000
) -> NDArray[np.uint16]:
    """A frame of a Lepton 3.5: words 3 and 4 are the status, 208 and 209 the state of TLinear."""
    frame = np.full((122, 160), kelvin_x100, np.uint16)
    words = np.zeros(320, np.uint16)
    words[[0, 3, 4, 208, 209]] = 0x0E0D, ffc << 4, 0x0010, tlinear, fine
    frame[SIZES[where][1]] = words.reshape(2, 160)
    return frame


@settings(deadline=None)
@given(hnp.arrays(np.uint16, hnp.array_shapes(min_dims=2, max_dims=2, max_side=24)))
def test_y16_is_kelvin_times_a_hundred(raw: NDArray[np.uint16]) -> None:
    image, quality = pixel_format("y16").decode(raw)
    np.testing.assert_allclose(image, raw / 100.0 - 273.15, atol=1e-4)
    assert (image.dtype, image.shape) == (np.float32, raw.shape)
    assert (Quality.SATURATED in quality) == bool(((raw == 0) | (raw == 65535)).any())


@settings(deadline=None)
@given(st.binary(min_size=2, max_size=64), st.integers(0, 98304 - 64), st.booleans())
def test_infiray_reads_the_lower_half_low_byte_first(piece: bytes, at: int, in_a_row: bool) -> None:
    data = np.full(2 * 98304, 0x55, np.uint8)
    data[98304 + at : 98304 + at + len(piece)] = np.frombuffer(piece, np.uint8)
    image, _ = pixel_format("infiray").decode(data.reshape((1, -1) if in_a_row else (384, 256, 2)))
    pairs = data[98304:].reshape(192, 256, 2).astype(np.float64)
    np.testing.assert_allclose(image, (pairs[..., 0] + 256 * pairs[..., 1]) / 64 - 273.15, atol=1e-3)
    assert image.dtype == np.float32


def test_golden_pixels_of_a_room_at_twenty_degrees() -> None:
    # 293.15 K is 29315 = 0x7283 hundredths; 293.15625 K is 18762 = 0x494a parts of 64.
    image, quality = pixel_format("y16").decode(np.frombuffer(b"\x83\x72" * 6, "<u2").reshape(2, 3))
    np.testing.assert_allclose(image, 20.0, atol=1e-4)
    assert quality is Quality.OK
    raw = np.frombuffer(b"\x00" * 98304 + b"\x4a\x49" * 49152, np.uint8).reshape(384, 256, 2)
    image, quality = pixel_format("infiray").decode(raw)
    np.testing.assert_allclose(image, 20.00625, atol=1e-4)
    assert quality is Quality.OK


@pytest.mark.parametrize(("ends", "flags"), [(0, Quality.SATURATED), (0xFFFF, Quality.SATURATED), (0xFFFE, Quality.OK)])
def test_the_ends_of_sixteen_bits_are_saturation(ends: int, flags: Quality) -> None:
    raw = np.full((4, 4), 30000, np.uint16)
    raw[2, 1] = ends
    assert pixel_format("y16").decode(raw)[1] == flags
    both = np.full((384, 256), 20000, "<u2")
    both[0] = 0xFFFF  # The picture in the upper half does not count.
    both[200, 7] = ends
    assert pixel_format("infiray").decode(both.view(np.uint8).reshape(384, 256, 2))[1] == flags


@pytest.mark.parametrize(("name", "where"), [("y16", "last"), ("y16_header", "first")])
@pytest.mark.parametrize(
    ("ffc", "flags"), [(0, Quality.WARMING), (1, Quality.OK), (2, Quality.REPEATED), (3, Quality.OK)]
)
def test_the_shutter_of_a_lepton_is_flagged(name: str, where: str, ffc: int, flags: Quality) -> None:
    image, quality = pixel_format(name).decode(lepton(ffc=ffc, where=where))
    assert quality == flags
    assert image.shape == (120, 160) == pixel_format(name).shape(160, 122)
    np.testing.assert_allclose(image, 26.85, atol=1e-4)


def test_a_lepton_2_5_has_its_telemetry_in_three_short_rows() -> None:
    frame = np.full((63, 80), 30000, np.uint16)
    frame[60:] = lepton(ffc=2)[120:].reshape(-1)[:240].reshape(3, 80)
    image, quality = pixel_format("y16").decode(frame)
    assert (image.shape, quality) == ((60, 80), Quality.REPEATED)


def test_the_coarse_resolution_of_a_lepton_is_tenths_of_a_kelvin() -> None:
    image, _ = pixel_format("y16").decode(lepton(fine=0, kelvin_x100=3000))
    np.testing.assert_allclose(image, 26.85, atol=1e-4)


def test_counts_of_a_lepton_are_never_passed_off_as_temperatures() -> None:
    with pytest.raises(SensorReadError, match=r"TLinear is off.*'gray16'"):
        pixel_format("y16").decode(lepton(tlinear=0))


def test_telemetry_sought_at_the_wrong_end_is_an_error() -> None:
    frame = lepton(where="last")
    frame[:2] = 0
    with pytest.raises(SensorReadError, match="check where the telemetry stands"):
        pixel_format("y16_header").decode(frame)


@pytest.mark.parametrize(
    ("name", "raw", "said"),
    [
        ("y16", np.zeros((120, 160), np.uint8), r"\(120, 160\), uint8; needed .*uint16"),
        ("y16", np.zeros((120, 160, 3), np.uint16), r"\(120, 160, 3\), uint16; needed"),
        ("infiray", np.zeros((384, 256, 3), np.uint8), r"\(384, 256, 3\), uint8; needed \(384, 256, 2\)"),
        ("infiray", np.zeros((256, 384, 2), np.uint8), r"\(256, 384, 2\)"),
        ("infiray", np.zeros((384, 256), np.uint16), r"\(384, 256\), uint16; needed"),
    ],
)
def test_a_frame_of_the_wrong_size_or_dtype_says_both(name: str, raw: NDArray[np.uint8], said: str) -> None:
    with pytest.raises(SensorReadError, match=said):
        pixel_format(name).decode(raw)
