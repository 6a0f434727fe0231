"""All sensors of a station are started, looked after and stopped together."""

import threading

from sensors.errors import SensorNotFoundError
from sensors.readings import Quality, Reading
from sensors.streams import Stream
from sensors.supervision.station import StartupError, Supervision
from tests.sensors.supervision.scripted import Clock, ScriptedDriver

OK = Quality.OK


def supervision(drivers: dict[str, ScriptedDriver], **options: object) -> tuple[Supervision, list[Reading]]:
    got: list[Reading] = []
    builds = {name: (lambda driver=driver: driver) for name, driver in drivers.items()}
    return Supervision(builds, got.append, **options), got  # type: ignore[arg-type]


def missing(text: str) -> ScriptedDriver:
    return ScriptedDriver([], Clock(), opens=[SensorNotFoundError(text)] * 1000)


def test_every_sensor_that_is_not_there_is_named_at_once() -> None:
    drivers = {"acoustic": missing("no input device named 'UMIK-1'"), "thermal": missing("no camera"), "enose": fine()}
    station, _ = supervision(drivers)
    with station:
        faults = station.start()
    assert faults == {"acoustic": "no input device named 'UMIK-1'", "thermal": "no camera"}
    text = str(StartupError(faults))
    assert text.splitlines() == [
        "2 sensors did not start:",
        "  stream 'acoustic': no input device named 'UMIK-1'",
        "  stream 'thermal': no camera",
    ]


def fine() -> ScriptedDriver:
    return ScriptedDriver([OK] * 3, Clock())


def test_readings_are_delivered_and_the_newest_is_kept_to_be_shown() -> None:
    station, got = supervision({"enose": fine()})
    with station:
        assert station.start() == {}
        while not station.ended:
            station.look()
    assert [reading.seq for reading in got] == [0, 1, 2]
    assert station.last("enose") is got[-1]
    assert station.last("acoustic") is None


def test_a_sensor_that_delivers_another_shape_than_declared_did_not_start() -> None:
    declared = Stream(name="enose", kind="series", shape=(7,), nominal_rate_hz=10.0, units=("Ohm",) * 7)
    station, got = supervision({"enose": ScriptedDriver([OK] * 500, Clock())}, declared={"enose": declared})
    with station:
        faults = station.start()
    assert faults == {"enose": "delivers samples of shape (2,), declared are (7,)"}
    assert not got


def test_a_sensor_that_fails_once_at_the_start_and_then_delivers_did_start() -> None:
    late = ScriptedDriver([OK] * 500, Clock(), opens=[SensorNotFoundError("no port yet")])
    station, got = supervision({"enose": late})
    with station:
        assert station.start() == {}
    assert got
    assert station.healths["enose"].counters.failures == 1


def test_stopping_names_a_device_that_does_not_let_go() -> None:
    clock, release, entered = Clock(), threading.Event(), threading.Event()

    def hang() -> Quality:
        entered.set()
        release.wait(30)
        return OK

    driver = ScriptedDriver([OK, hang], clock)
    station, _ = supervision({"enose": driver}, clock=clock, sleep=lambda seconds: clock.pass_s(seconds))
    station.start()
    assert entered.wait(30)
    assert station.stop() == ["enose"]
    release.set()
