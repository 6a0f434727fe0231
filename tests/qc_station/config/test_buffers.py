"""What the line may hold is written, explained, read back and checked against the windows."""

import tomllib
from typing import Any

import pytest

from qc_station.config.buffers import window_bytes
from qc_station.config.fields import meanings
from qc_station.config.loading import parse_station
from qc_station.config.station import BuffersConfig, StationConfig, StreamConfig
from qc_station.config.writing import station_text
from qc_station.errors import ConfigError

SOUND = StreamConfig(kind="waveform", rate_hz=48_000.0, window_s=1.0, channels=("left", "right"), dtype="int16")
HEAT = StreamConfig(kind="image", height=8, width=8, sensor_height=480, sensor_width=640, dtype="uint16")
GAS = StreamConfig(kind="series", channels=("a", "b", "c"), window_steps=20)


def loaded(**buffers: Any) -> BuffersConfig:
    sound = {"kind": "waveform", "rate_hz": 48000, "window_s": 1.0, "channels": ["left", "right"], "dtype": "int16"}
    return parse_station({"name": "x", "streams": {"sound": sound}, "buffers": buffers}).buffers


def test_without_a_table_the_limits_are_those_of_a_usual_line() -> None:
    assert loaded() == BuffersConfig()


def test_limits_that_were_written_are_read_back_and_every_one_is_explained() -> None:
    limits = BuffersConfig(stream_mib=2.5, stream_s=30.0, history_s=1.5, reorder_ms=20.0, open_parts=7, inbox_mib=12.0)
    station = StationConfig(name="x", streams={"sound": SOUND}, buffers=limits)
    text = station_text(station)
    assert parse_station(tomllib.loads(text)).buffers == limits
    assert set(meanings(BuffersConfig)) == set(BuffersConfig.__struct_fields__)
    assert all(f"# {meaning}\n" in text for meaning in meanings(BuffersConfig).values())


@pytest.mark.parametrize(
    ("buffers", "message"),
    [
        ({"stream_mib": 0}, "buffers.stream_mib = 0"),
        ({"stream_s": -1}, "buffers.stream_s = -1"),
        ({"history_s": -0.5}, "buffers.history_s = -0.5"),
        ({"reorder_ms": "some"}, "buffers.reorder_ms = 'some'"),
        ({"open_parts": 0}, "buffers.open_parts = 0"),
        ({"open_parts": 1.5}, "buffers.open_parts = 1.5"),
        ({"inbox_mib": float("inf")}, "buffers.inbox_mib = inf: not finite"),
        ({"bytes": 1}, "buffers.bytes: unknown key; allowed: stream_mib, stream_s, history_s"),
        (
            {"stream_mib": 0.15},
            "buffers.stream_mib = 0.15: the samples of one window of stream 'sound' take 0.183 MiB; allowed: more",
        ),
    ],
)
def test_limits_that_cannot_be_are_named_with_what_is_allowed(buffers: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as raised:
        loaded(**buffers)
    assert message in str(raised.value)


def test_a_window_is_counted_as_the_sensor_delivers_it() -> None:
    assert window_bytes(SOUND) == 48_000 * 2 * 2
    assert window_bytes(HEAT) == 480 * 640 * 2
    assert window_bytes(GAS) == 20 * 3 * 4
