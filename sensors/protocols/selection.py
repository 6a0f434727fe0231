"""From the name of a protocol to its decoder."""

import importlib
import inspect
import pkgutil
from typing import Any

import sensors.protocols
from sensors.options import wrong_types
from sensors.protocols.decoder import Decoder


def protocol_names() -> tuple[str, ...]:
    """The names of all protocols, in alphabetical order."""
    modules = (module.name for module in pkgutil.iter_modules(sensors.protocols.__path__))
    return tuple(sorted(name for name in modules if _class(name) is not None))


def protocol_options(protocol: Any) -> tuple[str, ...]:
    """The options of a protocol; none of a name that there is not."""
    return tuple(inspect.signature(_class(protocol)).parameters) if protocol in protocol_names() else ()


def decoder(protocol: str, options: dict[str, Any]) -> Decoder:
    """A decoder before its first byte.

    Args:
        protocol: A name of `protocol_names`.
        options: Keyword arguments of its class; those that are None are left out, and so are `channels` where the
            protocol has channels of its own.

    Returns:
        The decoder.

    Raises:
        ValueError: an unknown protocol, an option that it does not have or lacks, or a value of another type or
            that it refuses.
    """
    if protocol not in protocol_names():
        raise ValueError(f"unknown protocol '{protocol}'; there are: {', '.join(protocol_names())}")
    build = _class(protocol)
    parameters = inspect.signature(build).parameters
    given = {key: value for key, value in options.items() if value is not None}
    if "channels" not in parameters:
        given.pop("channels", None)
    unknown = sorted(given.keys() - parameters.keys())
    if unknown:
        raise ValueError(
            f"protocol '{protocol}' has no option '{unknown[0]}'; it has: {', '.join(parameters) or 'none'}"
        )
    missing = [key for key, one in parameters.items() if one.default is one.empty and key not in given]
    if missing:
        raise ValueError(f"protocol '{protocol}' needs the option '{missing[0]}'")
    if wrong := list(wrong_types(build, given)):
        raise ValueError(f"protocol '{protocol}': {'; '.join(wrong)}")
    built: Decoder = build(**given)
    return built


def _class(name: str) -> Any:
    """The class that a file of this package registers, or None."""
    return getattr(importlib.import_module(f"sensors.protocols.{name}"), "PROTOCOL", None)
