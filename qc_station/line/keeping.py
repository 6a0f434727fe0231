"""Which parts keep their windows, and for how long there is room for them."""

import logging
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from qc_station.align.snapshot import Snapshot
from qc_station.config.station import StreamConfig
from qc_station.errors import StoreError
from qc_station.line.shift import item
from qc_station.store import Store
from qc_station.verdict import Decision

LOG = logging.getLogger(__name__)
KEPT = frozenset({Decision.REVIEW.value, Decision.REJECT.value})
"""Verdicts that somebody may ask about later, or has to look at."""
RESERVE_BYTES = 512 * 2**20
"""Free disk that windows leave alone: labels and decisions, which are small, are the last to go."""


def free_bytes(folder: Path) -> int:
    """Of the disk that a folder is on."""
    return shutil.disk_usage(folder).free


class Keeper:
    """Keeps the windows of the parts that may have to be explained; a part that cannot be kept stops nothing.

    Attributes:
        lost: Parts whose windows were not kept although they should have been, by reason.
    """

    def __init__(
        self, store: Store, streams: Mapping[str, StreamConfig], *, free: Callable[[Path], int] = free_bytes
    ) -> None:
        """Nothing is kept yet.

        Args:
            store: Of the station.
            streams: Of the station, by name.
            free: Bytes that are free on the disk of a folder.
        """
        self._store, self._streams, self._free = store, streams, free
        self.lost: dict[str, int] = {}

    def keep(self, snapshot: Snapshot, verdict: str, group: str) -> None:
        """Write the windows of a decided part where its verdict asks for it.

        Args:
            snapshot: Its windows; nothing is written of a part without any.
            verdict: PASS, REJECT or REVIEW.
            group: Where it may not be separated from others.
        """
        if verdict not in KEPT or not snapshot.windows:
            return
        if (free := self._free(self._store.folder)) < RESERVE_BYTES:
            reserve = RESERVE_BYTES // 2**20
            self._lose(
                "disk low", snapshot, f"{free // 2**20} MiB of the disk are free, windows need {reserve} left over"
            )
            return
        part = item(snapshot, {}, group=group, streams=self._streams)
        try:
            refused = self._store.add_items([part], self._streams).refused
        except StoreError as error:
            self._lose("store failed", snapshot, str(error))
            return
        if refused:
            self._lose("refused", snapshot, refused[0])

    def _lose(self, reason: str, snapshot: Snapshot, why: str) -> None:
        # A disk that stays full would say so at every part.
        if reason not in self.lost:
            LOG.error("windows of part %s are not kept: %s; others with this reason are counted", snapshot.part, why)
        self.lost[reason] = self.lost.get(reason, 0) + 1
