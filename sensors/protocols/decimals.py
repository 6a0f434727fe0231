"""Numbers as text: only what a sensor prints, and only what float32 can hold."""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
"""Decimal only: Python's own float() also takes `nan`, `inf` and `1_0`, which no healthy sensor prints."""
LARGEST = float(np.finfo(np.float32).max)


def number(text: str) -> float:
    """A decimal number of ASCII characters.

    Raises:
        ValueError: it is none.
    """
    # What is not decimal and float() takes all the same, as by `NUMBER`, at a fifth of its cost.
    if "n" in text or "N" in text or "_" in text:
        raise ValueError(f"'{text.strip()}' is no decimal number")
    return float(text)


def sample(values: Sequence[float]) -> NDArray[np.float32]:
    """One sample of a series.

    Args:
        values: One number per channel.

    Returns:
        Shape (1, channels), float32, finite.

    Raises:
        ValueError: a value is NaN, infinite or too large for float32.
    """
    # Written so that NaN fails as well.
    if not all(-LARGEST <= value <= LARGEST for value in values):
        raise ValueError(f"values {list(values)} do not all fit float32")
    return np.array((values,), np.float32)
