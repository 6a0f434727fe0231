"""A bundle: model.onnx, manifest.json and selftest.npz in one folder, named by the digest of all files.

training.json, what the training came to, may stand beside them; a bundle without it loads all the same. So may
signature.json, which is over the digest and no part of it; see `deploy.signature`.
"""

import hashlib
import io
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from deploy.arrays import read_arrays
from deploy.errors import BundleError
from deploy.files import read_plain, require_size
from deploy.numbered import read_numbered
from deploy.outside import outside_files
from deploy.promises import manifest_faults

FORMAT = 1
NOVELTY = "novelty"
"""The joint p-value's output; a stream's own is `novelty:STREAM`. Bundles of before have neither."""
MODEL, MANIFEST, SELFTEST = "model.onnx", "manifest.json", "selftest.npz"
TRAINING = "training.json"
MIB = 2**20
LIMITS = {MODEL: 256 * MIB, MANIFEST: 4 * MIB, SELFTEST: 32 * MIB, TRAINING: 32 * MIB}
"""Most bytes of each file, looked at before anything is read; the largest model trained here so far has 8 MiB."""
OPTIONAL = (TRAINING,)
"""Files that a bundle may hold; one that the manifest lists has to be there and unchanged."""


class BundleStream(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One input of the graph."""

    kind: str
    """waveform, image or series."""
    shape: tuple[int, ...]
    """Window shape: (channels, samples), (frames, height, width) or (channels, steps)."""
    dtype: str
    """Of the raw window; the runtime casts it to float32 without scaling."""
    rate_hz: float | None
    """Samples a second, where declared."""
    unit: str
    """UCUM unit of the samples."""
    required: bool
    """Whether a part may pass without it."""
    table: dict[str, Any]
    """The stream's whole table in station.toml, for cutting recordings as in training."""


class BundleTask(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One question that the graph answers."""

    stream: str | None
    """The one stream that answers; None: the whole part."""
    classes: tuple[str, ...]
    """In the order of the outputs; empty for a value."""


class Manifest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What manifest.json holds."""

    format: int = FORMAT
    """Layout of the bundle; this program reads FORMAT."""
    station: str
    """Where it was trained."""
    streams: dict[str, BundleStream]
    """Inputs by name, in the order of the presence mask."""
    tasks: dict[str, BundleTask]
    """By manifest column."""
    outputs: tuple[str, ...]
    """Names of the graph's outputs, in order."""
    ok_classes: tuple[str, ...]
    """Classes of `label` that mean a good part."""
    costs: dict[str, float]
    """What an escape, an overkill and a review cost; they set the thresholds of the verdict."""
    verdicts: dict[str, float] | msgspec.UnsetType = msgspec.UNSET
    """Other thresholds of the verdict by name; unset in bundles of before, whose bytes stay what they are."""
    provenance: dict[str, Any]
    """Seed, data digest, threads, versions, how the training ended."""
    figures: dict[str, Any]
    """Validation metrics and the parity record."""
    files: dict[str, str] = {}
    """SHA-256 of the other files, by name."""
    digest: str = ""
    """SHA-256 of this manifest with an empty digest; the name of the bundle is its first 12 characters."""

    def threshold(self, name: str) -> float:
        """A threshold of the verdict by name; 0 where the bundle has none."""
        return 0.0 if isinstance(self.verdicts, msgspec.UnsetType) else self.verdicts.get(name, 0.0)

    def sealed(self) -> str:
        """The digest that this manifest ought to have."""
        return hashlib.sha256(msgspec.json.encode(msgspec.structs.replace(self, digest=""))).hexdigest()

    def written(self) -> bytes:
        """The bytes of manifest.json."""
        return msgspec.json.format(msgspec.json.encode(self), indent=1)


class Bundle:
    """A bundle on disk whose bytes are what its manifest says."""

    def __init__(self, folder: Path) -> None:
        """Read and check a bundle; the self-test needs a session and is the runtime's first act.

        Raises:
            BundleError: something is missing, truncated, changed, or of another format.
        """
        self.folder = folder
        raw = {name: read_plain(folder, name, LIMITS[name]) for name in (MANIFEST, MODEL, SELFTEST)}
        try:
            self.manifest = read_numbered(raw[MANIFEST], Manifest, FORMAT)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise BundleError(f"bundle {folder}: {MANIFEST} cannot be read: {error}") from error
        if self.manifest.sealed() != self.manifest.digest or self.manifest.written() != raw[MANIFEST]:
            raise BundleError(f"bundle {folder}: {MANIFEST} was changed after the bundle was made")
        _require_known(f"bundle {folder}: {MANIFEST}", self.manifest.files)
        raw |= {name: read_plain(folder, name, LIMITS[name]) for name in OPTIONAL if name in self.manifest.files}
        for name in (name for name in raw if name != MANIFEST):
            found, wanted = hashlib.sha256(raw[name]).hexdigest(), self.manifest.files.get(name, "")
            if found != wanted:
                raise BundleError(
                    f"bundle {folder}: {name} ({len(raw[name])} bytes) is truncated or changed: SHA-256 {found[:12]}, manifest says {wanted[:12]}"
                )
        for fault in manifest_faults(self.manifest):
            raise BundleError(f"bundle {folder}: {MANIFEST} promises {fault}")
        _require_inside(folder, raw[MODEL])
        self.model = raw[MODEL]
        self._selftest = raw[SELFTEST]
        self.extras = {name: raw[name] for name in OPTIONAL if name in raw}

    @property
    def name(self) -> str:
        """First 12 characters of the digest."""
        return self.manifest.digest[:12]

    def selftest(self) -> tuple[dict[str, NDArray[Any]], dict[str, NDArray[np.float32]]]:
        """Inputs of the graph, presence mask included, and the outputs that they gave at the time of export."""
        try:
            found = read_arrays(self._selftest)
        except ValueError as error:
            raise BundleError(f"bundle {self.folder}: {SELFTEST} cannot be read: {error}") from error
        inputs = {n.removeprefix("in/"): v for n, v in found.items() if n.startswith("in/")}
        outputs = {n.removeprefix("out/"): v for n, v in found.items() if n.startswith("out/")}
        return inputs, outputs

    def require_streams(self, declared: Mapping[str, BundleStream]) -> None:
        """Refuse a bundle that was built for other streams than a station declares.

        Raises:
            BundleError: every difference at once.
        """
        faults = []
        for name, wanted in self.manifest.streams.items():
            have = declared.get(name)
            if have is None:
                faults.append(f"needs stream {name!r}, the station has {', '.join(declared) or 'none'}")
                continue
            faults += [
                f"stream {name!r}: {field} {getattr(wanted, field)} in the bundle, {getattr(have, field)} in the station"
                for field in ("kind", "shape", "dtype", "rate_hz")
                if getattr(have, field) != getattr(wanted, field)
            ]
        if faults:
            raise BundleError(f"bundle {self.name} was built for other streams: " + "; ".join(faults))


def _require_known(what: str, files: Mapping[str, Any]) -> None:
    """A file of another name is none that this program may read, or pass over."""
    allowed = (MODEL, SELFTEST, *OPTIONAL)
    unknown = [name for name in files if name not in allowed]
    if unknown:
        raise BundleError(f"{what} lists {unknown[0]!r}; allowed: {', '.join(allowed)}")


def _require_inside(folder: Path, model: bytes) -> None:
    """Tensors of a model may name files of the disk as their content; those of a bundle's never do."""
    try:
        outside = outside_files(model)
    except ValueError as error:
        raise BundleError(f"bundle {folder}: {MODEL} cannot be read: {error}") from error
    if outside:
        raise BundleError(f"bundle {folder}: {MODEL} keeps data in {outside[0]!r}; a model holds all of its own")


def write_bundle(
    parent: Path,
    manifest: Manifest,
    model: bytes,
    inputs: Mapping[str, NDArray[Any]],
    outputs: Mapping[str, NDArray[Any]],
    extras: Mapping[str, bytes] | None = None,
) -> Path:
    """Write a bundle below `parent`, whole or not at all.

    Args:
        parent: Folder that holds bundles; made where missing.
        manifest: Without `files` and `digest`.
        model: ONNX bytes.
        inputs: Self-test inputs of the graph by name.
        outputs: What the graph gives for them.
        extras: Further files by name, of OPTIONAL.

    Returns:
        The bundle's folder, named by its digest.

    Raises:
        BundleError: the folder cannot be written, e.g. the disk is full, a file is too large to be read again, or a
            further file has another name; nothing half-written is left.
    """
    buffer = io.BytesIO()
    arrays: dict[str, Any] = {f"in/{n}": v for n, v in inputs.items()} | {f"out/{n}": v for n, v in outputs.items()}
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    contents = {MODEL: model, SELFTEST: buffer.getvalue(), **(extras or {})}
    _require_known("a new bundle", contents)
    sums = {name: hashlib.sha256(data).hexdigest() for name, data in contents.items()}
    manifest = msgspec.structs.replace(manifest, files=sums, digest="")
    manifest = msgspec.structs.replace(manifest, digest=manifest.sealed())
    contents[MANIFEST] = manifest.written()
    for name, data in contents.items():
        require_size("a new bundle", name, len(data), LIMITS[name])
    target = parent / manifest.digest[:12]
    try:
        parent.mkdir(parents=True, exist_ok=True)
        _place(target, contents)
    except OSError as error:
        raise BundleError(f"bundle {target} cannot be written: {error.strerror or error}") from error
    return target


def _place(target: Path, contents: Mapping[str, bytes]) -> None:
    """Write a folder beside its place, sync it, and rename it; one that is already whole stays."""
    staging = Path(tempfile.mkdtemp(prefix=".bundle-", dir=target.parent))
    try:
        for name, data in contents.items():
            with (staging / name).open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        staging.chmod(0o755)
        if target.exists() and not _holds(target, contents):
            shutil.rmtree(target)
        if not target.exists():
            staging.rename(target)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _holds(folder: Path, contents: Mapping[str, bytes]) -> bool:
    return all(
        (folder / n).is_file() and not (folder / n).is_symlink() and (folder / n).read_bytes() == data
        for n, data in contents.items()
    )
