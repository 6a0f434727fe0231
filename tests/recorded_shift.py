"""A simulated shift written out as a user's own recordings: a manifest with sound, frames and gas curves."""

import csv
from pathlib import Path

import cv2
import numpy as np
import soundfile

from qc_station.line.shift import grouped, split_by_time
from qc_station.line.simulation import shift
from sensors.simulated import knock


def write_manifest(folder: Path, parts: int, seed: int = 1) -> Path:
    """Write manifest.csv and its files; returns the manifest.

    Args:
        folder: Made where missing.
        parts: How many.
        seed: Of the simulated line.
    """
    for name in ("sound", "frames", "gas"):
        (folder / name).mkdir(parents=True)
    rows = []
    for item in split_by_time(grouped(((s, p.labels) for s, p in shift(seed, parts)), shift="own")):
        row = {"item": item.name, "split": item.split, "group": item.group, **item.labels}
        row |= {
            "acoustic": f"sound/{item.name}.flac",
            "thermal": f"frames/{item.name}.png",
            "enose": f"gas/{item.name}.csv",
        }
        soundfile.write(folder / row["acoustic"], item.windows["acoustic"].T, knock.RATE_HZ, subtype="PCM_16")
        cv2.imwrite(str(folder / row["thermal"]), item.windows["thermal"][0])
        header = ",".join(f"oxide_{n}" for n in range(len(item.windows["enose"])))
        np.savetxt(folder / row["enose"], item.windows["enose"].T, delimiter=",", header=header, comments="")
        rows.append(row)
    manifest = folder / "manifest.csv"
    columns = sorted({c for row in rows for c in row}, key=lambda c: (c not in ("item", "split", "group"), c))
    with manifest.open("w", newline="", encoding="utf-8") as lines:
        writer = csv.DictWriter(lines, columns)
        writer.writeheader()
        writer.writerows(rows)
    return manifest
