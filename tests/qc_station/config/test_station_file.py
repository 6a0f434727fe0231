"""station.toml: what is written is read back, and every fault is named at once."""

import math
import re
import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc_station.config.drivers import driver_builds
from qc_station.config.fields import meanings
from qc_station.config.loading import load_station, parse_station
from qc_station.config.station import CostsConfig, StationConfig, StreamConfig
from qc_station.config.training import PathConfig, TrainingConfig
from qc_station.config.writing import station_text, write_station
from qc_station.errors import ConfigError
from sensors.errors import SensorNotFoundError

ACOUSTIC = StreamConfig(kind="waveform", rate_hz=48000.0, window_s=0.5, hop_s=0.25, dtype="int16")
THERMAL = StreamConfig(kind="image", height=40, width=24, dtype="uint8", required=False, augment=())
ENOSE = StreamConfig(kind="series", channels=("MQ2", "MQ 3"), window_steps=10, unit="Ohm")
STATION = StationConfig(
    name="line 1",
    streams={"acoustic": ACOUSTIC, "thermal": THERMAL, "enose": ENOSE},
    training=TrainingConfig(weights={"label.acoustic": 2.0}, paths={"shared": PathConfig(optimizer="sgd", lr=0.1)}),
)


def document(**stream: Any) -> dict[str, Any]:
    given: dict[str, Any] = {"kind": "waveform", "rate_hz": 8000, "window_s": 1}
    return {"name": "x", "streams": {"a": {key: v for key, v in {**given, **stream}.items() if v is not None}}}


def test_a_written_station_is_loaded_equal(tmp_path: Path) -> None:
    file = write_station(tmp_path / "line1", STATION)
    assert load_station(file) == load_station(tmp_path / "line1") == STATION


@given(name=st.text(min_size=1), channel=st.text(min_size=1), weight=st.floats(0, 1e9))
def test_any_text_and_number_survives_writing(name: str, channel: str, weight: float) -> None:
    series = StreamConfig(kind="series", channels=(channel,), window_steps=1)
    training = TrainingConfig(weights={"label.s": weight})
    station = StationConfig(name=name, streams={"s": series}, training=training)
    try:
        text = station_text(station).encode().decode()
    except UnicodeEncodeError:
        return
    assert parse_station(tomllib.loads(text)) == station


def test_every_key_is_explained() -> None:
    text = station_text(STATION)
    for table in (StationConfig, StreamConfig, TrainingConfig, PathConfig, CostsConfig):
        assert set(meanings(table)) == set(table.__struct_fields__)
    for key in ("deadline_ms", "rate_hz", "height", "window_steps", "weighting", "escape"):
        assert f"\n{key} = " in text
    keys = [line for line in text.splitlines() if " = " in line and not line.startswith("#")]
    assert all(f"# {meaning}\n" in text for meaning in meanings(CostsConfig).values())
    assert len(keys) > 20


def test_an_empty_table_is_written_as_an_example_that_is_allowed_where_it_stands() -> None:
    plain = msgspec.structs.replace(STATION, training=TrainingConfig())
    text = station_text(plain)
    assert "{" not in text
    filled = re.sub(r"^# (\[training\.\w+.*\]|label|lr|optimizer|schedule|clip_norm)", r"\1", text, flags=re.MULTILINE)
    filled = filled.replace('# "label', '"label')
    training = parse_station(tomllib.loads(filled)).training
    assert training.weights == {"label.acoustic": 2.0}
    assert training.losses == {"label": "focal"}
    assert training.paths == {"shared": PathConfig(optimizer="nesterov", lr=0.01, clip_norm=2.0)}
    assert msgspec.structs.replace(training, weights={}, losses={}, paths={}) == plain.training


def test_a_table_that_is_there_can_be_added_to_at_the_files_end() -> None:
    added = station_text(STATION) + '\n[training.paths.thermal]\nlr = 0.5\n\n[training.losses]\nlabel = "focal"\n'
    training = parse_station(tomllib.loads(added)).training
    assert training.paths == {**STATION.training.paths, "thermal": PathConfig(lr=0.5)}
    assert training.losses == {"label": "focal"}


def test_a_path_without_a_rate_of_its_own_survives_writing() -> None:
    training = TrainingConfig(paths={"thermal": PathConfig(optimizer="sgd")})
    station = msgspec.structs.replace(STATION, training=training)
    assert parse_station(tomllib.loads(station_text(station))) == station


def test_a_station_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    write_station(tmp_path, STATION)
    with pytest.raises(ConfigError, match="there already"):
        write_station(tmp_path, STATION)
    assert [file.name for file in tmp_path.iterdir()] == ["station.toml"]


def test_a_driver_table_survives_writing_and_an_example_stands_where_there_is_none(tmp_path: Path) -> None:
    live = msgspec.structs.replace(ENOSE, driver={"type": "serial_array", "port": "loop://", "protocol": "csv"})
    station = msgspec.structs.replace(STATION, streams={**STATION.streams, "enose": live})
    assert load_station(write_station(tmp_path / "line1", station)) == station
    text = station_text(station)
    assert '\n[streams.enose.driver]\ntype = "serial_array"\n' in text
    assert '\n# [streams.acoustic.driver]\n# type = "microphone"\n' in text


