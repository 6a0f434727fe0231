"""Drivers by the name that a configuration gives them.

A file of this package that binds `DRIVER` is a driver, named as the file; an installed distribution adds one by an entry
point of the group `qc_station.drivers` whose object is the class.
"""

import inspect
import pkgutil
from collections.abc import Iterator, Mapping
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import sensors
from sensors.driver import Driver
from sensors.errors import SensorError
from sensors.options import wrong_types

GROUP = "qc_station.drivers"
SETTABLE = (bool, int, float, str, list, tuple, type(None))
"""What a configuration can hold; a parameter whose default is anything else is for tests and programs."""


def _own() -> Iterator[tuple[str, Any]]:
    for module in pkgutil.iter_modules(sensors.__path__):
        if not module.ispkg and hasattr(found := import_module(f"sensors.{module.name}"), "DRIVER"):
            yield module.name, found.DRIVER


def driver_names(foreign: Mapping[str, EntryPoint] | None = None) -> list[str]:
    """Names of all drivers, own and installed ones, sorted."""
    return sorted({name for name, _ in _own()} | set(_foreign() if foreign is None else foreign))


def driver_class(name: str, foreign: Mapping[str, EntryPoint] | None = None) -> Any:
    """The driver of a name; an own one goes before an installed one.

    Args:
        name: As in `driver_names`.
        foreign: Installed ones by name; None: looked up.

    Raises:
        SensorError: no driver has this name, or an installed one cannot be imported.
    """
    own = dict(_own())
    if name in own:
        return own[name]
    others = _foreign() if foreign is None else foreign
    if name not in others:
        raise SensorError(f"no driver {name!r}; there are: {', '.join(driver_names(others))}")
    try:
        return others[name].load()
    except (ImportError, AttributeError) as error:
        raise SensorError(f"driver {name!r} ({others[name].value}) cannot be imported: {error}") from error


def _foreign() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=GROUP)}


def options_of(driver: Any) -> dict[str, inspect.Parameter]:
    """The parameters of a driver that a configuration may set, by name; the stream's name is not among them."""
    parameters = {n: p for n, p in inspect.signature(driver).parameters.items() if p.kind is p.KEYWORD_ONLY}
    plain = {n: p for n, p in parameters.items() if p.default is p.empty or isinstance(p.default, SETTABLE)}
    return {name: parameter for name, parameter in plain.items() if name != "name"}


def defaults_of(driver: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    """What a configuration may set and its default, with what a driver can be told that depends on its other options.

    Args:
        driver: Its class; `further_options` is asked where it has one.
        given: Options that are set.
    """
    further = getattr(driver, "further_options", None)
    own = {name: parameter.default for name, parameter in options_of(driver).items()}
    return own | (dict.fromkeys(further(given)) if further is not None else {})


def _takes_any(driver: Any) -> bool:
    """Whether the driver looks at further options itself."""
    return any(p.kind is p.VAR_KEYWORD for p in inspect.signature(driver).parameters.values())


def build(driver: str, stream: str, options: Mapping[str, Any]) -> Driver:
    """A driver that has touched no device yet.

    Args:
        driver: Name of the driver.
        stream: Name of the stream that it delivers.
        options: Its parameters by name.

    Raises:
        SensorError: an unknown driver or option, a missing one, a value of another type than the driver's parameter
            is annotated with, or one that the driver refuses.
    """
    found = driver_class(driver)
    allowed = options_of(found)
    if (unknown := sorted(set(options) - set(allowed))) and not _takes_any(found):
        raise SensorError(
            f"stream '{stream}': driver {driver!r} has no option {', '.join(map(repr, unknown))}; it has: {', '.join(allowed)}"
        )
    if missing := [n for n, p in allowed.items() if p.default is p.empty and n not in options]:
        raise SensorError(f"stream '{stream}': driver {driver!r} needs the option {', '.join(map(repr, missing))}")
    if wrong := list(wrong_types(found, options)):
        raise SensorError(f"stream '{stream}': driver {driver!r}: {'; '.join(wrong)}")
    try:
        made: Driver = found(name=stream, **options)
    except (TypeError, ValueError) as error:
        raise SensorError(f"stream '{stream}': driver {driver!r}: {error}") from error
    return made
