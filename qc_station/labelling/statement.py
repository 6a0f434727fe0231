"""What a person says about an item, held against what may be said."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from deploy.bundle import Bundle
from deploy.errors import BundleError
from qc_station.champion.record import champion_folder
from qc_station.config.station import StationConfig
from qc_station.errors import ChampionError, ConfigError, StoreError
from qc_station.store import Store
from qc_station.store.items import Entry

LONGEST_CLASS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One act of labelling: a class, a severity, or both."""

    item: str
    """Name of the item."""
    label: str | None = None
    """Its class; None: nothing is said about it."""
    severity: float | None = None
    """How bad it is, a finite number; None: nothing is said about it."""
    stream: str | None = None
    """The stream whose window shows it; None: the whole part."""
    new_class: bool = False
    """Whether a class may be one that nobody named before."""


def say(store: Store, config: StationConfig, statement: Statement, who: str) -> dict[str, str]:
    """Write what a person says; it is on the disk when this returns.

    Returns:
        The item's labels by manifest column, the new ones among them.

    Raises:
        ConfigError: a class, severity or stream that may not be said, with what is allowed; nothing is written.
        StoreError: no such item.
    """
    entries = store.entries()
    entry = found(entries, store, statement.item)
    column = _column(entry, config, statement.stream)
    values: dict[str, str | None] = {}
    if statement.label is not None:
        known = known_classes(entries, config, champion_classes(store.folder))
        (_new if statement.new_class else _known)(statement.label, known)
        values["label" + column] = statement.label
    if statement.severity is not None:
        values["severity" + column] = _severity(statement.severity)
    if not values:
        raise ConfigError(f"item {entry.name!r}: nothing is said; a class or a severity is needed")
    store.say(entry.name, values, who)
    return entry.labels | {name: value for name, value in values.items() if value is not None}


def found(entries: Iterable[Entry], store: Store, item: str) -> Entry:
    """The item of a name.

    Raises:
        StoreError: there is none, with what became of the part, or with names that are like it.
    """
    names = {entry.name: entry for entry in entries}
    if item in names:
        return names[item]
    for decision in store.decisions():
        if decision.part == item:
            raise StoreError(
                f"part {item!r} was decided {decision.verdict} and its windows were not kept; allowed: parts that were kept, which those in review and rejects are"
            )
    like = get_close_matches(item, names, n=3)
    hint = f"; names like it: {', '.join(like)}" if like else f"; {len(names)} items are there"
    raise StoreError(f"no item named {item!r} in the store{hint}")


def known_classes(entries: Iterable[Entry], config: StationConfig, champion: Iterable[str] = ()) -> tuple[str, ...]:
    """Classes that were ever said of a part or a stream of this station, those of good parts first.

    Args:
        entries: All items.
        config: The station.
        champion: Classes that its champion tells apart: it may have been trained elsewhere, on parts that are not here.
    """
    said = {v for e in entries for c, v in e.labels.items() if c.partition(".")[0] == "label"}
    return (*config.ok_classes, *sorted((said | set(champion)) - set(config.ok_classes)))


def champion_classes(station: Path) -> tuple[str, ...]:
    """Classes that the station's champion tells apart; none where there is no champion, or it is damaged."""
    try:
        folder = champion_folder(station)
        tasks = Bundle(folder).manifest.tasks if folder else {}
    except (BundleError, ChampionError):
        # People go on labelling; the line says on its own that the bundle does not load.
        return ()
    return tuple(name for column, task in tasks.items() if column.partition(".")[0] == "label" for name in task.classes)


def _column(entry: Entry, config: StationConfig, stream: str | None) -> str:
    """What stands behind `label` and `severity` in the column's name."""
    if stream is None:
        return ""
    if stream not in config.inspecting:
        raise ConfigError(f"no stream {stream!r} at station {config.name}; allowed: {', '.join(config.inspecting)}")
    if stream not in entry.windows:
        raise ConfigError(f"item {entry.name!r} has no window of {stream!r}; it has {', '.join(entry.windows)}")
    return f".{stream}"


def _known(label: str, known: tuple[str, ...]) -> None:
    if label not in known:
        raise ConfigError(
            f"class {label!r} is unknown at this station; allowed: {', '.join(known)}, or --new-class to add it"
        )


def _new(label: str, known: tuple[str, ...]) -> None:
    if label != label.strip() or not label.isprintable() or not 1 <= len(label) <= LONGEST_CLASS:
        raise ConfigError(
            f"class {label!r}; allowed: 1 to {LONGEST_CLASS} printable characters without spaces at the ends"
        )
    alike = [name for name in known if name.casefold() == label.casefold() and name != label]
    if alike:
        raise ConfigError(f"class {label!r} differs from {alike[0]!r} in capitals only; allowed: {alike[0]}")


def _severity(value: float) -> str:
    if not math.isfinite(value):
        raise ConfigError(f"severity {value}; allowed: a finite number")
    return str(int(value)) if value.is_integer() else repr(value)
