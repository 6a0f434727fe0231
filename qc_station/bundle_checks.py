"""What a checkup says of bundles: whether they load, how fast they are and on what, and who signed them."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from qc_station.check import Check
from sensors.errors import QCError

if TYPE_CHECKING:
    from deploy.bundle import Bundle


def bundle_checks(station: Path, *, measure: bool) -> Iterator[Check]:
    """A check for every bundle of a station.

    Args:
        station: Its folder.
        measure: Measure the execution providers and note the fastest, which the line takes from its next start on.
    """
    from qc_station.bundles import FOLDER

    folders = sorted(folder for folder in (station / FOLDER).glob("*") if folder.is_dir())
    if not folders:
        yield Check(name="bundle", passed=True, detail="none yet; `qc-station train` makes one")
    for folder in folders:
        yield _checked(folder, station, measure=measure)


def one_bundle(folder: Path) -> Iterator[Check]:
    """A check for a bundle wherever it lies, its execution providers measured; nothing is noted."""
    yield _checked(folder, None, measure=True)


def _checked(folder: Path, station: Path | None, *, measure: bool) -> Check:
    from deploy.bundle import Bundle
    from deploy.runtime import Runtime

    try:
        bundle = Bundle(folder)
        Runtime(bundle)
        said = ["loads, and its self-test is met", _speed(bundle, station, measure=measure)]
        said += [] if station is None else [_signed(bundle, station)]
    except QCError as error:
        return Check(name=f"bundle {folder.name}", passed=False, detail=str(error))
    return Check(name=f"bundle {folder.name}", passed=True, detail="; ".join(filter(None, said)))


def _speed(bundle: "Bundle", station: Path | None, *, measure: bool) -> str:
    """The chosen provider with the figures of all that were tried."""
    from deploy.providers import choose, store, stored
    from qc_station.trust import CACHE

    if measure:
        choice = choose(bundle)
        if station is not None:
            store(station / CACHE, bundle, choice)
        return choice.told()
    found = None if station is None else stored(station / CACHE, bundle)
    return "CPU with 1 thread; --measure looks for what is faster" if found is None else found.told()


def _signed(bundle: "Bundle", station: Path) -> str:
    """Who signed it, where the station asks.

    That one is unsigned is no fault before it is promoted; a key that cannot be read is one, since then none runs.
    """
    from deploy.errors import BundleError
    from deploy.signature import require_signature
    from qc_station.config.loading import load_station

    key = load_station(station).bundles.require_signed
    if key is None:
        return ""
    try:
        return f"signed as required, counter {require_signature(bundle, station / key).counter}"
    except BundleError as error:
        return f"will not run: {error}"
