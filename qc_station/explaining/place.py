"""Something that can be taken out of a window."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where it is, along two axes of the window."""

    text: str
    """For people, e.g. "2344 to 3055 Hz"."""
    x: tuple[float, float]
    """Begin and end: seconds in a waveform, steps in a series, columns in an image."""
    y: tuple[float, float]
    """Begin and end: Hz in a waveform, channels in a series, rows in an image."""
    whole: bool
    """Whether it is the whole length of a band or a channel; always False in an image."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Occlusions:
    """A window without each of several places."""

    places: tuple[Place, ...]
    """What is taken out."""
    windows: Iterator[NDArray[np.float32]]
    """For each the window without it, in several ways over which is averaged, shape (ways, *window); made as they are taken,
    since all of them together may be larger than the memory of a box."""
    way: str
    """What stands there instead, for people."""
