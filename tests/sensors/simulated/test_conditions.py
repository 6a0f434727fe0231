import numpy as np
import pytest

from sensors.simulated.conditions import ROUGH, Conditions
from sensors.simulated.drivers import SimulatedDriver, line_drivers
from sensors.simulated.line import schedule
from sensors.simulated.parts import make_parts

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
