"""Faults of the simulated line as a person writes them: STREAM:FAULT:AT:FOR, and KEY=VALUE behind it."""

from collections.abc import Sequence

from qc_station.errors import ConfigError
from sensors.simulated.faults.fault import Fault
from sensors.simulated.faults.text import fault_kinds, obstacle, parameters, parsed, possible
from sensors.simulated.wires.places import PLACES

FORM = "STREAM:FAULT:AT:FOR or STREAM:FAULT:AT:FOR:KEY=VALUE"


def fault_names() -> list[str]:
    """The names of all faults, sorted; each is a file of `sensors.simulated.faults`."""
    return list(fault_kinds())


def fault_table() -> list[dict[str, object]]:
    """Of every fault its name, its parameters with what they usually are, and the streams that it can happen to."""
    able = {stream: possible(place) for stream, place in PLACES.items()}
    return [
        {
            "fault": name,
            "parameters": {key: field.default for key, field in parameters(kind).items()},
            "streams": [stream for stream, names in able.items() if name in names],
        }
        for name, kind in fault_kinds().items()
    ]


def faults_of(texts: Sequence[str], now_ns: int) -> dict[str, list[Fault]]:
    """Faults by stream, fitted to its sensor.

    Args:
        texts: Each STREAM:FAULT:AT:FOR, the last two in seconds from now, and KEY=VALUE for parameters.
        now_ns: CLOCK_MONOTONIC.

    Raises:
        ConfigError: naming what is wrong with the first that is, and what is allowed.
    """
    found: dict[str, list[Fault]] = {name: [] for name in PLACES}
    for text in texts:
        stream, _, rest = text.partition(":")
        if rest.count(":") < 2:
            raise ConfigError(f"fault {text!r}; allowed: {FORM}, e.g. enose:unplug:10:5")
        if stream not in found:
            raise ConfigError(f"fault {text!r}: stream {stream!r}; allowed: {', '.join(PLACES)}")
        try:
            found[stream].append(_fitted(stream, parsed(rest, now_ns)))
        except ValueError as error:
            raise ConfigError(f"fault {text!r}: {error}") from error
    return found


def _fitted(stream: str, fault: Fault) -> Fault:
    """The fault as it acts on the sensor of a stream; raises ValueError, saying what can happen to it instead."""
    place = PLACES[stream]
    able = possible(place)
    reason = obstacle(fault, place)
    if reason and not any(type(fault) is fault_kinds()[name] for name in able):
        raise ValueError(f"{reason}; what can happen to {stream}: {', '.join(able)}")
    # Of a fault that can happen a parameter is wrong, and what is raised says which.
    return fault.fitted(place)
