import math

import numpy as np
import pytest
from numpy.typing import NDArray

from qc_station.sensing.signal import level_db, shown
from sensors.readings import Reading
from sensors.streams import Stream


def of(kind: str, data: NDArray[np.generic], *units: str) -> str:
    stream = Stream(name="x", kind=kind, shape=data.shape[1:], nominal_rate_hz=1.0, units=units)
    return shown(stream, Reading(stream="x", session=0, seq=0, arrival_ns=0, device_ns=None, data=data))


def test_a_sine_that_fills_the_range_has_minus_three_decibels() -> None:
    sine = np.sin(np.arange(1000) * 2 * np.pi / 100)[:, None]
    assert level_db(sine) == pytest.approx(-10 * math.log10(2), abs=1e-6)
    assert level_db((sine * 32767).astype(np.int16)) == pytest.approx(-3.01, abs=0.01)


def test_a_level_is_a_bar_over_sixty_decibels() -> None:
    assert of("waveform", np.full((10, 1), 0.1), "1") == "███████░░░ -20 dB"
    assert of("waveform", np.zeros((10, 1), np.int16), "1") == "░░░░░░░░░░ silent"
    assert of("waveform", np.full((10, 1), 1e-5), "1") == "░░░░░░░░░░ -100 dB"


def test_an_image_is_its_range_in_its_unit() -> None:
    assert of("image", np.array([[[29315, 30000]], [[29320, 31025]]], np.uint16), "cK") == "29320 to 31025 cK"


def test_a_series_is_its_last_values() -> None:
    data = np.array([[1.0, 2.0], [41.25, 0.5]], np.float32)
    assert of("series", data, "kOhm", "kOhm") == "41.25 0.5 kOhm"
    assert of("series", data, "kOhm", "Cel") == "41.25 0.5"
    assert of("series", np.arange(6.0)[None], *"111111") == "0 1 2 3 ... 1"


def test_nothing_is_shown_before_the_first_reading() -> None:
    stream = Stream(name="x", kind="series", shape=(1,), nominal_rate_hz=None, units=("1",))
    assert shown(stream, None) == ""
