"""From a candidate to the champion: checked against every gate, and noted with who, why and what was overruled."""

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from deploy.bundle import Bundle
from deploy.errors import BundleError
from deploy.providers import Choice
from deploy.runtime import Runtime
from deploy.signature import take_signature
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
from qc_station.champion.loading import deciding_runtime
from qc_station.champion.provision import provided
from qc_station.champion.record import Reign, champion_before, champion_folder, crown, read_champions, step_back
from qc_station.config.station import StationConfig
from qc_station.errors import ChampionError
from qc_station.evaluation import MAIN
from qc_station.operating.point import policy_of
from qc_station.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotion:
    """A bundle that became champion."""

    reign: Reign
    """As it stands in the record."""
    before: Reign | None
    """The champion until then."""
    challenge: Challenge
    """What both were asked."""
    figures: Figures | None
    """Of the new champion there; None without a challenge set."""
    compared: Compared | None
    """With the champion until then; None where there was none, or nothing to compare on."""
    runs_on: Choice | None
    """Provider and threads that the line takes for it; None: the CPU with one thread, since nothing could be measured."""


def promote(
    station: Path, config: StationConfig, bundle: Path, *, who: str, why: str = "", despite: str | None = None
) -> Promotion:
    """Make a bundle the champion; a running line takes it up by itself, with the provider that is settled here.

    Args:
        station: Folder of the station.
        config: Of the station.
        bundle: Folder of the bundle; one from elsewhere is copied to the station's bundles.
        who: Who says so.
        why: In words.
        despite: Why gates that fail are overruled; None overrules none. What does not load, or is for other streams, is
            never promoted.

    Raises:
        BundleError: it is not whole, does not meet its self-test, is not trusted or for other streams.
        ConfigError: its operating point cannot be trusted.
        ChampionError: a gate fails, with every reason, or the record cannot be read or written.
    """
    runtime = fitting_runtime(bundle, config)
    before = read_champions(station).champion
    with Store.open(station) as store:
        challenge = challenge_of(store) if MAIN in runtime.manifest.tasks else Challenge(split="", items=())
    figures, compared = _judged(station, config, runtime, challenge)
    failed = failed_gates(runtime.manifest, compared)
    if failed and despite is None:
        raise ChampionError(f"bundle {runtime.bundle.name} is not promoted: {'; '.join(failed)}")
    folder = _brought(runtime, bundle, station / FOLDER)
    runs_on = provided(station, Bundle(folder), None if before is None else station / FOLDER / before.folder)
    deciding_runtime(station, config, folder)
    reason = "; ".join(filter(None, (why, f"despite failed gates: {despite}" if failed and despite else "")))
    found = crown(station, runtime.manifest.digest, who=who, why=reason, despite=failed)
    return Promotion(
        reign=found.history[-1],
        before=before,
        challenge=challenge,
        figures=figures,
        compared=compared,
        runs_on=runs_on,
    )


def roll_back(station: Path, config: StationConfig, *, who: str, why: str = "") -> Reign:
    """Give the place back to the champion before, once it has been loaded and has met its self-test.

    Raises:
        ChampionError: there is none before.
        BundleError: it can no longer be used; the champion stays.
    """
    folder = station / FOLDER / champion_before(read_champions(station)).folder
    deciding_runtime(station, config, folder, rollback=True)
    return step_back(station, who=who, why=why).history[-1]


def _judged(
    station: Path, config: StationConfig, runtime: Runtime, challenge: Challenge
) -> tuple[Figures | None, Compared | None]:
    """The candidate on the challenge set, and beside the champion."""
    if not challenge.items:
        return None, None
    good = challenge.good(config.ok_classes)

    def asked(one: Runtime) -> Answers:
        return answers_of(one, challenge.items, policy_of(station, one.manifest))

    own, champion = asked(runtime), _usable(champion_folder(station), config)
    return figures_of(own, good), compare(own, asked(champion), good) if champion else None


def _usable(folder: Path | None, config: StationConfig) -> Runtime | None:
    """The champion; None where there is none, or where it is damaged: then anything that works is better."""
    if folder is None:
        return None
    try:
        return fitting_runtime(folder, config)
    except BundleError:
        return None


def _brought(runtime: Runtime, bundle: Path, parent: Path) -> Path:
    """The bundle's folder among the station's; one from elsewhere is copied there, whole or not at all."""
    target = parent / runtime.bundle.name
    if target.exists():
        # It may have been carried away to be signed.
        take_signature(bundle, target)
        return target
    parent.mkdir(exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=".bundle-", dir=parent))
    try:
        for file in (file for file in bundle.iterdir() if file.is_file()):
            shutil.copyfile(file, staging / file.name)
        Runtime(staging)
        staging.chmod(0o755)
        staging.rename(target)
    except OSError as error:
        raise ChampionError(f"bundle {bundle} cannot be copied to {parent}: {error.strerror or error}") from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return target
