"""A region or four corners in station.toml: what can be seen is taken, what cannot is named with what is allowed."""

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc_station.config.geometry import area, convex
from qc_station.config.loading import parse_station
from qc_station.config.station import Point, StationConfig
from qc_station.config.writing import station_text
from qc_station.errors import ConfigError

CORNERS = [[1, 1], [30, 2], [31, 20], [2, 19.5]]


def loaded(**keys: Any) -> StationConfig:
    table = {"kind": "image", "height": 24, "width": 32, **keys}
    return parse_station({"name": "x", "streams": {"a": table}})


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (
            {"sensor_height": 60},
            "streams.a.sensor_width is missing; allowed: sensor_height and sensor_width, or neither",
        ),
        ({"region": [0, 0, 4, 4], "corners": CORNERS}, "allowed: at most one of region and corners"),
        ({"region": [20, 0, 13, 4]}, "reaches from 20, 0 to 33, 4; allowed: inside the frame of 32 x 24"),
        ({"region": [-1, 0, 4, 4]}, "reaches from -1, 0 to 3, 4; allowed: inside"),
        ({"region": [0, 0, 0, 4]}, "0 x 4 pixels; allowed: [x, y, width, height] with at least 1 x 1"),
        ({"region": [0, 0, 4]}, "streams.a.region = [0, 0, 4]"),
        ({"corners": CORNERS[:3]}, "streams.a.corners = "),
        ({"corners": [*CORNERS[:3], [2, 24.5]]}, "[2.0, 24.5] is outside; allowed: x from 0 to 32 and y from 0 to 24"),
        ({"corners": [*CORNERS[:3], [float("nan"), 20]]}, "is outside; allowed"),
        ({"corners": CORNERS[::-1]}, "square pixels; allowed: 4 or more, clockwise from the top left"),
        ({"corners": [[1, 1]] * 4}, "encloses 0 square pixels"),
        ({"corners": [[0, 0], [30, 0], [5, 5], [0, 20]]}, "not convex"),
        ({"corners": [[0, 0], [10, 0], [30, 0], [0, 20]]}, "not convex"),
        ({"corners": [[0, 0], [30, 20], [30, 0], [0, 10]]}, "square pixels; allowed"),
    ],
)
def test_a_view_that_cannot_be_is_named_with_what_is_allowed(keys: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as raised:
        loaded(**keys)
    assert message in str(raised.value)


@pytest.mark.parametrize("key", ["sensor_height", "sensor_width", "region", "corners"])
def test_only_an_image_has_a_view(key: str) -> None:
    table = {"kind": "series", "window_steps": 1, key: {"region": [0, 0, 1, 1], "corners": CORNERS}.get(key, 4)}
    with pytest.raises(ConfigError, match=f"streams.a.{key}: a stream of kind series has no such key"):
        parse_station({"name": "x", "streams": {"a": table}})


def test_the_sensor_has_its_own_shape_and_the_window_keeps_its_own() -> None:
    stream = loaded(sensor_height=60, sensor_width=80, corners=CORNERS).streams["a"]
    assert stream.stream("a").shape == (60, 80)
    assert stream.window_shape == (1, 24, 32)
    assert loaded().streams["a"].stream("a").shape == (24, 32)


def test_a_view_survives_writing() -> None:
    station = loaded(sensor_height=60, sensor_width=80, corners=CORNERS)
    assert parse_station(tomllib.loads(station_text(station))) == station
    assert "\n# region =\n" in station_text(station)


LEFT, RIGHT, UPPER, LOWER = st.floats(0, 7), st.floats(20, 32), st.floats(0, 5), st.floats(18, 24)


@given(st.tuples(*(st.tuples(x, y) for x, y in ((LEFT, UPPER), (RIGHT, UPPER), (RIGHT, LOWER), (LEFT, LOWER)))))
def test_four_points_in_four_quarters_are_taken_and_their_reverse_never(corners: tuple[Point, ...]) -> None:
    assert area(corners) > 0
    assert convex(corners)
    assert area(corners[::-1]) < 0
    assert not convex(corners[::-1])
    loaded(corners=[list(point) for point in corners])
