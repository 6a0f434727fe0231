"""The proof on disk: what is written is what decides, and nothing else does."""

import json
from pathlib import Path

import msgspec
import numpy as np
import pytest

from deploy.bundle import Bundle, Manifest
from deploy.runtime import Runtime
from qc_station.align.snapshot import Reason, Snapshot, Window
from qc_station.errors import ConfigError
from qc_station.line.inspection import Inspector
from qc_station.operating.held import held_out
from qc_station.operating.point import point_file, policy_of, proved_with, read_point, station_of, write_point
from qc_station.operating.proof import Proof, prove
from qc_station.store import Store
from qc_station.verdict import Decision, Policy
from tests.one_number_bundle import STATION, STREAM, one_number_station, parts, write_one_number_bundle

BAD = [0.02] + [0.9] * 58


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return write_one_number_bundle(tmp_path / "bundles")


@pytest.fixture
def manifest(bundle: Path) -> Manifest:
    return Bundle(bundle).manifest


@pytest.fixture
def proof(bundle: Path) -> Proof:
    return prove(held_out(Runtime(bundle), parts("crack", BAD) + parts("ok", [0.001])), Policy(), 0.05, 0.95)


def test_the_point_that_was_written_is_what_decides(tmp_path: Path, manifest: Manifest, proof: Proof) -> None:
    before = policy_of(tmp_path, manifest)
    assert before == Policy(**manifest.costs)
    assert before.decide(0.03) is Decision.PASS
    write_point(tmp_path, manifest, proof, data_digest="d1", split="test")
    after = policy_of(tmp_path, manifest)
    assert after.point is not None
    assert (after.point.passes, after.point.rejects) == (proof.passes, proof.rejects)
    assert [after.decide(bad) for bad in (0.01, 0.03, 0.6)] == [Decision.PASS, Decision.REVIEW, Decision.REJECT]
    assert policy_of(None, manifest) == before


def test_the_file_holds_bounds_digests_and_time(tmp_path: Path, manifest: Manifest, proof: Proof) -> None:
    file = write_point(tmp_path, manifest, proof, data_digest="d1", split="test")
    found = json.loads(file.read_text(encoding="utf-8"))
    assert (found["bundle"], found["data_digest"], found["split"]) == (manifest.digest, "d1", "test")
    assert found["rates"]["escape"]["groups"] == {
        "count": 0,
        "total": 59,
        "upper": pytest.approx(0.0495, abs=1e-4),
        "confidence": 0.95,
    }
    assert found["created"].endswith("Z")


def test_another_bundle_has_a_point_of_its_own(tmp_path: Path, manifest: Manifest, proof: Proof) -> None:
    other = Bundle(write_one_number_bundle(tmp_path / "bundles", provenance={"seed": 2})).manifest
    file = write_point(tmp_path, manifest, proof, data_digest="d1", split="test")
    assert policy_of(tmp_path, other).point is None
    file.rename(point_file(tmp_path, other))
    with pytest.raises(ConfigError, match=f"is of bundle {manifest.digest[:12]}, not of {other.digest[:12]}"):
        policy_of(tmp_path, other)


@pytest.mark.parametrize("change", [b"", b"{}", b"\xff", b"[1"])
def test_a_damaged_point_is_no_reason_to_guess(tmp_path: Path, manifest: Manifest, proof: Proof, change: bytes) -> None:
    write_point(tmp_path, manifest, proof, data_digest="d1", split="test").write_bytes(change)
    with pytest.raises(ConfigError, match=r"cannot be read: .*; prove it anew with `qc-station operate`"):
        policy_of(tmp_path, manifest)


def test_any_field_that_was_changed_breaks_the_seal(tmp_path: Path, manifest: Manifest, proof: Proof) -> None:
    file = write_point(tmp_path, manifest, proof, data_digest="d1", split="test")
    point = read_point(file, manifest)
    assert point is not None
    for name, value in (("passes", 0.04), ("promise", "escapes at most 0.1 %"), ("data_digest", "d2"), ("seal", "")):
        file.write_bytes(msgspec.json.encode(msgspec.structs.replace(point, **{name: value})))
        with pytest.raises(ConfigError, match="was changed after it was proved"):
            read_point(file, manifest)


def test_what_was_not_proved_is_not_written(tmp_path: Path, bundle: Path, manifest: Manifest) -> None:
    failed = prove(held_out(Runtime(bundle), parts("crack", BAD[1:])), Policy(), 0.05, 0.95)
    with pytest.raises(ConfigError, match="no operating point without a proof: 0 of 58"):
        write_point(tmp_path, manifest, failed, data_digest="d1", split="test")
    assert not point_file(tmp_path, manifest).exists()


def test_bundles_proved_with_the_same_parts_are_found(tmp_path: Path, manifest: Manifest, proof: Proof) -> None:
    assert proved_with(tmp_path, "d1") == ()
    write_point(tmp_path, manifest, proof, data_digest="d1", split="test")
    assert proved_with(tmp_path, "d1") == (manifest.digest[:12],)
    assert proved_with(tmp_path, "d2") == ()


def test_a_bundles_station_is_known_by_its_place(bundle: Path, tmp_path: Path) -> None:
    assert station_of(bundle) == tmp_path.resolve()
    assert station_of(tmp_path / "elsewhere" / bundle.name) is None


def test_a_bundle_that_takes_over_on_the_line_brings_its_own_point(tmp_path: Path, proof: Proof) -> None:
    first = Runtime(one_number_station(tmp_path / "line1"))
    second = Runtime(write_one_number_bundle(tmp_path / "line1" / "bundles", provenance={"seed": 2}))
    write_point(tmp_path / "line1", second.manifest, proof, data_digest="d1", split="test")
    with Store.open(tmp_path / "line1") as store:
        inspector = Inspector(store, STATION, first)
        assert inspector._policy == Policy(**first.manifest.costs)
        inspector.swap(second)
        assert inspector._policy is not None
        assert inspector._policy.point is not None
        assert inspector._policy.point.promise == proof.promise


def test_the_line_passes_by_the_point_and_stores_by_which_bound(tmp_path: Path, proof: Proof) -> None:
    runtime = Runtime(one_number_station(tmp_path / "line1"))
    write_point(tmp_path / "line1", runtime.manifest, proof, data_digest="d1", split="test")
    with Store.open(tmp_path / "line1") as store:
        inspector = Inspector(store, STATION, runtime, clock=lambda: 0)
        found = [inspector.inspect(seen(f"part-{bad}", bad)) for bad in (0.001, 0.03, 0.6)]
        stored = store.decisions()
    assert [one.verdict for one in found] == ["PASS", "REVIEW", "REJECT"]
    assert [one.reason for one in stored] == [
        f"ok 1.00; enose 0.00; {proof.promise}",
        "ok 0.97; enose 0.03",
        "crack 0.60; enose 0.60",
    ]


def seen(part: str, bad: float) -> Snapshot:
    """A part whose one sensor says how bad it is."""
    data = np.array([[bad]], np.float32)
    window = Window(data=data, start_ns=0, missing=0, skew_ns=0, uncertainty_ns=0, shared=False)
    return Snapshot(part=part, time_ns=0, windows={STREAM: window}, reasons={STREAM: Reason.OK})
