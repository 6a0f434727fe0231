"""The runtime: what it gives, what it refuses, and that it stays small."""

import subprocess
import sys
from itertools import product
from pathlib import Path

import msgspec
import numpy as np
import onnxruntime
import pytest
import torch

from deploy.bundle import SELFTEST, Bundle, write_bundle
from deploy.errors import BundleError, InputError
from deploy.runtime import PRESENCE, Runtime, session
from models.deciding import Deciding
from tests.synthetic import SPECS, manifest, raw_windows, write_synthetic_bundle
from tests.tiny_bundle import model

Exported = tuple[Deciding, bytes]
MASKS = [m for m in product((True, False), repeat=3) if any(m)]
NAMES = tuple(s.name for s in SPECS)


def part(seed: int = 0) -> dict[str, np.ndarray]:
    return {s.name: raw_windows(s, 1, seed)[0] for s in SPECS}


@pytest.mark.parametrize("mask", MASKS)
def test_scores_equal_the_network_with_absent_streams_left_out(
    runtime: Runtime, exported: Exported, mask: tuple[bool, ...]
) -> None:
    deciding, _ = exported
    given = {n: w for (n, w), here in zip(part().items(), mask, strict=True) if here}
    scores = runtime.scores(given)
    inputs = [torch.from_numpy(w.astype(np.float32))[None] for w in part().values()]
    with torch.inference_mode():
        wanted = deciding(*inputs, torch.tensor([mask]))
    assert scores.streams == tuple(given)
    for name, value in zip(deciding.output_names(), wanted, strict=True):
        np.testing.assert_allclose(scores.outputs[name], value[0].numpy(), rtol=1e-5, atol=1e-5, err_msg=name)


def test_none_is_absent(runtime: Runtime) -> None:
    windows = part()
    without = runtime.scores({n: w for n, w in windows.items() if n != "thermal"})
    none = runtime.scores(windows | {"thermal": None})  # type: ignore[dict-item]
    assert none.streams == ("acoustic", "enose")
    assert np.array_equal(none.outputs["label"], without.outputs["label"])


def test_the_order_of_the_windows_does_not_matter(runtime: Runtime) -> None:
    backwards = dict(reversed(part().items()))
    assert np.array_equal(runtime.scores(backwards).outputs["label"], runtime.scores(part()).outputs["label"])
    assert runtime.scores(backwards).streams == NAMES


def test_a_batch_equals_its_parts(runtime: Runtime) -> None:
    windows = {s.name: raw_windows(s, len(MASKS)) for s in SPECS}
    together = runtime.batch(windows, np.array(MASKS))
    for row, mask in enumerate(MASKS):
        alone = runtime.scores({n: windows[n][row] for n, here in zip(NAMES, mask, strict=True) if here})
        np.testing.assert_allclose(together["label"][row], alone.outputs["label"], rtol=0, atol=1e-6)


def test_a_window_that_is_not_contiguous_gives_the_same(runtime: Runtime) -> None:
    strided = np.repeat(part()["acoustic"], 2, axis=1)[:, ::2]
    found = runtime.scores(part() | {"acoustic": strided})
    assert np.array_equal(found.outputs["label"], runtime.scores(part()).outputs["label"])


def test_probabilities_are_named_by_class(runtime: Runtime) -> None:
    named = runtime.named("label", runtime.scores(part()))
    assert tuple(named) == ("ok", "crack", "leak")
    assert sum(named.values()) == pytest.approx(1)


def test_absent_streams_stay_zero_after_use(runtime: Runtime) -> None:
    runtime.scores({"enose": part()["enose"]})
    assert all(not w.any() for w in runtime._absent.values())


