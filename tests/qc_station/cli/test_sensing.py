"""Sensors are looked at, recorded, listed and replayed from the command line, over a real terminal line."""

import json
import os
import shlex
import threading
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from select import select
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from qc_station.cli import cli
from qc_station.sensing import discovery
from sensors.errors import SensorNotFoundError
from sensors.microphone import Microphone
from sensors.portaudio import OpenStreams, found_microphones
from sensors.readings import Reading
from sensors.recordings.recorder import Recorder
from sensors.recordings.shelf import shelf
from sensors.streams import Stream
from tests.sensors.sound_card import Card, FakeSound

STATION = """
name = "line 1"

[streams.enose]
kind = "series"
channels = ["MQ2", "MQ3"]
rate_hz = 1000.0
unit = "1"
window_steps = 10

[streams.enose.driver]
type = "serial_array"
port = "{port}"
protocol = "csv"
"""
MISSING = """
[streams.thermal]
kind = "image"
height = 60
width = 80

[streams.thermal.driver]
type = "camera"
source = "/dev/video99"
pixels = "y16"
"""
KNOCKED = """
name = "line 1"

[streams.acoustic]
kind = "waveform"
rate_hz = 8000.0
window_s = 0.1

[streams.acoustic.driver]
type = "replay"
recording = "./before"

[trigger]
type = "onset"
stream = "acoustic"
floor_s = 0.2
"""


@pytest.fixture
def port() -> Iterator[str]:
    """A gas array that sends as fast as it is read: a terminal takes no more than it can hold."""
    ours, theirs = os.openpty()
    os.set_blocking(ours, False)
    stop = threading.Event()

    def send() -> None:
        number = 0
        while not stop.is_set():
            line = b"%d,512\r\n" % (number % 1024)
            if select([], [ours], [], 0.05)[1]:
                with suppress(BlockingIOError):
                    # A terminal that is nearly full takes a part of the line, which is no line then.
                    number += os.write(ours, line) == len(line)

    sender = threading.Thread(target=send)
    sender.start()
    yield os.ttyname(theirs)
    stop.set()
    sender.join()
    os.close(theirs)
    os.close(ours)


def station(folder: Path, text: str) -> str:
    (folder / "station.toml").write_text(text)
    return str(folder)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, [*arguments, "--json"])


def answer(result: Result, code: int = 0) -> dict[str, Any]:
    assert result.exit_code == code, result.output
    found: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
    return found


def test_a_live_sensor_is_shown_with_rate_values_and_counters(tmp_path: Path, port: str) -> None:
    folder = station(tmp_path, STATION.format(port=port))
    (enose,) = answer(run("sensors", "--station", folder, "--seconds", "0.6"))["sensors"]
    assert (enose["stream"], enose["state"], enose["why"], enose["declared_hz"]) == ("enose", "live", "", 1000.0)
    assert enose["rate_hz"] > 0
    assert enose["signal"].endswith(" 512 1")
    assert enose["counters"]["readings"] == enose["counters"]["samples"] > 0


def test_a_sensor_that_is_not_there_is_named_and_fails_the_check_but_the_others_are_shown(
    tmp_path: Path, port: str
) -> None:
    folder = station(tmp_path, STATION.format(port=port) + MISSING)
    result = run("sensors", "--station", folder, "--seconds", "0.5")
    found = answer(result, code=1)
    assert list(found["faults"]) == ["thermal"]
    assert "1 sensor did not start:\n  stream 'thermal': " in result.stderr
    assert {one["stream"]: one["state"] for one in found["sensors"]} == {"enose": "live", "thermal": "reopening"}


def test_nothing_is_recorded_when_a_sensor_does_not_start_unless_it_is_wanted_anyway(tmp_path: Path, port: str) -> None:
    folder = station(tmp_path, STATION.format(port=port) + MISSING)
    result = run("record", "--station", folder, "--seconds", "0.5")
    assert "1 sensor did not start" in answer(result, code=1)["error"]
    found = answer(run("record", "--station", folder, "--seconds", "0.5", "--anyway"), code=1)
    assert found["readings"]["enose"] > 0
    assert found["sensors"]["thermal"]["state"] == "reopening"


