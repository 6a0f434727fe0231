import numpy as np

from qc_station.sensing.status import StatusBoard
from sensors.readings import Quality, Reading
from sensors.streams import Stream
from sensors.supervision.station import Supervision
from tests.sensors.supervision.scripted import Clock, ScriptedDriver

STREAM = Stream(name="enose", kind="series", shape=(2,), nominal_rate_hz=10.0, units=("Ohm", "Ohm"))


def reading(seq: int, arrival_ns: int, quality: Quality = Quality.OK) -> Reading:
    data = np.full((1, 2), seq, np.float32)
    return Reading(
        stream="enose", session=0, seq=seq, arrival_ns=arrival_ns, device_ns=None, data=data, quality=quality
    )


def board() -> tuple[StatusBoard, Supervision, Clock]:
    clock = Clock()
    supervision = Supervision({"enose": lambda: ScriptedDriver([], clock)}, lambda _: None, clock=clock)
    return StatusBoard(supervision), supervision, clock


def test_a_living_sensor_has_its_rate_and_counters_and_nothing_to_say() -> None:
    found, supervision, clock = board()
    health = supervision.healths["enose"]
    health.heard(reading(0, clock()))
    found.look(clock())
    clock.pass_s(0.5)
    for seq in range(1, 6):
        health.heard(reading(seq, clock()))
    (status,) = found.look(clock())
    assert (status.state, status.why, status.age_s) == ("live", "", 0.0)
    assert (status.rate_hz, status.declared_hz) == (10.0, 10.0)
    assert status.counters["readings"] == 6


def test_a_silent_sensor_says_for_how_long_and_a_saturated_one_what_is_wrong() -> None:
    found, supervision, clock = board()
    health = supervision.healths["enose"]
    health.heard(reading(0, clock(), Quality.SATURATED))
    (status,) = found.look(clock())
    assert (status.state, status.why) == ("live", "at the end of its range")
    clock.pass_s(2.0)
    (status,) = found.look(clock())
    assert (status.state, status.why) == ("stale", "no reading for 2.0 s (limit 1 s)")
