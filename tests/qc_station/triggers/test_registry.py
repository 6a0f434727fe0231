import inspect
from importlib import import_module
from typing import Any

import pytest

from qc_station.triggers.registry import build_source, source_names, source_options
from sensors.errors import SensorError

LEAST: dict[str, dict[str, Any]] = {
    "timer": {"interval_s": 1.0},
    "http": {},
    "serial": {"port": "loop://"},
    "onset": {"stream": "acoustic", "rate_hz": 48000.0},
    "keyboard": {},
    "recording": {"recording": "recordings"},
}


def test_every_kind_that_was_asked_for_is_there() -> None:
    assert source_names() == sorted(LEAST)


@pytest.mark.parametrize("kind", LEAST)
def test_a_source_is_made_of_what_it_needs_and_then_has_done_nothing(kind: str) -> None:
    source = build_source(kind, LEAST[kind])
    assert source.counters["triggers"] == 0
    source.look(10**18)
    source.stop()
    source.stop()
    assert set(source.counters.values()) == {0}


@pytest.mark.parametrize("kind", LEAST)
def test_every_option_is_explained(kind: str) -> None:
    text = inspect.getdoc(import_module(f"qc_station.triggers.{kind}").SOURCE.__init__) or ""
    assert all(f"{option}: " in text for option in source_options(kind))


@pytest.mark.parametrize(
    ("kind", "option", "value", "allowed"),
    [
        ("timer", "interval_s", "often", "a number"),
        ("timer", "interval_s", True, "a number"),
        ("http", "port", "8080", "a whole number"),
        ("http", "host", 127, "text"),
        ("serial", "dtr", "no", "true or false"),
        ("onset", "stream", 1, "text"),
    ],
)
def test_a_value_of_another_type_is_an_error_of_the_configuration(
    kind: str, option: str, value: Any, allowed: str
) -> None:
    with pytest.raises(SensorError) as error:
        build_source(kind, LEAST[kind] | {option: value})
    assert str(error.value) == f"type {kind!r}: option {option!r} is {value!r}; allowed: {allowed}"


def test_the_bytes_of_a_photo_eye_are_text_or_a_list_of_numbers() -> None:
    for codes in ("T", [84, 10]):
        build_source("serial", LEAST["serial"] | {"mode": "byte", "codes": codes}).stop()
    with pytest.raises(SensorError, match="option 'codes' is 84; allowed: "):
        build_source("serial", LEAST["serial"] | {"mode": "byte", "codes": 84})
