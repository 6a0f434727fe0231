import numpy as np
import pytest

from sensors.readings import Quality
from sensors.simulated.conditions import ROUGH, Conditions
from sensors.simulated.drivers import SimulatedDriver, line_drivers
from sensors.simulated.imager import Imager
from sensors.simulated.line import schedule
from sensors.simulated.parts import make_parts
from sensors.simulated.shutter import Shutter

PASSINGS = schedule(make_parts(1, 4), 1)


def first_data(driver: SimulatedDriver) -> bytes:
    driver.open()
    return driver.read().data.tobytes()


@pytest.mark.parametrize("index", [0, 1, 2])
def test_drivers_run_under_the_conditions_that_are_asked_for(index: int) -> None:
    usual, named, rough = (
        first_data(line_drivers(PASSINGS, 1, conditions)[index]) for conditions in (None, Conditions(), ROUGH)
    )
    assert usual == named
    assert usual != rough


def test_a_rough_shift_is_louder() -> None:
    loud, usual = (
        np.frombuffer(first_data(line_drivers(PASSINGS, 1, conditions)[0]), np.int16).astype(float).std()
        for conditions in (ROUGH, None)
    )
    assert loud > 2.0 * usual


def test_the_camera_flags_exactly_the_frames_of_its_closed_shutter() -> None:
    shutter = Shutter(period=10, frames=2)
    camera = line_drivers(PASSINGS, 1, Conditions(imager=Imager(shutter=shutter)))[1]
    for _ in range(2):
        camera.open()
        readings = [camera.read() for _ in range(50)]
        flagged = [reading.quality == Quality.REPEATED for reading in readings]
        assert flagged == shutter.closed(np.array([reading.seq for reading in readings])).tolist()
        assert sum(flagged) == 4 * 2


def test_sensors_without_a_shutter_flag_nothing() -> None:
    for driver in line_drivers(PASSINGS, 1):
        driver.open()
        assert {driver.read().quality for _ in range(40)} == {Quality.OK}
