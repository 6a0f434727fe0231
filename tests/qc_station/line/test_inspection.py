"""No part passes without its evidence, in time, and every part has one row that stays."""

import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deploy.runtime import Runtime, Scores
from qc_station.align.snapshot import Reason, Snapshot, Window
from qc_station.align.trigger import Trigger
from qc_station.config.station import StationConfig
from qc_station.errors import DiskFullError
from qc_station.line.inspection import Inspector
from qc_station.store import Store
from qc_station.store.schema import FILE_NAME
from tests.synthetic import SPECS, TABLES, raw_windows

CONFIG = StationConfig(name="line1", streams=TABLES, deadline_ms=500.0)
TIME_NS = 7_000_000_000


class Confident(Runtime):
    """The real bundle, whose network is sure that every part is good."""

    def scores(self, windows: Any) -> Scores:
        found = super().scores(windows)
        sure = {name: np.array([0.999, 0.0005, 0.0005], np.float32) for name in found.outputs if "label" in name}
        return Scores(outputs=found.outputs | sure, streams=found.streams)


class Clock:
    def __init__(self, late_ms: float) -> None:
        self.now_ns = TIME_NS + round(late_ms * 1e6)

    def __call__(self) -> int:
        return self.now_ns


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path) as opened:
        yield opened


def inspector(store: Store, bundle: Path | None, late_ms: float = 100.0) -> Inspector:
    return Inspector(store, CONFIG, None if bundle is None else Confident(bundle), clock=Clock(late_ms))


def snapshot(part: str = "part-1", **lost: Reason) -> Snapshot:
    def window(data: np.ndarray) -> Window:
        return Window(data=data, start_ns=0, missing=0, skew_ns=0, uncertainty_ns=0, shared=False)

    windows = {spec.name: window(raw_windows(spec, 1)[0]) for spec in SPECS}
    reasons = {name: lost.get(name, Reason.OK) for name in windows}
    # A window with a gap is there and no evidence; of a dead stream there is none.
    kept = {name: w for name, w in windows.items() if reasons[name] in (Reason.OK, Reason.GAP, Reason.UNHEALTHY)}
    return Snapshot(part=part, time_ns=TIME_NS, windows=kept, reasons=reasons)


def test_a_part_with_all_its_evidence_in_time_passes(store: Store, bundle_folder: Path) -> None:
    found = inspector(store, bundle_folder).inspect(snapshot())
    assert found.verdict == "PASS"
    assert found.reason.startswith("ok 1.00; acoustic ")
    assert found.latency_ms["trigger"] == 100.0
    (row,) = store.decisions()
    assert (row.part, row.verdict, row.reason) == ("part-1", "PASS", found.reason)
    assert row.bundle == Runtime(bundle_folder).manifest.digest


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason is not Reason.OK])
@pytest.mark.parametrize("stream", ["acoustic", "thermal"])
def test_a_part_never_passes_without_a_whole_healthy_window_of_every_required_stream(
    store: Store, bundle_folder: Path, stream: str, reason: Reason
) -> None:
    found = inspector(store, bundle_folder).inspect(snapshot(**{stream: reason}))
    assert found.verdict == "REVIEW"
    assert found.reason.startswith(f"required {stream} missing; ok 1.00")
    assert found.reason.endswith(f"({stream} {reason})")


def test_a_part_passes_without_a_stream_that_is_not_required_and_the_reason_says_so(
    store: Store, bundle_folder: Path
) -> None:
    found = inspector(store, bundle_folder).inspect(snapshot(enose=Reason.STALE))
    assert found.verdict == "PASS"
    assert found.reason.endswith("enose absent (enose stale)")


def test_a_part_that_was_decided_after_the_deadline_does_not_pass(store: Store, bundle_folder: Path) -> None:
    assert inspector(store, bundle_folder, late_ms=500.0).inspect(snapshot("a")).verdict == "PASS"
    late = inspector(store, bundle_folder, late_ms=501.0).inspect(snapshot("b"))
    assert late.verdict == "REVIEW"
    assert late.reason.startswith("late: decided 1 ms after the deadline of 500 ms; ok 1.00")


