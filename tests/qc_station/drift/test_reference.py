"""What a bundle's training says of its validation items, and what is done where it says nothing."""

import shutil
from pathlib import Path

import msgspec
import numpy as np
import pytest

from deploy.bundle import TRAINING, Bundle, write_bundle
from deploy.runtime import Runtime, Scores
from qc_station.drift.reference import p_values, reference_of
from qc_station.evaluation import kept_scores
from tests.synthetic import manifest


def with_record(source: Path, parent: Path, record: bytes) -> Path:
    """The synthetic bundle with a record of its training; returns its folder."""
    runtime = Runtime(source)
    return write_bundle(parent, manifest(), runtime.bundle.model, *runtime.bundle.selftest(), {TRAINING: record})


def test_p_values_of_validation_items_are_read_by_stream_without_those_that_lacked_it(
    bundle_folder: Path, tmp_path: Path
) -> None:
    novelty = {"novelty": [0.5, 0.2], "novelty:acoustic": [0.25, None], "novelty:thermal": [0.75, 1.0]}
    folder = with_record(bundle_folder, tmp_path, msgspec.json.encode({"validation": {"novelty": novelty, "else": 1}}))
    found = reference_of(folder)
    assert found == {"acoustic": [0.25], "thermal": [0.75, 1.0]}
    assert reference_of(Bundle(folder)) == found


def test_a_bundle_that_is_gone_damaged_or_without_a_record_is_no_reference(
    bundle_folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / bundle_folder.name
    assert reference_of(folder) == {}
    assert f"drift cannot compare with training: bundle {folder.name} is not in {tmp_path}" in caplog.text
    shutil.copytree(bundle_folder, folder)
    assert reference_of(folder) == {}
    (folder / "model.onnx").write_bytes(b"")
    assert reference_of(folder) == {}
    assert f"drift cannot compare with training: bundle {folder}: model.onnx" in caplog.text


def test_only_p_values_of_streams_are_taken_from_stored_scores() -> None:
    scores = {"label": {"ok": 1.0}, "novelty": 0.5, "novelty:acoustic": 0.25, "novelty:thermal": None}
    assert p_values(scores) == {"acoustic": 0.25}


def test_a_stream_that_was_absent_leaves_no_p_value_with_the_decision(bundle_folder: Path) -> None:
    names = ("novelty", "novelty:acoustic", "novelty:thermal")
    outputs = {"label": np.array([0.5, 0.25, 0.25], np.float32), **{n: np.array([0.5], np.float32) for n in names}}
    kept = kept_scores(Runtime(bundle_folder), Scores(outputs=outputs, streams=("acoustic",)))
    assert kept["novelty"] == 0.5
    assert p_values(kept) == {"acoustic": 0.5}
