"""Bundles without a training: a part's window says what each of them answers, so that tests choose who is right."""

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper

from deploy.bundle import BundleStream, BundleTask, Manifest, write_bundle
from deploy.runtime import PRESENCE, session
from qc_station.bundles import bundle_streams
from qc_station.config.station import StationConfig, StreamConfig
from qc_station.items import Item, Split

CLASSES = ("ok", "crack", "leak")
STREAM = StreamConfig(kind="series", channels=("first", "second", "third"), window_steps=len(CLASSES))
CONFIG = StationConfig(name="told", streams={"enose": STREAM})
GOOD_FIGURES = {"parity": {"max_abs_difference": 1e-7}, "floor": {"beaten": True, "message": "beats the floor"}}


def told_model(row: int) -> bytes:
    """A graph that answers the three numbers in one row of the window."""
    batch = "batch"
    inputs = [
        helper.make_tensor_value_info("enose", TensorProto.FLOAT, [batch, 3, len(CLASSES)]),
        helper.make_tensor_value_info(PRESENCE, TensorProto.BOOL, [batch, 1]),
    ]
    names = ("label", "label:enose")
    outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [batch, len(CLASSES)]) for name in names]
    row_of = numpy_helper.from_array(np.array(row, np.int64), "row")
    nodes = [
        helper.make_node("Gather", ["enose", "row"], ["label"], axis=1),
        helper.make_node("Identity", ["label"], ["label:enose"]),
    ]
    graph = helper.make_graph(nodes, "told", inputs, outputs, [row_of])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    checker.check_model(model)
    found: bytes = model.SerializeToString()
    return found


def told_bundle(parent: Path, row: int, figures: dict[str, Any] | None = None, **changes: Any) -> Path:
    """A bundle that answers what stands in that row of a window.

    Args:
        parent: Folder that receives it.
        row: 0, 1 or 2.
        figures: Of its manifest; None: such as every gate lets pass.
        changes: Other fields of the manifest.
    """
    streams: dict[str, BundleStream] = bundle_streams(CONFIG)
    fields: dict[str, Any] = {
        "station": CONFIG.name,
        "streams": streams,
        "tasks": {"label": BundleTask(stream=None, classes=CLASSES)},
        "outputs": ("label", "label:enose"),
        "ok_classes": ("ok",),
        "costs": msgspec.to_builtins(CONFIG.costs),
        "provenance": {"row": row},
        "figures": GOOD_FIGURES if figures is None else figures,
    }
    inputs: dict[str, Any] = {"enose": np.arange(9, dtype=np.float32).reshape(1, 3, 3) / 9}
    inputs[PRESENCE] = np.ones((1, 1), np.bool_)
    model = told_model(row)
    outputs = dict(zip(fields["outputs"], session(model, 1).run(None, inputs), strict=True))
    return write_bundle(parent, Manifest(**(fields | changes)), model, inputs, outputs)


def told_item(name: str, truth: str, *answers: str, split: Split = "test") -> Item:
    """A part of which the bundle of row 0 says the first answer, that of row 1 the second, and so on."""
    window = np.full((3, len(CLASSES)), 0.005, np.float32)
    for row, answer in enumerate(answers):
        window[row, CLASSES.index(answer)] = 0.99
    return Item(name=name, group=f"group-{name}", split=split, windows={"enose": window}, labels={"label": truth})
