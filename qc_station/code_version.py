"""Which code made a bundle: the version that was installed, and a digest of the very files that ran."""

import hashlib
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

PACKAGES = ("deploy", "models", "qc_station", "sensors")
"""All that one wheel holds."""
NOT_INSTALLED = "not installed"


def code_version() -> str:
    """E.g. "0.1.0, source 5f1c09d2e3a4": equal for equal files, from a wheel as from a source tree."""
    try:
        number = version("qc-station")
    except PackageNotFoundError:
        number = NOT_INSTALLED
    return f"{number}, source {source_digest(_folders())[:12]}"


def source_digest(folders: dict[str, Path]) -> str:
    """SHA-256 over the names and contents of all Python files.

    Args:
        folders: Of packages by name.
    """
    total = hashlib.sha256()
    for name, folder in sorted(folders.items()):
        for file in sorted(folder.rglob("*.py"), key=lambda one: one.relative_to(folder).as_posix()):
            content = file.read_bytes()
            # Lengths between, so that no byte can move from one file into another unseen.
            total.update(f"{name}/{file.relative_to(folder).as_posix()} {len(content)}\n".encode())
            total.update(content)
    return total.hexdigest()


def _folders() -> dict[str, Path]:
    found = {}
    for name in PACKAGES:
        spec = find_spec(name)
        if spec is not None and spec.submodule_search_locations:
            found[name] = Path(next(iter(spec.submodule_search_locations)))
    return found
