"""Every check in turn; one that breaks is reported and hides no other."""

import pkgutil
from collections.abc import Iterator
from importlib import import_module

from qc_station.selfcheck import checks
from qc_station.selfcheck.measurement import Measurement


def names() -> tuple[str, ...]:
    """Every group of checks, by file name."""
    return tuple(module.name for module in pkgutil.iter_modules(checks.__path__))


def measured() -> Iterator[tuple[str, Measurement]]:
    """Each measurement as soon as it is made, with its group."""
    for group in names():
        try:
            for found in import_module(f"{checks.__name__}.{group}").measure():
                yield group, found
        # Whatever a foreign build of torch or onnxruntime raises is what people want to be told.
        except Exception as error:
            detail = f"{type(error).__name__}: {error}"
            yield group, Measurement(name="could not be checked", error=float("inf"), bound=0.0, detail=detail)
