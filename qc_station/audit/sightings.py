"""Every window of one stream with the label that it should show."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qc_station.audit.material import Material
from qc_station.items import Item

MAIN = "label"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sightings:
    """The items that have a stream, side by side."""

    stream: str
    """Its name."""
    kind: str
    """waveform, image or series."""
    items: tuple[Item, ...]
    """In the order of the material."""
    blank: NDArray[np.bool_]
    """Whether the window is one value throughout, shape (items,)."""

    def window(self, number: int) -> NDArray[Any]:
        """The window of one of the items."""
        return self.items[number].windows[self.stream]

    def label(self, number: int) -> str | None:
        """What the window shows: the stream's own label, or the part's where it has no other stream; None: unknown."""
        item = self.items[number]
        own = item.labels.get(f"{MAIN}.{self.stream}")
        return own if own is not None or len(item.windows) > 1 else item.labels.get(MAIN)


def sightings(material: Material, stream: str) -> Sightings:
    """The items of a material that have a stream."""
    items = tuple(material.having(stream))
    blank = np.array(
        [bool((w := item.windows[stream]).size == 0 or (w == w.flat[0]).all()) for item in items], np.bool_
    )
    return Sightings(stream=stream, kind=material.config.streams[stream].kind, items=items, blank=blank)
