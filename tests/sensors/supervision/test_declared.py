"""What a station declares of a sensor, against what the driver says and delivers."""

from dataclasses import replace

import numpy as np
import pytest

from sensors.errors import SensorError
from sensors.streams import Stream
from sensors.supervision.declared import Declared

FRAME = Declared(name="thermal", kind="image", shape=(2, 3))
SAID = Stream(name="camera", kind="image", shape=(0, 0), nominal_rate_hz=9.0, units=("Cel",))


def test_what_is_not_declared_is_the_drivers() -> None:
    assert FRAME.agreed(SAID) == replace(SAID, name="thermal", shape=(2, 3))
    assert FRAME.agreed(None).units == ("1",)
    assert FRAME.agreed(None).nominal_rate_hz is None
    FRAME.check_units(SAID)
    FRAME.check(np.zeros((1, 2, 3), np.uint16))


def test_what_is_declared_stands() -> None:
    full = replace(FRAME, rate_hz=25.0, units=("K",))
    assert (full.agreed(SAID).units, full.agreed(SAID).nominal_rate_hz) == (("K",), 25.0)
    assert Declared.of(SAID).agreed(None) == SAID


def test_another_unit_is_refused_with_both_and_what_to_write() -> None:
    with pytest.raises(
        SensorError, match="delivers the unit '1', declared is 'Cel'; allowed: unit = \"1\" or no unit; or write it"
    ):
        replace(FRAME, units=("Cel",)).check_units(replace(SAID, units=("1",)))
    mixed = Declared(name="enose", kind="series", shape=(2,), units=("Ohm", "Ohm"))
    said = replace(SAID, kind="series", units=("Ohm", "Cel"))
    with pytest.raises(SensorError, match=r"the unit \['Ohm', 'Cel'\], declared is 'Ohm'; allowed: no unit$"):
        mixed.check_units(said)


def test_units_of_another_number_of_channels_are_not_compared_but_their_samples_are() -> None:
    declared = Declared(name="enose", kind="series", shape=(2,), units=("Ohm", "Ohm"))
    declared.check_units(replace(SAID, units=("Ohm",) * 3))
    assert declared.agreed(replace(SAID, units=("kOhm",) * 3)).units == ("Ohm", "Ohm")
    with pytest.raises(SensorError, match=r"samples of shape \(3,\), declared are \(2,\)"):
        declared.check(np.zeros((1, 3)))


def test_another_sample_type_is_refused_and_more_bits_of_a_float_are_not() -> None:
    declared = replace(FRAME, dtype="float32")
    declared.check(np.zeros((1, 2, 3), np.float64))
    with pytest.raises(SensorError, match='samples of type uint16, declared are float32; allowed: dtype = "uint16" or'):
        declared.check(np.zeros((1, 2, 3), np.uint16))
