"""A fault as a person writes it: FAULT:AT:FOR, and KEY=VALUE for each parameter that is not to be as usual."""

import pkgutil
from collections.abc import Sequence
from dataclasses import Field, fields
from importlib import import_module
from typing import Any

from sensors.simulated import faults
from sensors.simulated.faults.fault import Fault
from sensors.simulated.faults.place import Place

FORM = "FAULT:AT:FOR or FAULT:AT:FOR:KEY=VALUE"
_OWN = {field.name for field in fields(Fault)}
"""What every fault has, and no parameter is."""


def fault_kinds() -> dict[str, type[Fault]]:
    """All faults by name, sorted; each is the one that a file of this package holds."""
    found: dict[str, type[Fault]] = {}
    for module in pkgutil.iter_modules(faults.__path__):
        for one in vars(import_module(f"{faults.__name__}.{module.name}")).values():
            own = isinstance(one, type) and issubclass(one, Fault) and one.__module__.endswith(f".{module.name}")
            if own and one is not Fault:
                found[module.name] = one
    return dict(sorted(found.items()))


def parameters(kind: type[Fault]) -> dict[str, "Field[Any]"]:
    """What a person may set of a fault, by name."""
    return {field.name: field for field in fields(kind) if field.name not in _OWN}


def possible(place: Place) -> list[str]:
    """The names of the faults that can happen to a sensor."""
    return [name for name, kind in fault_kinds().items() if not obstacle(kind(start_ns=0, duration_s=1.0), place)]


def obstacle(fault: Fault, place: Place) -> str:
    """Why a fault cannot happen to a sensor; empty where it can."""
    try:
        fault.fitted(place)
    except ValueError as error:
        return str(error)
    return ""


def parsed(text: str, from_ns: int) -> Fault:
    """The fault that a text means; see `Fault.fitted` for whether it can happen to a sensor.

    Args:
        text: FAULT:AT:FOR and its parameters; times in seconds, FOR may be `inf`.
        from_ns: What AT counts from, on the clock of whoever applies the fault.

    Raises:
        ValueError: what is wrong, and what is allowed.
    """
    name, *times = (words := text.split(":"))[:3]
    if len(words) < 3:
        raise ValueError(f"allowed: {FORM}, e.g. unplug:10:5")
    kinds = fault_kinds()
    if name not in kinds:
        raise ValueError(f"no fault {name!r}; there are: {', '.join(kinds)}")
    at_s, for_s = _at_s(times[0]), _for_s(times[1])
    given = _given(name, kinds[name], words[3:])
    return kinds[name](start_ns=from_ns + round(at_s * 1e9), duration_s=for_s, **given)


def written(fault: Fault, from_ns: int) -> str:
    """The text that `parsed` makes the fault of; it must not begin before `from_ns`."""
    (name,) = (name for name, kind in fault_kinds().items() if kind is type(fault))
    # Whole nanoseconds: a fault of another process begins at the same moment.
    seconds, nanoseconds = divmod(fault.start_ns - from_ns, 1_000_000_000)
    values = {field: getattr(fault, field) for field in parameters(type(fault))}
    given = [f"{field}={value!r}" for field, value in values.items() if value is not None]
    return ":".join([name, f"{seconds}.{nanoseconds:09d}", repr(fault.duration_s), *given])


def _at_s(word: str) -> float:
    seconds = _number(word, float)
    if seconds is None or not 0.0 <= seconds < float("inf"):
        raise ValueError(f"AT is {word!r}; allowed: seconds, 0 or more")
    return seconds


def _for_s(word: str) -> float:
    seconds = _number(word, float)
    if seconds is None or not seconds > 0.0:
        raise ValueError(f"FOR is {word!r}; allowed: seconds above 0, or inf")
    return seconds


def _given(name: str, kind: type[Fault], words: Sequence[str]) -> dict[str, Any]:
    """Parameters by name, as numbers."""
    allowed, found = parameters(kind), dict[str, Any]()
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or key not in allowed:
            takes = f"{', '.join(f'{one}=NUMBER' for one in allowed)}" if allowed else "nothing more"
            raise ValueError(f"{word!r} is no parameter of {name}; allowed: {takes}")
        whole = allowed[key].type is int
        found[key] = _number(value, int if whole else float)
        if found[key] is None:
            raise ValueError(f"{key} is {value!r}; allowed: {'a whole number' if whole else 'a number'}")
    return found


def _number(word: str, kind: type[int] | type[float]) -> float | None:
    """None where it is none."""
    try:
        return kind(word)
    except ValueError:
        return None
