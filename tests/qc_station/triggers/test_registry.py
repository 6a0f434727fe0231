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


def test_a_value_of_another_type_is_an_error_of_the_configuration() -> None:
    with pytest.raises(SensorError, match="type 'timer': "):
        build_source("timer", {"interval_s": "often"})
