"""All faults at once."""

import pytest

from sensors.errors import SensorNotFoundError
from sensors.supervision.startup import StartupError, check_all
from tests.sensors.supervision.scripted import Clock, ScriptedDriver


def test_every_sensor_that_does_not_start_is_named_at_once() -> None:
    missing = ScriptedDriver(
        [], Clock(), opens=[SensorNotFoundError("no input device named 'UMIK-1'; found: 'HDA Intel'")]
    )
    other = ScriptedDriver([], Clock(), opens=[SensorNotFoundError("no port '/dev/ttyUSB3'; found: none")])
    other.stream = type(other.stream)(
        **{**{f: getattr(other.stream, f) for f in other.stream.__slots__}, "name": "thermal"}
    )
    fine = ScriptedDriver([], Clock())
    with pytest.raises(StartupError) as caught:
        check_all([missing, other, fine])
    assert set(caught.value.faults) == {"enose", "thermal"}
    assert "stream 'enose': no input device named 'UMIK-1'; found: 'HDA Intel'" in str(caught.value)
    assert "stream 'thermal': no port" in str(caught.value)
    assert fine.closed == 1


def test_sensors_that_all_start_are_left_closed() -> None:
    fine = ScriptedDriver([], Clock())
    check_all([fine])
    assert fine.closed == 1
