"""Every bundle of a station on its challenge set: champion, candidates, and those that were champion once."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.bundle import MANIFEST
from deploy.runtime import Runtime
from qc_station.bundles import FOLDER, fitting_runtime
from qc_station.champion.challenge import (
    Challenge,
    Compared,
    Figures,
    answers_of,
    challenge_of,
    compare,
    figures_of,
)
from qc_station.champion.gates import failed_gates
from qc_station.champion.record import Champions, read_champions
from qc_station.config.station import StationConfig
from qc_station.operating.point import policy_of
from qc_station.store import Store
from sensors.errors import QCError


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One bundle."""

    bundle: str
    """Whole digest, or the folder's name where it cannot be loaded."""
    role: str
    """champion, former (champion) or candidate."""
    made: dict[str, Any]
    """From its provenance: parent, train_items, ended."""
    figures: Figures | None
    """On the challenge set; None without one, or where the bundle cannot be used."""
    compared: Compared | None
    """With the champion; None for the champion itself, or where nothing can be compared."""
    failed: tuple[str, ...]
    """Gates that `promote` would refuse it for."""
    fault: str
    """Why it cannot be used; "" where it can."""

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "bundle": self.bundle,
            "role": self.role,
            "made": self.made,
            "figures": self.figures and self.figures.as_json(),
            "compared": self.compared and self.compared.as_json(),
            "failed_gates": list(self.failed),
            "fault": self.fault,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Standings:
    """All bundles of a station."""

    challenge: Challenge
    """What they were asked."""
    bundles: tuple[Standing, ...]
    """The champion first."""

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        challenge = {"split": self.challenge.split, "items": len(self.challenge.items)}
        return {"challenge": challenge, "bundles": [one.as_json() for one in self.bundles]}


def standings(station: Path, config: StationConfig) -> Standings:
    """Load every bundle of a station, one at a time, and ask it.

    Raises:
        ChampionError: the record of champions cannot be read.
        StoreError: the store cannot be read.
    """
    known = read_champions(station)
    with Store.open(station) as store:
        challenge = challenge_of(store)
    folders = sorted(file.parent for file in (station / FOLDER).glob(f"[!.]*/{MANIFEST}"))
    champion = known.champion.folder if known.champion else ""
    folders.sort(key=lambda folder: folder.name != champion)
    return Standings(challenge=challenge, bundles=tuple(_asked(station, folders, config, challenge, known)))


def _asked(
    station: Path, folders: list[Path], config: StationConfig, challenge: Challenge, known: Champions
) -> Iterator[Standing]:
    good, beside = challenge.good(config.ok_classes), None
    for folder in folders:
        role = _role(folder.name, known)
        try:
            runtime = fitting_runtime(folder, config)
            policy = policy_of(station, runtime.manifest)
        except QCError as error:
            yield Standing(
                bundle=folder.name, role=role, made={}, figures=None, compared=None, failed=(), fault=str(error)
            )
            continue
        answers = answers_of(runtime, challenge.items, policy) if challenge.items else None
        compared = compare(answers, beside, good) if answers and beside and role != "champion" else None
        if role == "champion":
            beside = answers
        yield _standing(runtime, role, figures_of(answers, good) if answers else None, compared)


def _standing(runtime: Runtime, role: str, figures: Figures | None, compared: Compared | None) -> Standing:
    made = {name: runtime.manifest.provenance.get(name) for name in ("parent", "train_items", "ended")}
    failed = () if role == "champion" else failed_gates(runtime.manifest, compared)
    return Standing(
        bundle=runtime.manifest.digest,
        role=role,
        made=made,
        figures=figures,
        compared=compared,
        failed=failed,
        fault="",
    )


def _role(name: str, known: Champions) -> str:
    if known.champion is not None and known.champion.folder == name:
        return "champion"
    return "former" if any(reign.folder == name for reign in known.history) else "candidate"
