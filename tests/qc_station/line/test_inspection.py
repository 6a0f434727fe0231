"""No part passes without its evidence, in time, and every part has one row that stays."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deploy.runtime import Runtime, Scores
from qc_station.align.snapshot import Reason, Snapshot, Window
from qc_station.align.trigger import Trigger
from qc_station.config.station import StationConfig
from qc_station.line.inspection import Inspector
from qc_station.store import Store
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
    assert late.reason.startswith("late: 501 ms after the trigger, allowed 500; ok 1.00")


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


def test_what_a_stop_interrupted_is_closed_as_undecided_at_the_next_start(store: Store) -> None:
    inspector(store, None).accept(Trigger(part="part-1", time_ns=TIME_NS))
    again = inspector(store, None)
    assert again.interrupted == ["part-1"]
    assert store.open_parts() == []
    assert inspector(store, None).interrupted == []
