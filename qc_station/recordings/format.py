"""What a format's file provides, and which format reads a path."""

import pkgutil
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from numpy.typing import NDArray

import qc_station.recordings
from qc_station.errors import ManifestError


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What a recording says about itself."""

    shape: tuple[int, ...]
    """(channels, samples), (frames, height, width) or (channels, steps)."""
    dtype: str
    """int16, int32, float32, uint8 or uint16."""
    rate_hz: float | None = None
    """Samples a second; None for a format that states none."""
    channels: tuple[str, ...] | None = None
    """Channel names; None for a format that states none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A decoded file."""

    data: NDArray[Any]
    """In window layout, see `Header.shape`; C-contiguous, native byte order."""
    rate_hz: float | None = None
    """Samples a second; None for a format that states none."""
    channels: tuple[str, ...] | None = None
    """Channel names; None for a format that states none."""


class Format(Protocol):
    """The module of one format."""

    SUFFIXES: tuple[str, ...]
    """Lower-case endings of file names, with the dot."""
    KIND: str | None
    """waveform, image or series; None for a format that serves all kinds."""

    def describe(self, content: bytes) -> Header:
        """What the file's header says; raises `ManifestError` for one that cannot be read."""
        ...

    def decode(self, content: bytes) -> Recording:
        """The whole recording; raises `ManifestError` for one that is unreadable or cut short."""
        ...


@cache
def formats() -> dict[str, Format]:
    """Every format of this folder by suffix."""
    names = [module.name for module in pkgutil.iter_modules(qc_station.recordings.__path__)]
    modules: list[Any] = [import_module(f"{qc_station.recordings.__name__}.{name}") for name in names]
    return {suffix: module for module in modules for suffix in getattr(module, "SUFFIXES", ())}


def format_of(path: Path) -> Format:
    """The format that reads a path, by its suffix in either case.

    Raises:
        ManifestError: No format has that suffix.
    """
    found = formats().get(path.suffix.lower())
    if found is None:
        raise ManifestError(
            f"no format reads {path.suffix or 'a name without suffix'}; allowed: {', '.join(sorted(formats()))}"
        )
    return found
