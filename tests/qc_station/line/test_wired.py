"""The simulated line on real wires: its station.toml names drivers that read it as they read a floor."""

from pathlib import Path

import pytest

from qc_station.config.drivers import driver_builds
from qc_station.config.loading import load_station
from qc_station.errors import ConfigError
from qc_station.line.fault_text import fault_names, fault_table, faults_of
from qc_station.line.wired import WiredLine
from sensors.readings import Reading
from sensors.recordings.shelf import shelf
from sensors.simulated.faults.clock_drift import ClockDrift
from sensors.simulated.faults.fault import Fault
from sensors.simulated.faults.saturation import Saturation
from sensors.simulated.faults.text import parsed
from sensors.simulated.faults.unplug import Unplug
from sensors.simulated.gas import HIGHEST_KOHM
from sensors.simulated.line import START_NS, Pace
from sensors.supervision.station import Supervision

S = 1_000_000_000


def test_every_sensor_of_the_written_station_delivers_over_its_wire(tmp_path: Path) -> None:
    got: dict[str, list[Reading]] = {"acoustic": [], "thermal": [], "enose": []}
    line = WiredLine(tmp_path / "line1", seed=3, parts=3, pace=Pace(rate_hz=5.0, lead_s=0.2))
    config = load_station(tmp_path / "line1")
    declared = {name: stream.declared(name) for name, stream in config.streams.items()}
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


def test_a_fault_is_written_as_stream_name_begin_length_and_parameters() -> None:
    texts = ["enose:unplug:10:5.5", "thermal:frozen_shutter:0:3", "acoustic:clock_drift:5:20:ppm=200"]
    found = faults_of(texts, 7 * S)
    assert found["enose"] == [Unplug(start_ns=17 * S, duration_s=5.5)]
    assert found["acoustic"] == [ClockDrift(start_ns=12 * S, duration_s=20.0, ppm=200.0)]
    assert [type(fault).__name__ for fault in found["thermal"]] == ["FrozenShutter"]


def test_every_fault_of_the_floor_has_a_name() -> None:
    asked = "unplug hang garbage half_frames wrong_baud duplicates frozen_shutter overflow wrong_rate not_a_number"
    assert {*asked.split(), "saturation", "clock_drift", "clock_reset"} == set(fault_names())


def test_the_list_says_what_can_happen_to_whom_and_how_it_can_be_set() -> None:
    table = {row["fault"]: row for row in fault_table()}
    assert list(table) == fault_names()
    assert table["clock_drift"]["parameters"] == {"ppm": 100.0}
    assert table["overflow"]["streams"] == ["acoustic", "thermal", "enose"]
    assert table["not_a_number"]["streams"] == ["enose"]


def test_a_gas_array_saturates_at_the_end_of_its_range() -> None:
    (fault,) = faults_of(["enose:saturation:4:4"], 0)["enose"]
    assert fault == Saturation(start_ns=4 * S, duration_s=4.0, level=HIGHEST_KOHM)


def test_what_happens_to_the_sound_stands_in_the_table_of_whoever_plays_it(tmp_path: Path) -> None:
    texts = ["acoustic:overflow:3:2", "acoustic:saturation:4.5:1:level=30000"]
    WiredLine(tmp_path, seed=3, parts=2, faults=faults_of(texts, 7 * S), clock=lambda: 7 * S)
    config = load_station(tmp_path)
    table = config.streams["acoustic"].driver
    assert table is not None
    assert (table["type"], table["faults_from_ns"]) == ("faulty_replay", 10 * S)
    assert [fault.partition(":")[0] for fault in table["faults"]] == ["overflow", "saturation"]
    assert [parsed(text, table["faults_from_ns"]) for text in table["faults"]] == faults_of(texts, 7 * S)["acoustic"]
    assert driver_builds(config, tmp_path)["acoustic"]().stream.name == "acoustic"


def test_a_sound_to_which_nothing_happens_is_a_replay(tmp_path: Path) -> None:
    line = WiredLine(tmp_path, seed=3, parts=2, faults=faults_of(["enose:hang:1:1"], 0))
    sound = line.station.streams["acoustic"].driver
    assert sound is not None
    assert sound["type"] == "replay"


class Broken(Fault):
    """No fault of a sensor but a mistake in the simulation."""

    def lead_ns(self, now_ns: int) -> int:
        raise RuntimeError(f"no lead at {now_ns}")


def test_a_device_that_breaks_down_ends_the_line_and_is_named(tmp_path: Path) -> None:
    fault = Broken(start_ns=0, duration_s=float("inf"))
    line = WiredLine(tmp_path, seed=3, parts=2, faults={"enose": [fault]})
    # What its thread does, without one.
    line.devices["enose"]._run()
    assert line.ended
    assert list(line.failures) == ["enose"]
    assert line.failures["enose"].startswith("RuntimeError: no lead at ")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("enose:unplug", "allowed: STREAM:FAULT:AT:FOR or STREAM:FAULT:AT:FOR:KEY=VALUE"),
        ("smell:unplug:1:1", "stream 'smell'; allowed: acoustic, thermal, enose"),
        ("enose:fire:1:1", "no fault 'fire'; there are: .*unplug"),
        ("enose:unplug:soon:1", "'soon'; allowed: seconds, 0 or more"),
        ("enose:unplug:1:nan", "'nan'; allowed: seconds"),
        ("enose:clock_drift:1:1:200", "'200' is no parameter of clock_drift; allowed: ppm=NUMBER"),
        ("enose:not_a_number:1:1:channel=4", "channel is 4; allowed: 0 to 3$"),
        ("thermal:not_a_number:1:1", "samples are uint16, .*; what can happen to thermal: clock_drift, .*unplug"),
        ("acoustic:garbage:1:1", "no bytes on a wire .*; what can happen to acoustic: clock_drift, .*overflow"),
    ],
)
def test_a_fault_that_is_written_wrongly_is_refused_with_what_is_allowed(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        faults_of([text], 0)
