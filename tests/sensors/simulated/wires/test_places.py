"""What faults are told of the simulated sensors is so."""

import pytest

from sensors.simulated.drivers import SimulatedDriver, line_drivers
from sensors.simulated.faults.saturation import Saturation
from sensors.simulated.line import schedule
from sensors.simulated.parts import make_parts
from sensors.simulated.wires.places import PLACES

DRIVERS = line_drivers(schedule(make_parts(1, 1), 1), 1)


def test_every_sensor_of_the_line_has_its_place() -> None:
    assert {driver.stream.name for driver in DRIVERS} == set(PLACES)


@pytest.mark.parametrize("driver", DRIVERS, ids=lambda driver: driver.stream.name)
def test_shape_and_dtype_are_those_of_its_samples_and_none_is_above_the_end_of_the_range(
    driver: SimulatedDriver,
) -> None:
    place = PLACES[driver.stream.name]
    driver.open()
    data = driver.read().data
    driver.close()
    assert (data.shape[1:], data.dtype) == (place.shape, place.dtype)
    end = Saturation(start_ns=0, duration_s=1.0).fitted(place).measured(data, None)
    assert (data < end).all()