def test_what_was_recorded_is_listed_and_replayed_to_the_last_reading(tmp_path: Path, port: str) -> None:
    folder = station(tmp_path, STATION.format(port=port))
    taken = answer(run("record", "--station", folder, "--seconds", "0.6", "--trigger-every", "0.1"))
    assert taken["failure"] is None
    assert taken["recorder"]["dropped"] == 0
    (row,) = answer(run("recordings", taken["folder"]))["recordings"]
    assert row["readings"] == taken["readings"]
    fast = answer(run("replay", taken["folder"], "--fast"))
    assert fast["played"] == fast["recorded"] == taken["readings"]
    paced = answer(run("replay", str(Path(taken["folder"]) / row["file"]), "--speed", "4"))
    assert paced["played"] == taken["readings"]


def test_the_triggers_of_the_stations_table_are_recorded_and_so_are_those_of_the_clock(
    tmp_path: Path, port: str
) -> None:
    table = '[trigger]\ntype = "timer"\ninterval_s = 0.05\n'
    folder = station(tmp_path, STATION.format(port=port) + table)
    taken = answer(run("record", "--station", folder, "--seconds", "0.6", "--trigger-every", "0.1"))
    counts = {name: one["counters"]["triggers"] for name, one in taken["triggers"].items()}
    assert counts["timer"] > counts["--trigger-every"] > 1
    (recording,) = shelf(Path(taken["folder"])).recordings
    parts = [trigger.part for trigger in recording.triggers()]
    assert len(set(parts)) == len(parts) == sum(counts.values())


def test_a_recording_has_the_unit_that_the_station_leaves_to_the_driver(tmp_path: Path, port: str) -> None:
    told = STATION.format(port=port).replace('unit = "1"', "") + 'units = ["kOhm", "Cel"]\n'
    taken = answer(run("record", "--station", station(tmp_path, told), "--seconds", "0.5"))
    (recording,) = shelf(Path(taken["folder"])).recordings
    assert recording.streams[0].units == ("kOhm", "Cel")


def test_a_unit_that_the_driver_does_not_deliver_is_a_fault_at_the_start(tmp_path: Path, port: str) -> None:
    wrong = STATION.format(port=port).replace('unit = "1"', 'unit = "Cel"') + 'units = ["kOhm", "kOhm"]\n'
    found = answer(run("record", "--station", station(tmp_path, wrong), "--seconds", "0.5"), code=1)
    assert "stream 'enose': delivers the unit 'kOhm', declared is 'Cel'" in found["error"]


def test_a_knock_in_a_stream_of_the_station_is_recorded_at_its_time(tmp_path: Path) -> None:
    stream = Stream(name="acoustic", kind="waveform", shape=(1,), nominal_rate_hz=8000.0, units=("1",))
    before = Recorder(tmp_path / "before", [stream], clock=lambda: 0)
    noise = np.random.default_rng(1).normal(0.0, 10.0, (16_000, 1))
    noise[12_000:12_400] += 2000.0
    for first in range(0, 16_000, 500):
        data, arrival_ns = noise[first : first + 500].astype(np.int16), (first + 499) * 125_000
        before.reading(
            Reading(stream="acoustic", session=0, seq=first, arrival_ns=arrival_ns, device_ns=None, data=data)
        )
    before.close()
    taken = answer(run("record", "--station", station(tmp_path, KNOCKED)))
    assert taken["triggers"]["onset"]["counters"] == {"triggers": 1, "unfit": 0}
    (recording,) = shelf(Path(taken["folder"])).recordings
    (trigger,) = recording.triggers()
    assert trigger.time_ns == 12_000 * 125_000


def test_a_trigger_that_cannot_start_is_named(tmp_path: Path, port: str) -> None:
    table = '[trigger]\ntype = "keyboard"\nterminal = "./none"\n'
    result = run("record", "--station", station(tmp_path, STATION.format(port=port) + table), "--seconds", "0.5")
    assert "trigger 'keyboard': cannot open '" in answer(result, code=1)["error"]


