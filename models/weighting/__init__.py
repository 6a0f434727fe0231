"""Stage 4, integration: one total from many losses. One class a file; its file name is the name in the configuration."""

import importlib
import inspect
import pkgutil
from functools import cache

from models.weighting.base import Weighting


def _of(name: str) -> list[type[Weighting]]:
    """The weightings that a file of this package defines: one, or none where it holds what several need."""
    module = importlib.import_module(f"models.weighting.{name}")
    found = (c for c in vars(module).values() if inspect.isclass(c) and c.__module__ == module.__name__)
    return [c for c in found if issubclass(c, Weighting) and not inspect.isabstract(c)]


@cache
def names() -> tuple[str, ...]:
    """Every weighting that there is."""
    return tuple(m.name for m in pkgutil.iter_modules(__path__) if _of(m.name))


def weighting_named(name: str, priorities: dict[str, float]) -> Weighting:
    """Build a weighting.

    Args:
        name: File name in this package.
        priorities: Importance of each task.

    Raises:
        ValueError: no weighting of that name.
    """
    if name not in names():
        raise ValueError(f"no weighting {name!r}; there are: {', '.join(names())}")
    (chosen,) = _of(name)
    return chosen(priorities)
