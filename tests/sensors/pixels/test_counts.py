import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from sensors.errors import SensorNotFoundError, SensorReadError
from sensors.pixels.format import pixel_format
from sensors.readings import Quality

SHAPES = hnp.array_shapes(min_dims=2, max_dims=2, max_side=24)


@settings(deadline=None)
@given(hnp.arrays(np.uint8, SHAPES) | hnp.arrays(np.uint16, SHAPES))
def test_counts_are_a_view_of_the_frame(raw: NDArray[np.uint8]) -> None:
    pixels = pixel_format(f"gray{8 * raw.itemsize}")
    for frame in (raw, raw[..., None]):
        image, quality = pixels.decode(frame)
        np.testing.assert_array_equal(image, raw)
        assert np.shares_memory(image, raw)
        assert image.dtype == raw.dtype
        assert (Quality.SATURATED in quality) == bool((raw == np.iinfo(raw.dtype).max).any())
    assert pixels.unit == "1"


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("gray8", np.zeros((4, 5, 3), np.uint8)),
        ("gray8", np.zeros((4, 5), np.uint16)),
        ("gray16", np.zeros((4, 5), np.uint8)),
        ("gray16", np.zeros((0, 5), np.uint16)),
    ],
)
def test_a_frame_of_the_wrong_size_or_dtype_says_both(name: str, raw: NDArray[np.uint8]) -> None:
    with pytest.raises(SensorReadError, match=rf"'{name}'.*shape \({raw.shape[0]}, .*{raw.dtype}; needed"):
        pixel_format(name).decode(raw)


@pytest.mark.parametrize("name", ["gray12", "counts", "format", "../y16"])
def test_an_unknown_format_says_which_there_are(name: str) -> None:
    with pytest.raises(SensorNotFoundError, match="known are 'gray16', 'gray8', 'infiray', 'y16', 'y16_header'"):
        pixel_format(name)