def test_a_damaged_recording_is_set_aside_and_said(tmp_path: Path) -> None:
    (tmp_path / "000001-x.mcap").write_bytes(b"\x89MCAP0\r\n" + bytes(50))
    found = answer(run("recordings", str(tmp_path)), code=1)
    assert found["recordings"] == []
    assert [Path(path).name for path in found["set_aside"]] == ["000001-x.mcap"]
    assert answer(run("recordings", str(tmp_path)))["quarantine"] == 1


def test_a_flipped_bit_ends_a_replay_and_a_check_saves_the_rest(tmp_path: Path) -> None:
    stream = Stream(name="enose", kind="series", shape=(1000,), nominal_rate_hz=1000.0, units=("1",) * 1000)
    recorder = Recorder(tmp_path, [stream], clock=lambda: 0)
    for number in range(200):
        data, arrival_ns = np.full((1, 1000), number, np.float32), number * 1_000_000
        recorder.reading(
            Reading(stream="enose", session=0, seq=number, arrival_ns=arrival_ns, device_ns=None, data=data)
        )
    recorder.close()
    (path,) = tmp_path.glob("*.mcap")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    for pace in (["--fast"], ["--speed", "4"]):
        played = answer(run("replay", str(tmp_path), *pace), code=1)
        assert 0 < played["played"]["enose"] < played["recorded"]["enose"] == 200
    assert answer(run("recordings", str(tmp_path)))["set_aside"] == []
    found = answer(run("recordings", str(tmp_path), "--check"), code=1)
    assert (len(found["set_aside"]), found["recovered"]) == (1, 1)
    assert 0 < found["damaged_bytes"] < 80_000
    fast = answer(run("replay", str(tmp_path), "--fast"))
    assert 180 <= fast["played"]["enose"] < 200


def test_a_recording_that_is_cut_is_refused_by_replay_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "cut.mcap"
    path.write_bytes(b"\x89MCAP0\r\n" + bytes(50))
    error = answer(run("replay", str(path)), code=1)["error"]
    hint = shlex.split(error.rpartition("recover it: ")[2])
    assert hint[:2] == ["qc-station", "recordings"]
    # The very command that was said.
    assert [Path(one).name for one in answer(run(*hint[1:]), code=1)["set_aside"]] == ["cut.mcap"]


def test_a_microphone_is_listed_with_every_name_that_its_driver_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    sound = FakeSound(Card(name="Loopback"), Card(name="UMIK-1: USB Audio (hw:2,0)", inputs=1, rates_hz=(48000,)))
    library = {"library": lambda: sound, "streams": OpenStreams()}
    monkeypatch.setattr("sensors.portaudio.found_microphones", partial(found_microphones, **library))
    line = discovery.discover()["microphones"][1]
    assert line == "UMIK-1: USB Audio (hw:2,0), ALSA (index 1, 1 channels, 48000 Hz)"
    for device in (line.partition(" (index")[0], int(line.partition("index ")[2].partition(",")[0])):
        driver = Microphone(name="acoustic", device=device, **library)
        driver.open()
        assert sound.streams[-1].settings["device"] == 1
        driver.close()


def test_what_is_plugged_in_is_listed_with_the_drivers(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> tuple[str, ...]:
        raise SensorNotFoundError("microphones need sounddevice: pip install 'qc-station[live]'")

    monkeypatch.setattr("sensors.portaudio.found_microphones", none)
    monkeypatch.setattr("sensors.camera.found_cameras", lambda: ("/dev/v4l/by-path/usb-1",))
    found = discovery.discover()
    assert found["microphones"] == ["microphones need sounddevice: pip install 'qc-station[live]'"]
    assert found["cameras"] == ["/dev/v4l/by-path/usb-1"]
    assert {"camera", "microphone", "replay", "serial_array"} <= set(found["drivers"])
    assert answer(run("sensors", "--list"))["drivers"] == found["drivers"]
