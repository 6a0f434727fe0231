"""Faults of the simulated line as a person writes them: STREAM:FAULT:AT:FOR."""

import pkgutil
from collections.abc import Sequence
from importlib import import_module

from qc_station.errors import ConfigError
from sensors.simulated import faults
from sensors.simulated.faults.fault import Fault

STREAMS = ("thermal", "enose")
"""The sensors that are devices on wires; the sound is a recording."""


def fault_names() -> list[str]:
    """The names of all faults, sorted; each is a file of `sensors.simulated.faults`."""
    return sorted(_classes())


def faults_of(texts: Sequence[str], now_ns: int) -> dict[str, list[Fault]]:
    """Faults by stream.

    Args:
        texts: Each STREAM:FAULT:AT:FOR, the last two in seconds from now.
        now_ns: CLOCK_MONOTONIC.

    Raises:
        ConfigError: naming what is wrong with the first that is, and what is allowed.
    """
    found: dict[str, list[Fault]] = {name: [] for name in STREAMS}
    for text in texts:
        words = text.split(":")
        if len(words) != 4:
            raise ConfigError(f"fault {text!r}; allowed: STREAM:FAULT:AT:FOR, e.g. enose:unplug:10:5")
        stream, name, at_s, for_s = words
        if stream not in found:
            raise ConfigError(f"fault {text!r}: stream {stream!r}; allowed: {', '.join(STREAMS)}")
        if name not in _classes():
            raise ConfigError(f"fault {text!r}: no fault {name!r}; there are: {', '.join(fault_names())}")
        start_ns = now_ns + round(_seconds(text, at_s) * 1e9)
        found[stream].append(_classes()[name](start_ns=start_ns, duration_s=_seconds(text, for_s)))
    return found


def _seconds(text: str, word: str) -> float:
    try:
        seconds = float(word)
    except ValueError:
        seconds = -1.0
    if not 0.0 <= seconds < float("inf"):
        raise ConfigError(f"fault {text!r}: {word!r}; allowed: seconds, 0 or more")
    return seconds


def _classes() -> dict[str, type[Fault]]:
    """The fault that each file holds."""
    found: dict[str, type[Fault]] = {}
    for module in pkgutil.iter_modules(faults.__path__):
        names = vars(import_module(f"{faults.__name__}.{module.name}")).values()
        for one in names:
            if isinstance(one, type) and issubclass(one, Fault) and one.__module__.endswith(f".{module.name}"):
                found[module.name] = one
    return {name: one for name, one in found.items() if one is not Fault}