@pytest.mark.parametrize(
    ("driver", "message"),
    [
        ({}, r"streams\.a\.driver: type = None; allowed: the name of a driver"),
        ({"type": "magic"}, r"streams\.a\.driver: no driver 'magic'; there are: .*microphone"),
        ({"type": "microphone"}, r"streams\.a\.driver: driver 'microphone' needs the option 'device'"),
        ({"type": "microphone", "device": 1, "gain": 2}, r"driver 'microphone' has no option 'gain'; it has: device, "),
        (
            {"type": "serial_array", "port": "x", "protocol": "morse"},
            r"unknown protocol 'morse'; there are: bme688, csv",
        ),
    ],
)
def test_a_wrong_driver_table_is_named_with_what_is_allowed(driver: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        parse_station(document(driver=driver))


def test_a_driver_takes_rate_and_channels_from_its_stream_unless_it_is_told_otherwise(tmp_path: Path) -> None:
    given = {"type": "microphone", "device": "UMIK-1"}
    two = parse_station(document(channels=["left", "right"], driver=given))
    (driver,) = (build() for build in driver_builds(two, tmp_path).values())
    assert driver.stream == two.streams["a"].stream("a")
    told = parse_station(document(driver={**given, "rate_hz": 44100}))
    assert driver_builds(told, tmp_path)["a"]().stream.nominal_rate_hz == 44100.0


def test_a_driver_that_cannot_know_its_unit_has_it_from_its_stream_and_one_that_knows_it_has_not(
    tmp_path: Path,
) -> None:
    series = {"kind": "series", "channels": ["a", "b"], "window_steps": 5, "unit": "kOhm"}
    for protocol, units in (("csv", ("kOhm", "kOhm")), ("mlx90640", ("Cel",))):
        given = {"type": "serial_array", "port": "loop://", "protocol": protocol}
        station = parse_station({"name": "s", "streams": {"enose": {**series, "driver": given}}})
        assert driver_builds(station, tmp_path)["enose"]().stream.units == units


def test_what_is_not_written_of_a_stream_is_its_drivers() -> None:
    frame = {"kind": "image", "height": 120, "width": 160}
    (stream,) = parse_station({"name": "s", "streams": {"heat": frame}}).streams.values()
    assert (stream.declared("heat").units, stream.declared("heat").dtype) == (None, None)
    assert (stream.stream("heat").units, stream.sample_type) == (("1",), "float32")


def test_a_path_that_begins_with_a_dot_is_below_the_stations_folder(tmp_path: Path) -> None:
    station = parse_station(document(driver={"type": "replay", "recording": "./recordings"}))
    with pytest.raises(SensorNotFoundError, match=re.escape(f"no recording {tmp_path / 'recordings'}")):
        driver_builds(station, tmp_path)["a"]().open()


def test_a_station_without_drivers_names_the_tables_that_are_missing(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no table \[streams\.acoustic\.driver\], \[streams\.thermal\.driver\]"):
        driver_builds(STATION, tmp_path)


def test_all_faults_are_reported_at_once() -> None:
    wrong = document(rate_hz="fast", window=1)
    wrong["streams"]["2b"] = {"kind": "smell"}
    wrong["training"] = {"epochs": 0}
    wrong["speed"] = 1
    with pytest.raises(ConfigError) as raised:
        parse_station(wrong, "line1/station.toml")
    message = str(raised.value)
    assert message.startswith("line1/station.toml: 6 faults")
    for part in (
        "streams.a.rate_hz = 'fast'",
        "streams.a.window: unknown key; allowed: kind, channels",
        "stream named '2b'",
        "streams.2b.kind = 'smell'; allowed: waveform, image, series",
        "training.epochs = 0",
        "speed: unknown key",
    ):
        assert part in message


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"rate_hz": None}, "streams.a.rate_hz is missing; a stream of kind waveform needs it"),
        ({"rate_hz": -1}, "streams.a.rate_hz = -1"),
        ({"rate_hz": math.inf}, "not finite"),
        ({"window_s": None}, "streams.a.window_s is missing"),
        ({"window_s": 1e-9}, "less than one sample"),
        ({"hop_s": 1e-9}, "hop_s = 1e-09: less than one sample"),
        ({"height": 4}, "streams.a.height: a stream of kind waveform has no such key"),
        ({"dtype": "uint8"}, "allowed for waveform: int16, int32, float32"),
        ({"channels": []}, "streams.a.channels = []"),
        ({"channels": ["l", "l"]}, "every name once"),
        ({"policy": "guess"}, "streams.a.policy = 'guess'"),
        ({"kind": "image"}, "streams.a.height is missing"),
        ({"kind": None}, "streams.a.kind is missing"),
    ],
)
def test_a_wrong_stream_is_named_with_what_is_allowed(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as raised:
        parse_station(document(**given))
    assert message in str(raised.value)


@pytest.mark.parametrize("name", ["label", "item", "a-b", "", "ä"])
def test_a_stream_may_not_have_the_name_of_another_column(name: str) -> None:
    wrong = {"name": "x", "streams": {name: document()["streams"]["a"]}}
    with pytest.raises(ConfigError, match="stream named"):
        parse_station(wrong)


@pytest.mark.parametrize("streams", [{}, [], 3, {"a": 3}])
def test_a_station_needs_stream_tables(streams: Any) -> None:
    with pytest.raises(ConfigError, match="streams"):
        parse_station({"name": "x", "streams": streams})


def test_a_missing_or_broken_file_is_a_configuration_fault(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_station(tmp_path)
    (tmp_path / "station.toml").write_text("name = \n")
    with pytest.raises(ConfigError, match="no TOML"):
        load_station(tmp_path)
