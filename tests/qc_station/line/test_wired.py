"""The simulated line on real wires: its station.toml names drivers that read it as they read a floor."""

from pathlib import Path

import pytest

from qc_station.config.drivers import driver_builds
from qc_station.config.loading import load_station
from qc_station.errors import ConfigError
from qc_station.line.fault_text import fault_names, faults_of
from qc_station.line.wired import WiredLine
from sensors.readings import Reading
from sensors.recordings.shelf import shelf
from sensors.simulated.faults.unplug import Unplug
from sensors.simulated.line import START_NS, Pace
from sensors.supervision.station import Supervision

S = 1_000_000_000


def test_every_sensor_of_the_written_station_delivers_over_its_wire(tmp_path: Path) -> None:
    got: dict[str, list[Reading]] = {"acoustic": [], "thermal": [], "enose": []}
    line = WiredLine(tmp_path / "line1", seed=3, parts=3, pace=Pace(rate_hz=5.0, lead_s=0.2))
    config = load_station(tmp_path / "line1")
    declared = {name: stream.stream(name) for name, stream in config.streams.items()}
    builds = driver_builds(config, tmp_path / "line1")
    with line, Supervision(builds, lambda r: got[r.stream].append(r), declared=declared) as supervision:
        assert supervision.start() == {}
        while not all(len(readings) >= 3 for readings in got.values()):
            supervision.look()
    for name, readings in got.items():
        assert str(readings[0].data.dtype) == config.streams[name].dtype
        assert readings[0].data.shape[1:] == declared[name].shape


def test_who_comes_late_hears_and_triggers_what_is_now(tmp_path: Path) -> None:
    line = WiredLine(tmp_path, seed=3, parts=4, clock=lambda: 5 * S)
    config = load_station(tmp_path)
    assert config.trigger is not None
    sound = config.streams["acoustic"].driver
    assert sound is not None
    for table in (sound, config.trigger):
        assert (table["current"], table["shift"], table["origin_ns"]) == (True, True, line.origin_ns)


def test_the_sound_carries_the_triggers_of_the_parts(tmp_path: Path) -> None:
    line = WiredLine(tmp_path, seed=3, parts=4)
    (recording,) = shelf(tmp_path / "wires" / "sound").recordings
    assert [(t.part, t.time_ns) for t in recording.triggers()] == [(p.part.name, p.time_ns) for p in line.passings]
    assert recording.start_ns == START_NS


def test_parts_are_counted_as_they_pass(tmp_path: Path) -> None:
    line = WiredLine(tmp_path, seed=3, parts=4, clock=lambda: 5 * S)
    first_ns = line.passings[0].time_ns - START_NS + line.origin_ns
    assert [line.passed(first_ns - 1), line.passed(first_ns), line.passed(first_ns + 60 * S)] == [0, 1, 4]


def test_a_line_that_is_started_again_plays_its_own_sound_only(tmp_path: Path) -> None:
    for seed in (3, 4):
        line = WiredLine(tmp_path, seed=seed, parts=2)
    (recording,) = shelf(tmp_path / "wires" / "sound").recordings
    assert [t.part for t in recording.triggers()] == [p.part.name for p in line.passings]


def test_a_fault_is_written_as_stream_name_begin_and_length() -> None:
    found = faults_of(["enose:unplug:10:5.5", "thermal:frozen_shutter:0:3"], 7 * S)
    assert found["enose"] == [Unplug(start_ns=17 * S, duration_s=5.5)]
    assert [type(fault).__name__ for fault in found["thermal"]] == ["FrozenShutter"]


def test_every_fault_of_the_floor_has_a_name() -> None:
    asked = "unplug hang garbage half_frames wrong_baud duplicates frozen_shutter overflow wrong_rate not_a_number"
    assert {*asked.split(), "saturation", "clock_drift", "clock_reset"} == set(fault_names())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("enose:unplug", "allowed: STREAM:FAULT:AT:FOR"),
        ("acoustic:unplug:1:1", "stream 'acoustic'; allowed: thermal, enose"),
        ("enose:fire:1:1", "no fault 'fire'; there are: .*unplug"),
        ("enose:unplug:soon:1", "'soon'; allowed: seconds, 0 or more"),
        ("enose:unplug:1:nan", "'nan'; allowed: seconds"),
    ],
)
def test_a_fault_that_is_written_wrongly_is_refused_with_what_is_allowed(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        faults_of([text], 0)
