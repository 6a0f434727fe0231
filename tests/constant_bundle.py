"""A bundle for any station that says the same of every part: what runs is known, and nothing had to be trained."""

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper

from deploy.bundle import BundleTask, Manifest, write_bundle
from deploy.runtime import PRESENCE, session
from qc_station.bundles import bundle_streams
from qc_station.config.station import StationConfig

CLASSES = ("ok", "crack")


def constant_bundle(parent: Path, config: StationConfig, bad: float) -> Path:
    """Write it.

    Args:
        parent: Folder that receives it.
        config: The station.
        bad: Probability that it gives every part of being cracked.
    """
    streams = bundle_streams(config)
    shapes = {name: stream.shape for name, stream in streams.items()}
    outputs = ("label", *(f"label:{name}" for name in streams))
    model = _model(shapes, outputs, bad)
    inputs: dict[str, Any] = {name: np.zeros((1, *shape), np.float32) for name, shape in shapes.items()}
    inputs[PRESENCE] = np.ones((1, len(streams)), np.bool_)
    answers = dict(zip(outputs, session(model, 1).run(list(outputs), inputs), strict=True))
    manifest = Manifest(
        station=config.name,
        streams=streams,
        tasks={"label": BundleTask(stream=None, classes=CLASSES)},
        outputs=outputs,
        ok_classes=config.ok_classes,
        costs=msgspec.to_builtins(config.costs),
        provenance={"bad": bad},
        figures={"parity": {"max_abs_difference": 0.0}},
    )
    return write_bundle(parent, manifest, model, inputs, answers)


def _model(shapes: dict[str, tuple[int, ...]], outputs: tuple[str, ...], bad: float) -> bytes:
    """Presence times nothing plus the answer, so that there is a row for every part."""
    given = [helper.make_tensor_value_info(n, TensorProto.FLOAT, ["batch", *shape]) for n, shape in shapes.items()]
    given.append(helper.make_tensor_value_info(PRESENCE, TensorProto.BOOL, ["batch", len(shapes)]))
    found = [helper.make_tensor_value_info(n, TensorProto.FLOAT, ["batch", len(CLASSES)]) for n in outputs]
    constants = [
        numpy_helper.from_array(np.zeros((len(shapes), len(CLASSES)), np.float32), "nothing"),
        numpy_helper.from_array(np.array([1.0 - bad, bad], np.float32), "answer"),
    ]
    nodes = [
        helper.make_node("Cast", [PRESENCE], ["here"], to=TensorProto.FLOAT),
        helper.make_node("MatMul", ["here", "nothing"], ["none"]),
        helper.make_node("Add", ["none", "answer"], [outputs[0]]),
        *(helper.make_node("Identity", [outputs[0]], [name]) for name in outputs[1:]),
    ]
    graph = helper.make_graph(nodes, "constant", given, found, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    checker.check_model(model)
    written: bytes = model.SerializeToString()
    return written
