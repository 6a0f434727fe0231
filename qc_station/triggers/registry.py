"""Trigger sources by the name that a configuration gives them: a file of this package that binds `SOURCE`."""

import pkgutil
from collections.abc import Mapping
from importlib import import_module
from inspect import Parameter
from typing import Any

import qc_station.triggers
from qc_station.triggers.contract import TriggerSource
from sensors.errors import SensorError
from sensors.options import wrong_types
from sensors.registry import options_of


def source_names() -> list[str]:
    """Names of all kinds of triggers, sorted."""
    return sorted(name for name in _files() if hasattr(_file(name), "SOURCE"))


def source_options(kind: str) -> dict[str, Parameter]:
    """The parameters of a kind of trigger that a configuration may set, by name.

    Raises:
        SensorError: there is no such kind.
    """
    return options_of(_source(kind))


def build_source(kind: str, options: Mapping[str, Any]) -> TriggerSource:
    """A source that has touched nothing yet.

    Args:
        kind: One of `source_names`.
        options: Its parameters by name.

    Raises:
        SensorError: an unknown kind or option, a missing one, or a value that the source refuses.
    """
    found, allowed = _source(kind), source_options(kind)
    if unknown := sorted(set(options) - set(allowed)):
        raise SensorError(f"type {kind!r} has no option {_list(unknown)}; it has: {', '.join(allowed)}")
    if missing := [name for name, p in allowed.items() if p.default is p.empty and name not in options]:
        raise SensorError(f"type {kind!r} needs the option {_list(missing)}")
    if wrong := list(wrong_types(found, options)):
        raise SensorError(f"type {kind!r}: {'; '.join(wrong)}")
    try:
        made: TriggerSource = found(**options)
    except (TypeError, ValueError) as error:
        raise SensorError(f"type {kind!r}: {error}") from error
    return made


def _source(kind: str) -> Any:
    if kind not in _files() or not hasattr(_file(kind), "SOURCE"):
        raise SensorError(f"no trigger {kind!r}; there are: {', '.join(source_names())}")
    return _file(kind).SOURCE


def _files() -> list[str]:
    return [module.name for module in pkgutil.iter_modules(qc_station.triggers.__path__)]


def _file(name: str) -> Any:
    return import_module(f"{qc_station.triggers.__name__}.{name}")


def _list(names: list[str]) -> str:
    return ", ".join(map(repr, names))
