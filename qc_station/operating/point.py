"""The proof on disk: one file a bundle in the station's folder, which the line decides by."""

import hashlib
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from deploy.bundle import Manifest
from qc_station.bundles import FOLDER as BUNDLES
from qc_station.errors import ConfigError
from qc_station.files import write_atomically
from qc_station.operating.proof import Proof
from qc_station.verdict import OperatingPoint, Policy

FOLDER = "operating"
FORMAT = 1


class ProvedPoint(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What operating/BUNDLE.json holds."""

    format: int = FORMAT
    """Layout of the file; this program reads FORMAT."""
    bundle: str
    """Whole digest of the bundle that it was proved for."""
    passes: float
    """PASS at or below this probability of a bad part."""
    rejects: float
    """REJECT at or above this one."""
    promise: str
    """In words."""
    max_escape: float
    """Largest rate of escapes."""
    confidence: float
    """How surely."""
    rates: dict[str, Any]
    """escape, overkill and review, by groups and by parts, with their exact bounds."""
    costs: dict[str, float]
    """From which the thresholds were taken."""
    split: str
    """Of the parts that proved it."""
    data_digest: str
    """Of these parts."""
    created: str
    """UTC."""
    seal: str = ""
    """SHA-256 of this file with an empty seal: thresholds that somebody moved are proved no more."""

    def sealed(self) -> str:
        """The seal that this point ought to have."""
        return hashlib.sha256(msgspec.json.encode(msgspec.structs.replace(self, seal=""))).hexdigest()


def point_file(station: Path, manifest: Manifest) -> Path:
    """Where the point of a bundle lies."""
    return station / FOLDER / f"{manifest.digest[:12]}.json"


def write_point(station: Path, manifest: Manifest, proof: Proof, *, data_digest: str, split: str) -> Path:
    """Write a proof beside the bundle that it is for, whole or not at all.

    Args:
        station: The station's folder.
        manifest: Of the bundle.
        proof: One that is proved.
        data_digest: Of the parts that proved it.
        split: Of the same.

    Raises:
        ConfigError: nothing was proved, or the folder cannot be written.
    """
    if not proof.proved:
        raise ConfigError(f"no operating point without a proof: {proof.why_not}")
    point = ProvedPoint(
        bundle=manifest.digest,
        passes=proof.passes,
        rejects=proof.rejects,
        promise=proof.promise,
        max_escape=proof.max_escape,
        confidence=proof.confidence,
        rates=msgspec.to_builtins(proof.rates),
        costs=manifest.costs,
        split=split,
        data_digest=data_digest,
        created=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
    )
    point = msgspec.structs.replace(point, seal=point.sealed())
    file = point_file(station, manifest)
    try:
        file.parent.mkdir(exist_ok=True)
        write_atomically(file, msgspec.json.format(msgspec.json.encode(point), indent=1))
    except OSError as error:
        raise ConfigError(f"{file} cannot be written: {error.strerror or error}") from error
    return file


def read_point(file: Path, manifest: Manifest) -> ProvedPoint | None:
    """The point of a bundle; None where none was proved.

    Raises:
        ConfigError: the file is damaged, was changed, or is of another bundle; the line must not guess thresholds.
    """
    try:
        point = msgspec.json.decode(file.read_bytes(), type=ProvedPoint)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file} cannot be read: {error}; prove it anew with `qc-station operate`") from error
    if point.format != FORMAT or point.seal != point.sealed():
        raise ConfigError(f"{file} was changed after it was proved; prove it anew with `qc-station operate`")
    if point.bundle != manifest.digest:
        raise ConfigError(f"{file} is of bundle {point.bundle[:12]}, not of {manifest.digest[:12]}")
    return point


def policy_of(station: Path | None, manifest: Manifest) -> Policy:
    """By what a station decides with a bundle: the costs, and the point that was proved for it where there is one.

    Args:
        station: Its folder; None: no station, the costs alone.
        manifest: Of the bundle.

    Raises:
        ConfigError: there is a point that cannot be trusted.
    """
    found = None if station is None else read_point(point_file(station, manifest), manifest)
    if found is None:
        return Policy.of(manifest.costs)
    point = OperatingPoint(passes=found.passes, rejects=found.rejects, promise=found.promise)
    return Policy.of(manifest.costs, point)


def station_of(bundle: Path) -> Path | None:
    """The station whose bundle this is, by the folder it lies in; None where it lies elsewhere."""
    folder = bundle.resolve().parent
    return folder.parent if folder.name == BUNDLES else None


def proved_with(station: Path, data_digest: str) -> tuple[str, ...]:
    """First 12 characters of the digests of bundles whose point was proved with the same parts."""
    wanted = re.compile(rb'"data_digest": *"' + data_digest.encode())
    files = sorted((station / FOLDER).glob("*.json"))
    return tuple(file.stem for file in files if wanted.search(file.read_bytes()))