def test_a_part_whose_turn_to_be_written_comes_after_the_deadline_does_not_pass(
    store: Store, bundle_folder: Path
) -> None:
    asked = threading.Semaphore(0)
    clock = Clock(100.0)

    def ask() -> int:
        now_ns = clock()
        asked.release()
        return now_ns

    line = Inspector(store, CONFIG, Confident(bundle_folder), clock=ask)
    with (
        closing(sqlite3.connect(store.folder / FILE_NAME, isolation_level=None)) as other,
        ThreadPoolExecutor() as pool,
    ):
        other.execute("BEGIN IMMEDIATE")
        found = pool.submit(line.inspect, snapshot())
        # Begun and scored; what comes next is the write.
        assert all(asked.acquire(timeout=30.0) for _ in range(2))
        clock.now_ns = TIME_NS + 3_048_000_000
        other.execute("COMMIT")
        late = found.result(30.0)
    assert late.verdict == "REVIEW"
    assert late.reason.startswith("late: decided 2548 ms after the deadline of 500 ms; ok 1.00")
    assert late.latency_ms["trigger"] == 3048.0
    (row,) = store.decisions()
    assert (row.verdict, row.reason, row.latency_ms["trigger"]) == ("REVIEW", late.reason, 3048.0)


def test_without_any_evidence_or_any_model_a_part_goes_to_review(store: Store, bundle_folder: Path) -> None:
    nothing = dict.fromkeys(TABLES, Reason.DEAD)
    blind = inspector(store, bundle_folder).inspect(snapshot("a", **nothing))
    assert (blind.verdict, blind.reason) == ("REVIEW", "no evidence: acoustic dead, thermal dead, enose dead")
    new = inspector(store, None).inspect(snapshot("b", enose=Reason.GAP))
    assert (new.verdict, new.reason) == ("REVIEW", "no model yet; enose gap")
    assert [row.bundle is None for row in store.decisions()] == [False, True]


def test_a_window_that_is_no_number_is_no_evidence_and_stops_nothing(store: Store, bundle_folder: Path) -> None:
    broken = snapshot()
    broken.windows["enose"].data[:] = np.nan
    found = inspector(store, bundle_folder).inspect(broken)
    assert found.verdict == "REVIEW"
    assert "enose" in found.reason


def test_a_part_that_comes_again_is_not_accepted_and_its_decision_stands(store: Store) -> None:
    line = inspector(store, None)
    assert line.accept(Trigger(part="part-1", time_ns=TIME_NS))
    line.inspect(snapshot())
    assert not line.accept(Trigger(part="part-1", time_ns=TIME_NS))
    assert len(store.decisions()) == 1


def full(part: str) -> "Future[None]":
    failed: Future[None] = Future()
    failed.set_exception(DiskFullError(f"store x: the disk is full (0 MiB free), part {part} has no room"))
    return failed


def test_a_trigger_that_the_disk_refuses_is_told_and_counted_and_not_taken_for_one_that_came_before(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    line = inspector(store, None)
    assert line.accept(Trigger(part="part-1", time_ns=TIME_NS))
    assert not line.accept(Trigger(part="part-1", time_ns=TIME_NS))
    assert caplog.messages == []
    monkeypatch.setattr(store, "begin_to_accept", full)
    assert not line.accept(Trigger(part="part-2", time_ns=TIME_NS))
    monkeypatch.undo()
    store.close()
    assert not line.accept(Trigger(part="part-3", time_ns=TIME_NS))
    assert line.not_accepted == {"came before": 1, "disk full": 1, "store failed": 1}
    assert caplog.messages == [
        "part part-2 came and is not inspected: store x: the disk is full (0 MiB free), part part-2 has no room",
        "part part-3 came and is not inspected: the store is closed; open it again to write",
    ]


def test_a_trigger_is_on_disk_once_its_receipt_is_done_before_anybody_asks_whether_it_was_accepted(
    store: Store,
) -> None:
    line = inspector(store, None)
    noted = line.note(Trigger(part="part-1", time_ns=TIME_NS))
    noted.receipt.result(30.0)
    assert store.open_parts() == ["part-1"]
    assert line.accept(noted)
    assert line.not_accepted == {}


def test_a_part_that_is_turned_away_by_a_disk_that_takes_no_row_stays_open_and_stops_nothing(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    line = inspector(store, None)
    line.turn_away(Trigger(part="part-1", time_ns=TIME_NS))
    assert caplog.messages == ["part part-1 stays open until the next start: part 'part-1' was never accepted"]


def test_what_a_stop_interrupted_is_closed_as_undecided_at_the_next_start(store: Store) -> None:
    inspector(store, None).accept(Trigger(part="part-1", time_ns=TIME_NS))
    again = inspector(store, None)
    assert again.interrupted == ["part-1"]
    assert store.open_parts() == []
    assert inspector(store, None).interrupted == []
