"""A bundle of one matrix, written without torch in milliseconds, for what does not depend on the network."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from deploy.bundle import BundleStream, BundleTask, Manifest, write_bundle
from deploy.promises import PRESENCE

SAMPLES = 4
CLASSES = ("ok", "crack")
WEIGHTS = np.array([[1.0, -1.0], [0.5, 0.25], [-1.0, 2.0], [0.0, 0.5]], np.float32)


def model(weights: NDArray[np.float32] = WEIGHTS) -> onnx.ModelProto:
    """Probabilities of the classes are the softmax of sound times weights."""
    floats = TensorProto.FLOAT
    inputs = [
        helper.make_tensor_value_info("sound", floats, ["batch", 1, SAMPLES]),
        helper.make_tensor_value_info(PRESENCE, TensorProto.BOOL, ["batch", 1]),
    ]
    nodes = [
        helper.make_node("Flatten", ["sound"], ["flat"]),
        helper.make_node("MatMul", ["flat", "weights"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["label"]),
    ]
    outputs = [helper.make_tensor_value_info("label", floats, ["batch", 2])]
    graph = helper.make_graph(nodes, "tiny", inputs, outputs, [numpy_helper.from_array(weights, "weights")])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)


def manifest(**changes: Any) -> Manifest:
    """The manifest of the tiny bundle."""
    stream = BundleStream(
        kind="waveform", shape=(1, SAMPLES), dtype="int16", rate_hz=8000.0, unit="1", required=True, table={}
    )
    fields: dict[str, Any] = {
        "station": "tiny",
        "streams": {"sound": stream},
        "tasks": {"label": BundleTask(stream=None, classes=CLASSES)},
        "outputs": ("label",),
        "ok_classes": ("ok",),
        "costs": {"escape": 10.0, "overkill": 1.0, "review": 0.5},
        "provenance": {},
        "figures": {},
    }
    return Manifest(**(fields | changes))


def selftest(weights: NDArray[np.float32] = WEIGHTS) -> tuple[dict[str, NDArray[Any]], dict[str, NDArray[Any]]]:
    """Two parts and what the graph gives for them, by numpy."""
    sound = np.arange(2 * SAMPLES, dtype=np.float32).reshape(2, 1, SAMPLES) / SAMPLES
    powers = np.exp(sound[:, 0] @ weights)
    inputs = {"sound": sound, PRESENCE: np.ones((2, 1), np.bool_)}
    return inputs, {"label": (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)}


def tiny_bundle(parent: Path, graph: bytes | None = None, **changes: Any) -> Path:
    """Write the bundle; another graph or manifest makes one that is sealed in good order and wrong."""
    content = model().SerializeToString() if graph is None else graph
    return write_bundle(parent, manifest(**changes), content, *selftest())
