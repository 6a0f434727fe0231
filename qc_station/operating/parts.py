"""Where held-out parts come from, and that they are held out."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from deploy.bundle import Manifest
from qc_station.bundles import stream_tables
from qc_station.errors import ConfigError
from qc_station.items import Item
from qc_station.manifest.reading import read_manifest
from qc_station.store import Store
from qc_station.store.digests import window_digest
from qc_station.store.schema import FILE_NAME

USED: Final[dict[str, str]] = {
    "train": "the network learnt from them",
    "val": "they chose its last epoch, its temperatures and its threshold of novelty",
}
"""Why parts of a split prove nothing of a bundle."""


def require_held_out(split: str) -> None:
    """Refuse a split that a bundle is made with.

    Raises:
        ConfigError: it is one.
    """
    if why := USED.get(split):
        raise ConfigError(f"--split {split}: its parts prove nothing of a bundle, since {why}; allowed: test")


def of_store(station: Path, split: str) -> Iterator[Item]:
    """The parts of a station's store, one by one.

    Args:
        station: The station's folder.
        split: One that no bundle is made with.

    Raises:
        ConfigError: there is no store, or a split that bundles are made with.
        StoreError: a file is missing or damaged.
    """
    require_held_out(split)
    if not (station / FILE_NAME).exists():
        raise ConfigError(f"{station} has no store yet; `qc-station import MANIFEST --station {station}` fills one")
    with Store.open(station) as store:
        yield from store.items(splits=(split,))


def of_manifest(file: Path, manifest: Manifest, split: str, station: Path | None) -> Iterator[Item]:
    """The parts of a manifest's recordings.

    Args:
        file: The manifest.csv.
        manifest: Of the bundle.
        split: One that no bundle is made with.
        station: Whose store's training and validation parts must not be among them; None: nobody knows.

    Raises:
        ConfigError: a split that bundles are made with, or a part that the station learns from.
        ManifestError: the manifest or a recording is refused.
    """
    require_held_out(split)
    learnt = set() if station is None or not (station / FILE_NAME).exists() else _learnt(station, manifest)
    reader = read_manifest(file, stream_tables(manifest), splits=(split,))
    for item in reader:
        if frozenset(window_digest(data) for data in item.windows.values()) in learnt:
            raise ConfigError(f"{file}: part {item.name!r} is one that {station} learns from; it proves nothing")
        yield item
    # A proof over the recordings that happened to be readable would be one over a choice.
    reader.check()


def _learnt(station: Path, manifest: Manifest) -> set[frozenset[str]]:
    """Every part of the store that is not for tests, as the digests of its windows."""
    with Store.open(station) as store:
        entries = store.entries(splits=("train", "val", None))
    streams = manifest.streams
    found = {frozenset(w.digest for stream, w in entry.windows.items() if stream in streams) for entry in entries}
    return found - {frozenset()}
