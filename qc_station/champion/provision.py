"""On what a new champion runs: as the one before it, where that gives what the network gave, else as is measured now.

A choice of provider and threads belongs to one bundle, so that without this every promotion would fall back to the CPU
with one thread until a person measured again.
"""

import os
from pathlib import Path

import msgspec

from deploy.bundle import Bundle
from deploy.errors import BundleError
from deploy.providers import Attempt, Choice, choose, measure, store, stored
from qc_station.trust import CACHE


def provided(station: Path, bundle: Bundle, before: Path | None, *, attempt: Attempt = measure) -> Choice | None:
    """Note what a bundle is to run on at a station, unless that was measured for it before.

    Args:
        station: The station's folder.
        bundle: Whole and unchanged.
        before: Folder of the champion whose choice is inherited; None where there is none.
        attempt: What measures; another one in tests.

    Returns:
        The choice; None where it cannot be made or noted: the line then takes the CPU with one thread.
    """
    cache = station / CACHE
    try:
        found = stored(cache, bundle)
        if found is None:
            found = _inherited(cache, bundle, before, attempt) or choose(bundle, cores=_to_spare(), attempt=attempt)
            store(cache, bundle, found)
    except BundleError:
        # It costs speed alone, and is no reason against a bundle that meets its self-test.
        return None
    return found


def _inherited(cache: Path, bundle: Bundle, before: Path | None, attempt: Attempt) -> Choice | None:
    """The choice for the champion before, where the bundle meets its self-test with it; one trial instead of all."""
    choice = None if before is None else _choice_of(cache, before, bundle)
    if choice is None:
        return None
    trial = attempt(bundle, choice.provider, choice.threads)
    return None if trial.fault else msgspec.structs.replace(choice, bundle=bundle.manifest.digest, trials=(trial,))


def _choice_of(cache: Path, before: Path, bundle: Bundle) -> Choice | None:
    """Of a champion in the same arithmetic: what is fastest in float32 need not be so in int8."""
    try:
        champion = Bundle(before)
    except BundleError:
        return None
    kinds = {one.manifest.provenance.get("variant") for one in (champion, bundle)}
    return stored(cache, champion) if len(kinds) == 1 else None


def _to_spare() -> int:
    """All processors but one, which capture, storage and a training beside the line live on; more is a person's choice."""
    return max(1, len(os.sched_getaffinity(0)) - 1)
