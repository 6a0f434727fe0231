"""Numbers as text: only what a sensor prints, and only what float32 can hold."""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
"""Decimal only: Python's own float() also takes `nan`, `inf` and `1_0`, which no healthy sensor prints."""


def number(text: str) -> float:
    """A decimal number.

    Raises:
        ValueError: it is none.
    """
    text = text.strip()
    if NUMBER.fullmatch(text) is None:
        raise ValueError(f"'{text}' is no decimal number")
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
    wide = np.asarray([values], np.float64)
    # Written so that NaN fails as well.
    if not bool((np.abs(wide) <= np.finfo(np.float32).max).all()):
        raise ValueError(f"values {list(values)} do not all fit float32")
    return wide.astype(np.float32)
