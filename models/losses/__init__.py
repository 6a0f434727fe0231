"""A loss per file: raw answers and targets of the items that have the pair in, one number per item out.

The file's name is the loss's name in the configuration. The trainer adds these numbers and counts the items, also over
accumulated batches, so that a loss is always the mean over the items that have the pair, never a mean of means.
`agreement` is no loss of a task but a further term of the total: it compares two streams of the same part.
"""

import importlib
import pkgutil
from functools import lru_cache

from models.losses.base import Loss

DEFAULT_OF_CLASSES, DEFAULT_OF_VALUES = "cross_entropy", "huber"


def names() -> tuple[str, ...]:
    """Every loss of a task that there is."""
    return tuple(m.name for m in pkgutil.iter_modules(__path__) if m.name != "base" and _in_file(m.name))


def loss_class(name: str) -> type[Loss]:
    """The loss of that name.

    Args:
        name: File name in this package.

    Raises:
        ValueError: no loss of a task has that name.
    """
    found = _in_file(name) if name in {m.name for m in pkgutil.iter_modules(__path__)} - {"base"} else None
    if found is None:
        raise ValueError(f"no loss {name!r}; there are: {', '.join(names())}")
    return found


@lru_cache(maxsize=256)
def loss_for(name: str, classes: int, frequencies: tuple[float, ...]) -> Loss:
    """Build a loss.

    Args:
        name: File name in this package; "" for the default: cross_entropy for classes, huber for a value.
        classes: Number of classes; 0 for a value.
        frequencies: Share of each class in training; for a value its mean and standard deviation.

    Raises:
        ValueError: no such loss, or it cannot answer so many classes.
    """
    default = DEFAULT_OF_CLASSES if classes else DEFAULT_OF_VALUES
    return loss_class(name or default)(classes, frequencies)


def _in_file(name: str) -> type[Loss] | None:
    module = importlib.import_module(f"models.losses.{name}")
    found = [
        c
        for c in vars(module).values()
        if isinstance(c, type) and issubclass(c, Loss) and c.__module__ == module.__name__
    ]
    return found[0] if found else None
