"""The belt's table fits the streams, or what does not is named."""

from typing import Any

import pytest

from qc_station.config.loading import parse_station
from qc_station.config.station import StationConfig
from qc_station.errors import ConfigError

ENCODER = {"encoder": "belt", "encoder_mm_per_count": 0.1}


def loaded(belt: dict[str, Any], *, position_mm: float = 0.0, encoder: dict[str, Any] | None = None) -> StationConfig:
    sound = {"kind": "waveform", "rate_hz": 8000, "window_s": 1, "position_mm": position_mm}
    count = {"kind": "series", "channels": ["count", "index"], "window_steps": 1, **(encoder or {})}
    return parse_station({"name": "x", "streams": {"sound": sound, "belt": count}, "belt": belt})


def test_a_belt_with_a_speed_carries_all_streams() -> None:
    station = loaded({"speed_mm_s": 250}, position_mm=300)
    assert (station.belt.speed_mm_s, station.streams["sound"].position_mm) == (250.0, 300.0)
    assert list(station.inspecting) == ["sound", "belt"]


def test_the_encoder_says_nothing_about_a_part() -> None:
    assert list(loaded(ENCODER).inspecting) == ["sound"]


@pytest.mark.parametrize(
    ("belt", "message"),
    [
        ({}, "streams.sound.position_mm = 300.0: no belt; allowed: 0, or [belt] with speed_mm_s or encoder"),
        ({"speed_mm_s": 0}, "belt.speed_mm_s = 0"),
        ({"speed_mm_s": -5}, "belt.speed_mm_s = -5"),
        ({"speed_mm_s": 5, **ENCODER}, "belt.speed_mm_s = 5.0: there is an encoder, too; allowed: at most one"),
        ({"encoder": "belt"}, "belt.encoder_mm_per_count is missing"),
        ({"encoder_mm_per_count": 1}, "belt.encoder is missing"),
        ({"encoder": "belt", "encoder_mm_per_count": 0}, "belt.encoder_mm_per_count = 0; allowed: any other number"),
        (
            {"encoder": "sound", "encoder_mm_per_count": 1},
            "allowed: a stream of kind series, of which there are ['belt']",
        ),
        ({**ENCODER, "encoder_channel": "z"}, "belt.encoder_channel = 'z'; allowed for belt: count, index"),
        ({**ENCODER, "encoder_bits": 32}, "belt.encoder_bits = 32"),
        ({"speed": 1}, "belt.speed: unknown key; allowed: speed_mm_s, encoder"),
    ],
)
def test_a_belt_that_cannot_be_is_named_with_what_is_allowed(belt: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as raised:
        loaded(belt, position_mm=300.0)
    assert message in str(raised.value)


def test_the_encoder_itself_has_no_place() -> None:
    with pytest.raises(ConfigError, match=r"streams.belt.position_mm = 4.0; allowed: 0"):
        loaded(ENCODER, encoder={"position_mm": 4.0})
