"""Every bundle of a station on its challenge set: champion, candidates, and those that were champion once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.bundle import MANIFEST
from qc_station.bundles import FOLDER, fitting_runtime
from qc_station.champion.challenge import (
    Answers,
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
    answers: Answers | None
    """To the challenge set; None without one, or where the bundle cannot be used."""
    figures: Figures | None
    """Of them, likewise."""
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

    def beside_champion(self, answers: Answers, ok_classes: Sequence[str]) -> Compared | None:
        """Others' answers to the challenge set less the champion's; None without a champion that was asked."""
        champion = self.bundles[0] if self.bundles else None
        if champion is None or champion.role != "champion" or champion.answers is None:
            return None
        return compare(answers, champion.answers, self.challenge.good(ok_classes))

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
                bundle=folder.name,
                role=role,
                made={},
                answers=None,
                figures=None,
                compared=None,
                failed=(),
                fault=str(error),
            )
            continue
        answers = answers_of(runtime, challenge.items, policy) if challenge.items else None
        compared = compare(answers, beside, good) if answers and beside and role != "champion" else None
        if role == "champion":
            beside = answers
        made = {name: runtime.manifest.provenance.get(name) for name in ("parent", "train_items", "ended")}
        yield Standing(
            bundle=runtime.manifest.digest,
            role=role,
            made=made,
            answers=answers,
            figures=figures_of(answers, good) if answers else None,
            compared=compared,
            failed=() if role == "champion" else failed_gates(runtime.manifest, compared),
            fault="",
        )


def _role(name: str, known: Champions) -> str:
    if known.champion is not None and known.champion.folder == name:
        return "champion"
    return "former" if any(reign.folder == name for reign in known.history) else "candidate"