@pytest.mark.parametrize(
    ("windows", "said"),
    [
        ({}, r"no stream is present; bundle \w{12} takes acoustic, thermal, enose"),
        ({"thermal": None}, "no stream is present"),
        ({"smell": part()["enose"]}, r"no stream 'smell' in bundle \w{12}; it takes acoustic, thermal, enose"),
        (part() | {"smell": None}, "no stream 'smell'"),
        (part() | {"acoustic": part()["acoustic"][0]}, r"'acoustic': window of shape \(256,\); expected \(1, 256\)"),
        (part() | {"enose": np.ones((3, 9), np.float32)}, r"window of shape \(3, 9\); expected \(3, 8\)"),
        (part() | {"acoustic": np.zeros((1, 256), np.float32)}, "'acoustic': dtype float32; expected int16"),
        (part() | {"thermal": np.zeros((1, 12, 10), np.uint16)}, "'thermal': dtype uint16; expected uint8"),
        (part() | {"enose": np.ones((3, 8), np.int16)}, "'enose': dtype int16; expected float32"),
        (part() | {"enose": np.full((3, 8), np.nan, np.float32)}, "'enose': 24 of 24 samples are NaN or infinite"),
        (part() | {"enose": np.where(np.eye(3, 8), np.inf, 1.0)}, "'enose': 3 of 24 samples are NaN or infinite"),
        (part() | {"enose": np.where(np.eye(3, 8), 1e300, 1.0)}, "'enose': 3 of 24 samples are NaN or infinite"),
    ],
)
def test_what_is_not_as_declared_is_refused_with_what_was_expected(
    runtime: Runtime, windows: dict[str, np.ndarray], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        runtime.scores(windows)


def test_double_precision_is_taken_where_single_is_declared(runtime: Runtime) -> None:
    found = runtime.scores(part() | {"enose": part()["enose"].astype(np.float64)})
    assert np.array_equal(found.outputs["label"], runtime.scores(part()).outputs["label"])


def stored(exported: Exported, parent: Path, by: float, **changes: object) -> Path:
    """A bundle, sealed in good order, whose self-test expects something else of its first output."""
    deciding, model = exported
    inputs, outputs = Bundle(write_synthetic_bundle(parent / "right", deciding, model)).selftest()
    outputs["label"] = outputs["label"] + np.float32(by)
    return write_bundle(parent / "wrong", manifest(**changes), model, inputs, outputs)


@pytest.mark.parametrize("by", [1e-3, -1e-3, float("nan")])
def test_a_bundle_whose_self_test_differs_here_is_refused(exported: Exported, tmp_path: Path, by: float) -> None:
    with pytest.raises(BundleError, match=r"self-test output 'label' differs by \S+; at most 1e-05 is allowed"):
        Runtime(stored(exported, tmp_path, by))


def test_a_difference_of_rounding_is_accepted(exported: Exported, tmp_path: Path) -> None:
    Runtime(stored(exported, tmp_path, 1e-7))


def test_a_manifest_that_declares_other_inputs_than_the_graph_is_refused(exported: Exported, tmp_path: Path) -> None:
    streams = {("nose" if n == "enose" else n): s for n, s in manifest().streams.items()}
    with pytest.raises(BundleError, match=r"graph takes .*'enose'.*, manifest declares .*'nose'"):
        Runtime(stored(exported, tmp_path, 0.0, streams=streams))


def test_a_model_that_onnxruntime_does_not_take_is_refused() -> None:
    with pytest.raises(BundleError, match=r"onnxruntime \S+ refuses the model"):
        session(b"no model", 1)


@pytest.mark.parametrize("threads", [1, 3])
def test_a_session_does_not_spin_and_takes_as_many_threads_as_it_was_given(
    monkeypatch: pytest.MonkeyPatch, threads: int
) -> None:
    """Threads that spin while they wait, or more of them than were pinned, would take the cores from capture and page."""
    seen: list[onnxruntime.SessionOptions] = []
    real = onnxruntime.InferenceSession

    def noting(model: bytes, options: onnxruntime.SessionOptions, **more: object) -> object:
        seen.append(options)
        return real(model, options, **more)

    monkeypatch.setattr(onnxruntime, "InferenceSession", noting)
    session(model().SerializeToString(), threads)
    (options,) = seen
    assert options.get_session_config_entry("session.intra_op.allow_spinning") == "0"
    assert (options.intra_op_num_threads, options.inter_op_num_threads) == (threads, 1)
    assert options.execution_mode == onnxruntime.ExecutionMode.ORT_SEQUENTIAL


def test_a_bundle_without_self_test_arrays_is_refused(exported: Exported, tmp_path: Path) -> None:
    folder = write_bundle(tmp_path, manifest(), exported[1], {}, {})
    with pytest.raises(BundleError, match="graph takes"):
        Runtime(folder)


def test_a_self_test_that_checks_nothing_is_refused(exported: Exported, tmp_path: Path) -> None:
    inputs, _ = Bundle(write_synthetic_bundle(tmp_path, *exported)).selftest()
    with pytest.raises(BundleError, match=r"graph gives .*'label'.*, self-test checks nothing"):
        Runtime(write_bundle(tmp_path, manifest(station="lazy"), exported[1], inputs, {}))


def test_a_manifest_that_promises_other_outputs_than_the_graph_is_refused(exported: Exported, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"graph gives .*'label'.*, manifest promises .*'taste'"):
        Runtime(stored(exported, tmp_path, 0.0, outputs=(*manifest().outputs, "taste")))


INSPECT = """
import sys
import numpy as np
from pathlib import Path
import qc_station.cli.evaluate, qc_station.cli.inspect, qc_station.evaluation
from deploy.runtime import Runtime
from qc_station.cli.inspect import inspected
from qc_station.evaluation import evaluate
from qc_station.items import Item
runtime = Runtime(Path(sys.argv[1]))
part = {n: np.ones(s.shape, s.dtype) for n, s in runtime.manifest.streams.items()}
found = inspected(runtime, part)
evaluate(runtime, [Item(name="a", group="a", split="test", windows=part, labels={"label": "ok"})])
heavy = {"torch", "librosa", "scipy", "sklearn", "models", "onnx", "onnxscript", "cv2", "rich"}
print(found["verdict"], sorted(heavy & set(sys.modules)))
"""


def test_inspecting_and_evaluating_import_nothing_of_the_training_floor(bundle_folder: Path) -> None:
    command = [sys.executable, "-c", INSPECT, str(bundle_folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    verdict, _, heavy = done.stdout.strip().partition(" ")
    assert verdict in ("PASS", "REJECT", "REVIEW")
    assert heavy == "[]"


def test_the_self_test_covers_the_presence_mask(bundle_folder: Path) -> None:
    assert PRESENCE in Bundle(bundle_folder).selftest()[0]
    assert (bundle_folder / SELFTEST).stat().st_size < 10**6
    assert msgspec.json.decode((bundle_folder / "manifest.json").read_bytes())["format"] == 1
