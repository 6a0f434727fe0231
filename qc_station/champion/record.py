"""Which bundle decides at a station, since when, who said so and why: `champion.json` in the station's folder."""

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from qc_station.bundles import FOLDER
from qc_station.errors import ChampionError
from qc_station.files import write_atomically

FILE, LOCK = "champion.json", ".champion.lock"
FORMAT = 1


class Reign(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One bundle's time as champion."""

    act: Literal["promoted", "rolled back"]
    """How it came to it."""
    bundle: str
    """Whole digest."""
    since_ns: int
    """Wall clock in nanoseconds since 1970, for people."""
    who: str
    """Who said so."""
    why: str
    """In words."""
    despite: tuple[str, ...] = ()
    """Gates that failed and were overruled."""

    @property
    def folder(self) -> str:
        """Name of the bundle's folder."""
        return self.bundle[:12]


class Champions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What champion.json holds; entries are only ever added."""

    format: int = FORMAT
    """Layout of the file; this program reads FORMAT."""
    history: tuple[Reign, ...] = ()
    """Oldest first."""

    @property
    def standing(self) -> tuple[Reign, ...]:
        """The champion last, before it those to which one can roll back: what was rolled back is gone from them."""
        stack: list[Reign] = []
        for reign in self.history:
            if reign.act == "rolled back":
                stack.pop()
            else:
                stack.append(reign)
        return tuple(stack)

    @property
    def champion(self) -> Reign | None:
        """What decides now; None before the first promotion."""
        return self.standing[-1] if self.standing else None


def read_champions(station: Path) -> Champions:
    """The champions of a station; none where nobody promoted anything.

    Raises:
        ChampionError: the file is there and cannot be read.
    """
    path = station / FILE
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Champions)
    except FileNotFoundError:
        return Champions()
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ChampionError(f"{path} cannot be read: {error}; restore it, or remove it and promote a bundle") from error
    if found.format != FORMAT:
        raise ChampionError(f"{path}: format {found.format}; this program reads {FORMAT}")
    _check(path, found)
    return found


def _check(path: Path, found: Champions) -> None:
    """More was rolled back than was promoted: somebody edited the file."""
    depth = 0
    for number, reign in enumerate(found.history):
        depth += 1 if reign.act == "promoted" else -1
        if depth < 1:
            raise ChampionError(f"{path}: entry {number} rolls back to nothing; restore the file from a copy")


def champion_folder(station: Path) -> Path | None:
    """Folder of the bundle that decides; None before the first promotion.

    Raises:
        ChampionError: the file cannot be read.
    """
    reign = read_champions(station).champion
    return None if reign is None else station / FOLDER / reign.folder


def crown(
    station: Path,
    bundle: str,
    *,
    who: str,
    why: str,
    despite: tuple[str, ...] = (),
    clock: Callable[[], int] = time.time_ns,
) -> Champions:
    """Make a bundle the champion; it is on the disk when this returns.

    Args:
        station: Folder of the station.
        bundle: Whole digest of the bundle, which lies in the station's bundles.
        who: Who says so.
        why: In words.
        despite: Gates that failed and were overruled.
        clock: Wall clock in nanoseconds since 1970.

    Raises:
        ChampionError: it is the champion already, or the file cannot be read or written.
    """
    with _locked(station):
        known = read_champions(station)
        if known.champion is not None and known.champion.bundle == bundle:
            raise ChampionError(f"bundle {bundle[:12]} is the champion already, since it was {known.champion.act}")
        reign = Reign(act="promoted", bundle=bundle, since_ns=clock(), who=who, why=why, despite=despite)
        return _written(station, known, reign)


def step_back(station: Path, *, who: str, why: str, clock: Callable[[], int] = time.time_ns) -> Champions:
    """Give the place back to the champion before; done again, to the one before that.

    Raises:
        ChampionError: there is none before, or the file cannot be read or written.
    """
    with _locked(station):
        known = read_champions(station)
        before = champion_before(known)
        return _written(
            station, known, Reign(act="rolled back", bundle=before.bundle, since_ns=clock(), who=who, why=why)
        )


def champion_before(known: Champions) -> Reign:
    """What a roll-back leads to.

    Raises:
        ChampionError: there is none.
    """
    *before, _ = known.standing or (None,)
    if not before or before[-1] is None:
        raise ChampionError(
            f"nothing to roll back to: {len(known.standing)} champion(s) stand; two promotions are needed"
        )
    return before[-1]


def _written(station: Path, known: Champions, reign: Reign) -> Champions:
    found = Champions(history=(*known.history, reign))
    try:
        write_atomically(station / FILE, msgspec.json.format(msgspec.json.encode(found), indent=1))
    except OSError as error:
        raise ChampionError(f"{station / FILE} cannot be written: {error.strerror}") from error
    return found


@contextmanager
def _locked(station: Path) -> Iterator[None]:
    """Two who promote at once do it one after the other."""
    with (station / LOCK).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
