"""Stage 4, integration: one total from many losses. One class a file; its file name is the name in the configuration."""

import importlib
import pkgutil

from models.weighting.base import Weighting


def names() -> tuple[str, ...]:
    """Every weighting that there is."""
    return tuple(m.name for m in pkgutil.iter_modules(__path__) if m.name != "base")


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
    module = importlib.import_module(f"models.weighting.{name}")
    (chosen,) = (
        c
        for c in vars(module).values()
        if isinstance(c, type) and issubclass(c, Weighting) and c.__module__ == module.__name__
    )
    built: Weighting = chosen(priorities)
    return built
