"""Keeps a graph as onnxruntime has optimised it, so that the next start of the line need not do it again.

What is kept fits one bundle, one onnxruntime and one computer, and is trusted as little as the bundle itself: its digest
has to be the one that was noted, and the self-test is met with it or it is not used. It is not signed, so a station that
asks for signatures keeps none.
"""

import hashlib
from pathlib import Path
from typing import Any

import msgspec
import onnxruntime
from msgspec import Struct

from deploy.bundle import LIMITS, MODEL, Bundle
from deploy.errors import BundleError
from deploy.files import read_plain
from deploy.outside import outside_files
from deploy.providers import machine
from deploy.runtime import CPU, session

MOST_KEPT = 3
"""The champion, the one before it and a candidate; each is about as large as its model."""


class Kept(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an optimised graph was made of and where; beside it on the disk."""

    bundle: str
    """Digest of the bundle."""
    sha256: str
    """Of the optimised graph."""
    onnxruntime: str
    """Its version."""
    machine: str
    """The computer: optimisation goes as far as the layout of memory that its processor likes."""


def optimised_session(folder: Path, bundle: Bundle, threads: int) -> Any:
    """A session on the CPU of the graph that was kept; of the bundle's own, which is then kept, where there is none.

    Args:
        folder: Of what can be made again; made where missing.
        bundle: Whole and unchanged.
        threads: Of one inference.

    Raises:
        BundleError: onnxruntime does not take the bundle's model.
    """
    graph = kept_graph(folder, bundle)
    if graph is None:
        return _keeping(folder, bundle, threads)
    try:
        return session(graph, threads, optimised=True)
    except (BundleError, ValueError):
        # It costs time alone, and making it again puts it right.
        return _keeping(folder, bundle, threads)


def kept_graph(folder: Path, bundle: Bundle) -> bytes | None:
    """The optimised graph of a bundle; None where there is none of this computer and this onnxruntime, or it is damaged."""
    file, note = _files(folder, bundle)
    try:
        about = msgspec.json.decode(note.read_bytes(), type=Kept)
        graph = read_plain(folder, file.name, LIMITS[MODEL])
        whole = about == _about(bundle, graph) and not outside_files(graph)
    except (OSError, BundleError, ValueError):
        return None
    return graph if whole else None


def forget(folder: Path, bundle: Bundle) -> None:
    """Remove what is kept of a bundle."""
    for file in _files(folder, bundle):
        file.unlink(missing_ok=True)


def _keeping(folder: Path, bundle: Bundle, threads: int) -> Any:
    """A session of the bundle's own graph, which is written as onnxruntime made it; also where the disk refuses that."""
    file, note = _files(folder, bundle)
    part = file.with_name(f".{file.name}.part")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        part.touch()
    except OSError:
        return session(bundle.model, threads)
    made = session(bundle.model, threads, keep=part)
    try:
        about = _about(bundle, part.read_bytes())
        part.replace(file)
        note.write_bytes(msgspec.json.encode(about) + b"\n")
        _thin(folder)
    except OSError:
        # A graph without its note, or half of one, is made again at the next start.
        part.unlink(missing_ok=True)
    return made


def _about(bundle: Bundle, graph: bytes) -> Kept:
    return Kept(
        bundle=bundle.manifest.digest,
        sha256=hashlib.sha256(graph).hexdigest(),
        onnxruntime=onnxruntime.__version__,
        machine=f"{machine()}, {CPU}",
    )


def _files(folder: Path, bundle: Bundle) -> tuple[Path, Path]:
    return folder / f"graph-{bundle.name}.onnx", folder / f"graph-{bundle.name}.json"


def _thin(folder: Path) -> None:
    """Leave the newest graphs only."""
    graphs = sorted(folder.glob("graph-*.onnx"), key=lambda file: file.stat().st_mtime_ns)
    for file in graphs[:-MOST_KEPT]:
        file.unlink(missing_ok=True)
        file.with_suffix(".json").unlink(missing_ok=True)
