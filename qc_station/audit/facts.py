"""Single numbers about an item that have no business to know its label."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from qc_station.audit.material import Material

ALLOWED: Final = {"level": 0.75, "clipping": 0.75, "file size": 0.75, "length": 0.6, "order": 0.6}
"""AUC that a fact may surely have before it is told: a defect may well be louder, but not longer on disk or later in the day."""
ADVICE: Final = {
    "level": "if the level may differ for other reasons, set level_normalization = true and compare",
    "clipping": "lower the gain or the exposure and record again; the network may learn the clipping",
    "file size": "record and encode all classes in the same way",
    "length": "record all classes for the same time; how long a recording is tells its class",
    "order": "where this is the order of recording, record the classes in turn: time of day, wear and drift may tell the class",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One number of each item."""

    name: str
    """Key of `ALLOWED`."""
    stream: str | None
    """Of which stream; None: of the item."""
    values: NDArray[np.float64]
    """Shape (items,), NaN where the item has none."""


def facts(material: Material) -> Iterator[Fact]:
    """Every fact that is known of a material's items, in their order."""
    count = len(material.items)
    yield Fact(name="order", stream=None, values=np.arange(count, dtype=np.float64))
    for stream in material.config.inspecting:
        measured = np.full((4, count), np.nan)
        for number, item in enumerate(material.items):
            if stream not in item.windows:
                continue
            measured[:2, number] = level(item.windows[stream]), clipping(item.windows[stream])
            if (file := material.files.get(item.name, {}).get(stream)) is not None:
                measured[2:, number] = file.bytes, file.length
        for name, values in zip(("level", "clipping", "file size", "length"), measured, strict=True):
            yield Fact(name=name, stream=stream, values=values)


def level(window: NDArray[Any]) -> float:
    """Mean of a picture, root mean square of a sound or series: what a single look at the meter says."""
    values = window.astype(np.float64)
    if values.ndim == 2:
        return float(np.sqrt((values**2).mean()))
    return float(values.mean())


def clipping(window: NDArray[Any]) -> float:
    """Share of samples that equal the window's largest or smallest value, beyond the one that always does."""
    least, most = window.min(), window.max()
    if least == most:
        return 0.0
    return float((window == least).sum() + (window == most).sum() - 2) / window.size
