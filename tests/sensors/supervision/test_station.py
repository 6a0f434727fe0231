"""All sensors of a station are started, looked after and stopped together."""

import itertools
import threading
import time
from dataclasses import replace
from typing import Any

import pytest

from sensors.errors import SensorNotFoundError
from sensors.readings import Quality, Reading
from sensors.supervision.declared import Declared
from sensors.supervision.health import State
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
    declared = Declared(name="enose", kind="series", shape=(7,), units=("Ohm",) * 7)
    station, got = supervision({"enose": ScriptedDriver([OK] * 500, Clock())}, declared={"enose": declared})
    with station:
        faults = station.start()
    assert faults == {"enose": "delivers samples of shape (2,), declared are (7,)"}
    assert not got


GAS = Declared(name="enose", kind="series", shape=(2,), units=("Ohm", "Ohm"), dtype="float32")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (
            {"units": ("kOhm", "kOhm")},
            "delivers the unit 'Ohm', declared is 'kOhm'; allowed: unit = \"Ohm\" or no unit",
        ),
        ({"dtype": "uint16"}, "delivers samples of type float32, declared are uint16; allowed: dtype"),
    ],
)
def test_a_sensor_of_another_unit_or_sample_type_than_declared_did_not_start(wrong: dict[str, Any], said: str) -> None:
    drivers = {"enose": ScriptedDriver([OK] * 500, Clock())}
    station, got = supervision(drivers, declared={"enose": replace(GAS, **wrong)})
    with station:
        faults = station.start()
    assert faults["enose"].startswith(said)
    assert not got


def test_what_the_station_leaves_open_is_the_drivers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ScriptedDriver, "plays", True, raising=False)
    clock, declared = Clock(), replace(GAS, units=None, dtype=None)
    driver = ScriptedDriver([OK] + [None] * 100_000, clock, rate_hz=10.0)
    station, _ = supervision({"enose": driver}, declared={"enose": declared}, clock=clock)
    with station:
        assert station.start() == {}
        health = station.healths["enose"]
        assert (health.stream.units, health.stream.nominal_rate_hz) == (("Ohm", "Ohm"), 10.0)


def silent_after_one(rate_hz: float | None, **more: Any) -> tuple[Supervision, Clock]:
    clock = Clock()
    driver = ScriptedDriver(itertools.chain([OK], itertools.repeat(None)), clock, rate_hz=rate_hz)
    declared = Declared(name="enose", kind="image", shape=(2,), **more)
    station, _ = supervision({"enose": driver}, declared={"enose": declared}, clock=clock)
    return station, clock


@pytest.mark.parametrize("rate_hz", [10.0, None])
def test_a_silent_camera_whose_rate_the_station_does_not_name_is_stale_and_then_opened_again(
    rate_hz: float | None,
) -> None:
    station, clock = silent_after_one(rate_hz)
    with station:
        assert station.start() == {}
        clock.pass_s(2.0)
        assert station.look() == {"enose": State.STALE}
        assert station.healths["enose"].why(clock()) == "no reading for 2.0 s (limit 1 s)"
        # Nobody looks while time jumps: a read that was running would seem to hang.
        clock.pass_s(20.0)
        limit_s = time.monotonic() + 30.0
        while not station.healths["enose"].counters.reopenings:
            assert time.monotonic() < limit_s


def test_a_recording_that_pauses_is_not_played_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ScriptedDriver, "plays", True, raising=False)
    clock, paused = Clock(), threading.Event()

    def pause() -> None:
        clock.pass_s(60.0)

    driver = ScriptedDriver([OK, pause, None, paused.set, OK], clock)
    station, got = supervision({"enose": driver}, clock=clock)
    for reader in station._readers.values():
        reader.start()
    assert paused.wait(30)
    while not station.ended:
        station.look()
    assert [(reading.session, reading.seq) for reading in got] == [(0, 0), (0, 1)]
    assert station.healths["enose"].counters.reopenings == 0


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
