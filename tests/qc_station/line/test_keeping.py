"""What may have to be explained keeps its windows while the disk has room for them."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from qc_station.align.snapshot import Reason, Snapshot, Window
from qc_station.errors import DiskFullError
from qc_station.line.keeping import RESERVE_BYTES, Keeper, free_bytes
from qc_station.store import Added, Store
from tests.one_number_bundle import STATION, STREAM


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path) as opened:
        yield opened


def snapshot(part: str, bad: float = 0.5, *, whole: bool = True) -> Snapshot:
    window = Window(
        data=np.array([[bad]], np.float32), start_ns=0, missing=0, skew_ns=0, uncertainty_ns=0, shared=False
    )
    reason = Reason.OK if whole else Reason.DEAD
    return Snapshot(part=part, time_ns=0, windows={STREAM: window} if whole else {}, reasons={STREAM: reason})


def kept(store: Store) -> list[str]:
    return [entry.name for entry in store.entries()]


def test_rejects_and_parts_in_review_keep_their_windows_and_parts_that_passed_do_not(store: Store) -> None:
    keeper = Keeper(store, STATION.streams)
    for verdict in ("PASS", "REJECT", "REVIEW"):
        keeper.keep(snapshot(verdict), verdict, "live-0000")
    assert kept(store) == ["REJECT", "REVIEW"]
    (reject, _) = store.items()
    assert reject.windows[STREAM].tolist() == [[0.5]]
    assert (reject.group, reject.labels, keeper.lost) == ("live-0000", {}, {})


def test_of_a_part_without_any_window_nothing_is_kept(store: Store) -> None:
    keeper = Keeper(store, STATION.streams)
    keeper.keep(snapshot("blind", whole=False), "REVIEW", "live-0000")
    assert (kept(store), keeper.lost) == ([], {})


def test_windows_leave_the_last_of_the_disk_to_labels_and_decisions(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    free = [RESERVE_BYTES, RESERVE_BYTES - 1, RESERVE_BYTES - 1, RESERVE_BYTES]
    keeper = Keeper(store, STATION.streams, free=lambda _: free.pop(0))
    for part in ("a", "b", "c", "d"):
        store.accept_part(part)
        keeper.keep(snapshot(part), "REJECT", "live-0000")
    assert kept(store) == ["a", "d"]
    assert keeper.lost == {"disk low": 2}
    assert caplog.messages == [
        "windows of part b are not kept: 511 MiB of the disk are free, windows need 512 left over; "
        "others with this reason are counted"
    ]
    assert store.open_parts() == ["a", "b", "c", "d"]


def test_a_part_whose_windows_cannot_be_written_stops_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    keeper = Keeper(store, STATION.streams)
    keeper.keep(snapshot("a"), "REJECT", "live-0000")
    keeper.keep(snapshot("a", 0.75), "REJECT", "live-0000")

    def full(*_: object) -> Added:
        raise DiskFullError("store x: the disk is full (0 MiB free)")

    monkeypatch.setattr(store, "add_items", full)
    keeper.keep(snapshot("b"), "REVIEW", "live-0000")
    assert keeper.lost == {"refused": 1, "store failed": 1}


def test_what_is_free_is_asked_of_the_disk_of_the_station(tmp_path: Path) -> None:
    assert free_bytes(tmp_path) > 0
