"""Which bundles a station runs: those whose signature its configuration asks for, and none older than one that ran.

A signature says who made a bundle, not that it is the newest: whoever can write to the box could put back an old one
with a known weakness. So the counter inside the signature is remembered once such a bundle has been loaded, and a lower
one is refused, unless a person rolls back to it, which holds until a newer one runs.
"""

from pathlib import Path

import msgspec
from msgspec import Struct

from deploy.bundle import Bundle
from deploy.errors import BundleError
from deploy.optimised import forget, optimised_session
from deploy.providers import stored
from deploy.runtime import CPU, Runtime
from deploy.signature import Signature, require_signature
from qc_station.bundles import bundle_streams
from qc_station.config.station import StationConfig
from qc_station.files import write_atomically

MEMORY = "trust.json"
CACHE = "cache"
"""Folder of a station for what can be made again: the choice of execution providers, and optimised graphs."""


class Memory(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What trust.json holds."""

    counter: int = 0
    """The highest that a bundle had which was loaded here; 0: none yet."""
    digest: str = ""
    """Of that bundle."""
    rolled_back: str = ""
    """Digest of the older bundle that a person went back to; empty: none."""


def trusted_runtime(station: Path, config: StationConfig, folder: Path, *, rollback: bool = False) -> Runtime:
    """Load a bundle as the station's `[bundles]` table allows; its counter is remembered once its self-test is met.

    Args:
        station: The station's folder.
        config: Of the station.
        folder: The bundle.
        rollback: Whether a person goes back to an older bundle; it then stays allowed until a newer one is loaded.

    Raises:
        BundleError: it is not whole, does not meet its self-test, is not signed as required, is older than one that ran
            here, or would raise the counter and is for other streams.
        SignatureError: the public key cannot be read, or the package that checks signatures is missing.
    """
    bundle = Bundle(folder)
    if config.bundles.require_signed is None:
        return _fast_runtime(station, bundle, keep=True)
    signature = require_signature(bundle, station / config.bundles.require_signed)
    before = read_memory(station)
    after = _admitted(bundle, signature, before, rollback)
    # An optimised graph beside the bundle is signed by nobody.
    runtime = _fast_runtime(station, bundle, keep=False)
    # A bundle that cannot run here must not lock out the one that does.
    bundle.require_streams(bundle_streams(config))
    if after != before:
        _remember(station, after)
    return runtime


def _fast_runtime(station: Path, bundle: Bundle, *, keep: bool) -> Runtime:
    """With the provider that `qc-station doctor --measure` found; the CPU, which every box has, where that fails now.

    Args:
        station: The station's folder.
        bundle: Whole and unchanged.
        keep: Whether the graph may be taken, and left for the next start, as onnxruntime optimised it.
    """
    choice = stored(station / CACHE, bundle)
    provider, threads = (CPU, 1) if choice is None else (choice.provider, choice.threads)
    if provider != CPU:
        try:
            return Runtime(bundle, threads, provider)
        except BundleError:
            threads = 1
    if not keep:
        return Runtime(bundle, threads)
    try:
        return Runtime(bundle, threads, made=optimised_session(station / CACHE, bundle, threads))
    except BundleError:
        forget(station / CACHE, bundle)
        return Runtime(bundle, threads)


def _admitted(bundle: Bundle, signature: Signature, memory: Memory, rollback: bool) -> Memory:
    """What to remember of a bundle that may run."""
    digest = bundle.manifest.digest
    if signature.counter > memory.counter:
        return Memory(counter=signature.counter, digest=digest)
    if digest == memory.digest:
        return msgspec.structs.replace(memory, rolled_back="")
    if rollback:
        return msgspec.structs.replace(memory, rolled_back=digest)
    if digest == memory.rolled_back:
        return memory
    raise BundleError(
        f"bundle {bundle.name} has counter {signature.counter}, and bundle {memory.digest[:12]} with {memory.counter} "
        "ran here before; allowed: a higher one, or `qc-station rollback`"
    )


def read_memory(station: Path) -> Memory:
    """What a station remembers; nothing where no signed bundle was loaded yet.

    Raises:
        BundleError: the file is there and cannot be understood, so that nothing may be taken for new.
    """
    file = station / MEMORY
    try:
        return msgspec.json.decode(file.read_bytes(), type=Memory)
    except FileNotFoundError:
        return Memory()
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BundleError(
            f"{file} cannot be read: {error}; without it no bundle can be told from an old one"
        ) from error


def _remember(station: Path, memory: Memory) -> None:
    try:
        write_atomically(station / MEMORY, msgspec.json.encode(memory) + b"\n")
    except OSError as error:
        raise BundleError(f"{station / MEMORY} cannot be written: {error.strerror}") from error
