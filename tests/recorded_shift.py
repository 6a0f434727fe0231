"""A simulated shift written out as a user's own recordings: a manifest with sound, frames and gas curves."""

import csv
from collections.abc import Collection
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import soundfile
from numpy.typing import NDArray

from qc_station.line.shift import grouped, split_by_time
from qc_station.line.simulation import shift
from sensors.simulated import knock

FILES = {"acoustic": ("sound", "flac"), "thermal": ("frames", "png"), "enose": ("gas", "csv")}
"""Folder and ending of each stream's files."""


def write_manifest(folder: Path, parts: int, seed: int = 1, streams: Collection[str] = tuple(FILES)) -> Path:
    """Write manifest.csv and its files; returns the manifest.

    Args:
        folder: Made where missing.
        parts: How many.
        seed: Of the simulated line.
        streams: Those that are written; what is known of others alone is left out too.
    """
    for stream in streams:
        (folder / FILES[stream][0]).mkdir(parents=True)
    rows = []
    for item in split_by_time(grouped(((s, p.labels) for s, p in shift(seed, parts)), shift="own")):
        row = {"item": item.name, "split": item.split, "group": item.group}
        row |= {c: v for c, v in item.labels.items() if not c.startswith("label.") or c.partition(".")[2] in streams}
        for stream in streams:
            within, ending = FILES[stream]
            row[stream] = f"{within}/{item.name}.{ending}"
            write_file(folder / row[stream], stream, item.windows[stream])
        rows.append(row)
    manifest = folder / "manifest.csv"
    columns = sorted({c for row in rows for c in row}, key=lambda c: (c not in ("item", "split", "group"), c))
    with manifest.open("w", newline="", encoding="utf-8") as lines:
        writer = csv.DictWriter(lines, columns)
        writer.writeheader()
        writer.writerows(rows)
    return manifest


def write_file(file: Path, stream: str, window: NDArray[Any]) -> None:
    """A window as its sensor's own program would have kept it."""
    if stream == "acoustic":
        soundfile.write(file, window.T, knock.RATE_HZ, subtype="PCM_16")
    elif stream == "thermal":
        cv2.imwrite(str(file), window[0])
    else:
        header = ",".join(f"oxide_{n}" for n in range(len(window)))
        np.savetxt(file, window.T, delimiter=",", header=header, comments="")
