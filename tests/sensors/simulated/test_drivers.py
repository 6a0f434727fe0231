from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from sensors.driver import Driver
from sensors.errors import SensorReadError
from sensors.readings import Reading
from sensors.simulated.drivers import MICROPHONE_WIRE, SimulatedDriver, line_drivers
from sensors.simulated.knock import Microphone
from sensors.simulated.line import START_NS, schedule
from sensors.simulated.parts import make_parts

PASSINGS = schedule(make_parts(1, 6), 1)


def drain(driver: Driver) -> list[Reading]:
    driver.open()
    readings = []
    try:
        while True:
            reading = driver.read()
            assert reading is not None
            readings.append(reading)
    except EOFError:
        driver.close()
        return readings


@pytest.mark.parametrize("index", [0, 1, 2])
def test_readings_count_on_without_a_gap_and_arrive_in_order_after_they_were_taken(index: int) -> None:
    driver = line_drivers(PASSINGS, 1)[index]
    readings = drain(driver)
    rate_hz = driver.stream.nominal_rate_hz
    assert rate_hz is not None
    assert all(b.seq == a.seq + a.count and b.arrival_ns >= a.arrival_ns for a, b in pairwise(readings))
    for reading in readings:
        taken_s = (reading.seq + reading.count - 1) / rate_hz
        assert 0.0 < (reading.arrival_ns - START_NS) / 1e9 - taken_s < 0.2
        assert reading.data.shape[1:] == driver.stream.shape


def test_the_same_seed_gives_the_same_bytes() -> None:
    for one, other in zip(line_drivers(PASSINGS, 1), line_drivers(PASSINGS, 1), strict=True):
        for a, b in zip(drain(one), drain(other), strict=True):
            assert a.arrival_ns == b.arrival_ns
            assert a.data.tobytes() == b.data.tobytes()


def test_another_seed_gives_other_bytes() -> None:
    one, other = line_drivers(PASSINGS, 1)[0], line_drivers(PASSINGS, 2)[0]
    assert drain(one)[0].data.tobytes() != drain(other)[0].data.tobytes()


def test_the_block_does_not_change_the_samples() -> None:
    sound = []
    for block in (256, 1000):
        wire = replace(MICROPHONE_WIRE, block=block)
        driver = SimulatedDriver(Microphone(PASSINGS, 1), wire, seed=1, duration_s=6.0)
        sound.append(np.concatenate([reading.data for reading in drain(driver)]))
    length = min(map(len, sound))
    assert length > 90_000
    np.testing.assert_array_equal(sound[0][:length], sound[1][:length])


def test_a_closed_driver_says_what_to_do() -> None:
    driver = line_drivers(PASSINGS, 1)[0]
    with pytest.raises(SensorReadError, match=r"stream 'acoustic'.*call open\(\) first"):
        driver.read()
    driver.close()
    driver.close()


def test_every_opening_is_a_new_session() -> None:
    driver = line_drivers(PASSINGS, 1)[2]
    assert {reading.session for reading in drain(driver)} == {0}
    assert {reading.session for reading in drain(driver)} == {1}
