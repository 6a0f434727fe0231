"""The store as everybody else uses it."""

import sqlite3
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TypeVar, cast

from numpy.typing import NDArray

from qc_station.config.station import StreamConfig
from qc_station.errors import ManifestError, StoreError
from qc_station.items import Item, Split
from qc_station.store import adding, census, decisions, encoding, items, labels, schema
from qc_station.store.decisions import AtLast, Decision
from qc_station.store.digests import data_digest, window_digest
from qc_station.store.failures import told
from qc_station.store.items import Entry, NewItem, StoredWindow
from qc_station.store.writer import Change, Writer

BATCH: Final = 256
"""Items that are synced and committed together; a kill loses at most so many of an import."""

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """What `Store.add_items` did."""

    added: int
    """Items that are new in the store."""
    skipped: int
    """Items that were there already with the same content."""
    refused: tuple[str, ...]
    """A line for every item that was not taken, saying why."""


class Store:
    """Items, labels, parts and decisions of one station.

    Every method that writes returns once the change is on the disk. Methods may be called from any thread.
    """

    def __init__(self, folder: Path, writer: Writer, clock_ns: Callable[[], int]) -> None:
        """Use `Store.open`."""
        self.folder = folder
        self._writer = writer
        self._clock_ns = clock_ns

    @classmethod
    def open(cls, folder: Path, *, clock_ns: Callable[[], int] = time.time_ns) -> Self:
        """Open a store; an empty one is made where there is none.

        Args:
            folder: The station's folder; `store.sqlite` and `items/` are put into it.
            clock_ns: Wall clock in nanoseconds, for the times that people are shown.

        Raises:
            StoreError: The database is damaged, of a newer version, or cannot be written.
        """
        with told(folder):
            folder.mkdir(parents=True, exist_ok=True)
            writer = Writer(lambda: schema.connect_writer(folder), lambda: told(folder))
        return cls(folder, writer, clock_ns)

    def close(self) -> None:
        """Finish what is queued and release the database; may be called twice."""
        self._writer.close()

    def __enter__(self) -> Self:
        """The store itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the store."""
        self.close()

    def add_items(
        self, new: Iterable[Item], streams: Mapping[str, StreamConfig], *, source: str = "", who: str = "import"
    ) -> Added:
        """Write items; those that are there already with the same content are skipped.

        Args:
            new: The items; taken one batch at a time, so that all of them need not fit into memory.
            streams: Tables of at least the items' streams: kind, rate and channel names of their files.
            source: Where they come from, for people.
            who: Who says their labels.

        Raises:
            StoreError: The disk is full or an item has an unknown stream; batches committed before are kept.
        """
        rest = iter(new)
        added, skipped, refused = 0, 0, list[str]()
        while batch := list(islice(rest, BATCH)):
            with told(self.folder), adding.locked(self.folder):
                found = adding.sort(batch, *self._known(batch))
                entries = adding.write_files(self.folder, found.new, streams) if found.new else []
                self._insert([NewItem(entry=entry, source=source, who=who) for entry in entries])
            added, skipped = added + len(entries), skipped + found.skipped
            refused += found.refused
        return Added(added=added, skipped=skipped, refused=tuple(refused))

    def entries(self, splits: Collection[str | None] | None = None) -> list[Entry]:
        """Name, group, split, labels and files of items, see `items`, without their samples."""
        return self._read(lambda db: items.entries(db, splits))

    def items(self, splits: Collection[str | None] | None = None) -> Iterator[Item]:
        """Items with their windows in the order of their names.

        Args:
            splits: Splits to read, None among them for items that nobody put into one; None instead of a collection
                reads all.

        Raises:
            StoreError: A file is missing, damaged or not the one that was stored.
        """
        for entry in self.entries(splits):
            yield self.load(entry)

    def load(self, entry: Entry) -> Item:
        """One item with its windows.

        Raises:
            StoreError: A file is missing, damaged or not the one that was stored.
        """
        windows = {stream: self._window(window) for stream, window in entry.windows.items()}
        split = cast(Split | None, entry.split)
        applied = {stream: window.applied for stream, window in entry.windows.items() if window.applied is not None}
        return Item(
            name=entry.name,
            group=entry.group,
            split=split,
            windows=windows,
            labels=entry.labels,
            applied=applied,
            weight=entry.weight,
            quality=entry.quality,
        )

    def label(self, item: str, column: str, value: str | None, who: str) -> None:
        """Say one thing about an item, see `say`.

        Args:
            item: Name of the item.
            column: Manifest column, e.g. "label" or "label.acoustic".
            value: The class; None takes the label back.
            who: Who says so.

        Raises:
            StoreError: There is no such item.
        """
        self.say(item, {column: value}, who)

    def say(self, item: str, values: Mapping[str, str | None], who: str) -> None:
        """Say what an item is, in one act; the history is kept and the latest counts.

        An item without a split gets one with its group: that of the group where it has one, else train, or val for a
        fifth of the groups where the store has validation items.

        Args:
            item: Name of the item.
            values: By manifest column; None takes a label back.
            who: Who says so.

        Raises:
            StoreError: There is no such item.
        """
        self._write(lambda db: labels.say(db, item, values, who, self._clock_ns()))

    def take_back(self, item: str, who: str) -> dict[str, str | None]:
        """Undo the last act of `say` that still counts; called again, the one before it.

        Args:
            item: Name of the item.
            who: Who says so.

        Returns:
            What counts now, by column of that act; None for nothing.

        Raises:
            StoreError: There is no such item, or nothing that was said on this station is left.
        """
        return self._write(lambda db: labels.take_back(db, item, who, self._clock_ns()))

    def label_history(self, item: str) -> list[Mapping[str, object]]:
        """Everything that was said about an item, oldest first: column, value, who, created_ns, act, undoes."""
        return self._read(lambda db: list(labels.history(db, item)))

    def accept_part(self, part: str) -> None:
        """Note that a trigger was accepted, before anything else is done for it.

        Raises:
            PartKnownError: A part of that name was accepted already.
            StoreError: It could not be written.
        """
        self.begin_to_accept(part).result()

    def begin_to_accept(self, part: str) -> "Future[None]":
        """As `accept_part`, without waiting: the future is done once it is on the disk, and raises why it is not."""
        return self._writer.submit(lambda db: decisions.accept(db, part, self._clock_ns()))

    def record_decision(
        self,
        *,
        part: str,
        verdict: str,
        reason: str,
        scores: Mapping[str, Any],
        bundle: str | None,
        latency_ms: Mapping[str, float],
        at_last: AtLast = lambda decision: decision,
    ) -> Decision:
        """Note what was decided about a part; it never changes afterwards.

        Args:
            part: Name of the part; one that was not accepted before is accepted with its decision.
            verdict: PASS, REJECT or REVIEW.
            reason: Why, for people.
            scores: Calibrated probabilities and novelty, as JSON takes them.
            bundle: Digest of the bundle that scored; None where none did.
            latency_ms: Milliseconds by step.
            at_last: Has the last word, in the writer's thread: this process has the lock and only the commit is to come.

        Returns:
            What was stored.

        Raises:
            StoreError: The part is decided, or was left undecided, or the verdict is none.
        """
        decision = Decision(
            part=part, verdict=verdict, reason=reason, scores=scores, bundle=bundle, latency_ms=latency_ms
        )
        return self._write(lambda db: decisions.record(db, decision, self._clock_ns(), at_last))

    def leave_undecided(self, part: str, reason: str) -> None:
        """Note why an accepted part gets no decision.

        Raises:
            StoreError: The part is decided already, or was never accepted.
        """
        self._write(lambda db: decisions.leave_undecided(db, part, reason))

    def open_parts(self) -> list[str]:
        """Accepted parts with neither a decision nor a reason, oldest first; after a crash, those it interrupted."""
        return self._read(decisions.still_open)

    def decisions(self) -> list[Decision]:
        """All decisions in the order in which they were recorded."""
        return self._read(lambda db: [decision for _, decision in decisions.recorded(db)])

    def decisions_after(self, number: int, most: int) -> list[tuple[int, Decision]]:
        """At most so many decisions above a number, each with its own, in the order in which they were recorded."""
        return self._read(lambda db: list(decisions.recorded(db, number, most)))

    def last_decision(self) -> int:
        """Number of the decision that was recorded last; 0 before the first."""
        return self._read(decisions.last)

    def counts(self) -> dict[str, Any]:
        """How many there are: items, splits, windows by stream, labels by column, decisions by verdict, open parts."""
        return self._read(census.counts)

    def data_digest(self) -> str:
        """Digest over names, groups, splits, labels and windows; the same whatever order the items came in."""
        return data_digest((entry.name, entry.digest) for entry in self.entries())

    def check(self) -> list[str]:
        """A line for every fault: pages of the database that are damaged, files that are missing."""
        with told(self.folder):
            return self._read(lambda db: census.faults(db, self.folder))

    def _insert(self, rows: list[NewItem]) -> None:
        self._writer.submit(lambda db: items.insert(db, rows, self._clock_ns())).result()

    def _known(self, batch: list[Item]) -> tuple[dict[str, str], dict[str, str]]:
        names, groups = {item.name for item in batch}, {item.group for item in batch}
        return self._read(lambda db: (items.first_digests(db, names), items.group_splits(db, groups)))

    def _window(self, window: StoredWindow) -> NDArray[Any]:
        path = self.folder / window.file
        try:
            data = encoding.decode(path)
        except FileNotFoundError as error:
            raise StoreError(f"{path} is missing; restore it from a copy") from error
        except (OSError, ManifestError) as error:
            raise StoreError(f"{path} cannot be read: {error}") from error
        if window_digest(data) != window.digest:
            raise StoreError(f"{path} is not the file that was stored; restore it from a copy")
        return data

    def _write(self, change: Change[Answer]) -> Answer:
        return self._writer.submit(change).result()

    def _read(self, query: Callable[[sqlite3.Connection], Answer]) -> Answer:
        with told(self.folder), closing(schema.connect_reader(self.folder)) as database:
            return query(database)
