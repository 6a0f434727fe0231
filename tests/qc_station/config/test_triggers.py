"""The `[trigger]` table of station.toml: written, read back, and checked before anything is touched."""

import tomllib
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from qc_station.align.trigger import Trigger
from qc_station.config.drivers import driver_builds
from qc_station.config.loading import load_station, parse_station
from qc_station.config.station import StationConfig, StreamConfig
from qc_station.config.triggers import EXAMPLE, trigger_source
from qc_station.config.writing import station_text, write_station
from qc_station.errors import ConfigError
from qc_station.triggers.http import HttpSource
from qc_station.triggers.timer import TimerSource
from sensors.errors import SensorNotFoundError
from sensors.readings import Reading
from sensors.recordings.recorder import Recorder

S = 1_000_000_000

ACOUSTIC = StreamConfig(kind="waveform", rate_hz=48000.0, window_s=0.5)
ENOSE = StreamConfig(kind="series", window_steps=10)


def document(trigger: Any) -> dict[str, Any]:
    streams = {"acoustic": {"kind": "waveform", "rate_hz": 48000.0, "window_s": 0.5}}
    return {"name": "x", "streams": streams | {"enose": {"kind": "series", "window_steps": 10}}, "trigger": trigger}


def station(**trigger: Any) -> StationConfig:
    return StationConfig(name="x", streams={"acoustic": ACOUSTIC, "enose": ENOSE}, trigger=trigger or None)


def test_a_station_has_no_trigger_of_its_own_unless_it_says_so(tmp_path: Path) -> None:
    assert load_station(write_station(tmp_path, station())).trigger is None
    assert trigger_source(station(), tmp_path) is None


def test_a_trigger_table_survives_writing(tmp_path: Path) -> None:
    given = station(type="serial", port="/dev/ttyUSB0", mode="byte", codes=[1, 2], debounce_ms=20.0)
    assert load_station(write_station(tmp_path, given)) == given
    assert '\n[trigger]\ntype = "serial"\n' in station_text(given)


def test_the_example_in_a_new_station_works_when_it_is_no_longer_commented_out() -> None:
    text = station_text(station())
    example = "".join(f"# {line}\n" for line in ("[trigger]", 'type = "http"', "port = 8765"))
    assert example in text
    loaded = parse_station(tomllib.loads(text.replace(example, example.replace("# ", ""))))
    assert loaded.trigger == EXAMPLE
    assert isinstance(trigger_source(loaded, Path()), HttpSource)


@pytest.mark.parametrize(
    ("trigger", "message"),
    [
        ("http", r"trigger = 'http'"),
        ({}, r"trigger: type = None; allowed: http, keyboard, onset, recording, serial, timer$"),
        ({"type": "magic"}, r"trigger: no trigger 'magic'; there are: http, "),
        ({"type": "contract"}, r"trigger: no trigger 'contract'; there are: http, "),
        ({"type": "timer"}, r"trigger: type 'timer' needs the option 'interval_s'"),
        ({"type": "timer", "interval_s": 0}, r"trigger: type 'timer': interval_s = 0; allowed: 0\.001 to"),
        ({"type": "http", "prot": 80}, r"trigger: type 'http' has no option 'prot'; it has: port, host$"),
        ({"type": "http", "port": 99999}, r"trigger: type 'http': port = 99999; allowed: 0 to 65535"),
        ({"type": "onset"}, r"trigger: type 'onset' needs the option 'stream', 'rate_hz'"),
        ({"type": "onset", "stream": "nose"}, r"trigger: stream = 'nose'; allowed: acoustic, enose"),
        ({"type": "onset", "stream": "enose"}, r"trigger: type 'onset' needs the option 'rate_hz'"),
        ({"type": "serial", "port": "x", "mode": "bit"}, r"trigger: type 'serial': mode = 'bit'; allowed: byte, line"),
        ({"type": "recording", "recording": "x", "speed": 0}, r"trigger: type 'recording': speed = 0; allowed: above"),
    ],
)
def test_a_wrong_trigger_table_is_named_with_what_is_allowed(trigger: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        parse_station(document(trigger))


def test_a_fault_of_the_trigger_is_reported_beside_all_others() -> None:
    wrong = document({"type": "timer"}) | {"deadline_ms": -1}
    with pytest.raises(ConfigError, match=r"2 faults\n  deadline_ms = -1.*\n  trigger: "):
        parse_station(wrong)


def test_a_path_that_begins_with_a_dot_is_below_the_stations_folder(tmp_path: Path) -> None:
    source = trigger_source(station(type="keyboard", terminal="./tty"), tmp_path)
    assert source is not None
    with pytest.raises(SensorNotFoundError, match=str(tmp_path / "tty")):
        source.start(lambda _: None)


def test_sensors_and_triggers_of_a_recording_begin_at_the_same_moment(tmp_path: Path) -> None:
    series = StreamConfig(kind="series", window_steps=10)
    recorder = Recorder(tmp_path, [series.stream("enose")], clock=lambda: 5 * S)
    sample = np.zeros((1, 1), np.float32)
    recorder.reading(Reading(stream="enose", session=0, seq=0, arrival_ns=6 * S, device_ns=None, data=sample))
    recorder.trigger("A1", 6 * S + 1)
    recorder.close()
    played = {"recording": f"./{next(tmp_path.glob('*.mcap')).name}", "shift": True}
    stream = msgspec.structs.replace(series, driver={"type": "replay", **played})
    config = StationConfig(name="x", streams={"enose": stream}, trigger={"type": "recording", **played})
    # Long ago, so that everything is due.
    (build,), source, seen = driver_builds(config, tmp_path, 7).values(), trigger_source(config, tmp_path, 7), []
    driver = build()
    driver.open()
    reading = driver.read()
    driver.close()
    assert source is not None
    source.start(seen.append)
    source.look(99 * S)
    source.stop()
    assert reading is not None
    assert reading.arrival_ns == 7 + S
    assert seen == [Trigger(part="A1", time_ns=7 + S + 1)]


def test_an_origin_is_of_no_use_to_other_triggers(tmp_path: Path) -> None:
    assert isinstance(trigger_source(station(type="timer", interval_s=1.0), tmp_path, 7), TimerSource)
