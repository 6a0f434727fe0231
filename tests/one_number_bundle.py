"""A bundle whose one sensor says outright how likely a part is bad, so that tests choose every probability."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import onnx
from onnx import TensorProto, helper

from deploy.bundle import BundleStream, BundleTask, Manifest, write_bundle
from deploy.runtime import PRESENCE
from qc_station.config.station import StationConfig, StreamConfig
from qc_station.config.writing import write_station
from qc_station.items import Item, Split
from qc_station.store import Store

STREAM = "enose"
TABLE = StreamConfig(kind="series", channels=("bad",), window_steps=1)
STATION = StationConfig(name="one-number", streams={STREAM: TABLE})
OUTPUTS = ("label", f"label:{STREAM}")


def graph() -> bytes:
    """label = (1 - x, x) of the one sample x."""
    nodes = [
        helper.make_node("Reshape", [STREAM, "column"], ["x"]),
        helper.make_node("Sub", ["one", "x"], ["good"]),
        helper.make_node("Concat", ["good", "x"], ["label"], axis=1),
        helper.make_node("Identity", ["label"], [OUTPUTS[1]]),
    ]
    inputs = [
        helper.make_tensor_value_info(STREAM, TensorProto.FLOAT, ["batch", 1, 1]),
        helper.make_tensor_value_info(PRESENCE, TensorProto.BOOL, ["batch", 1]),
    ]
    outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", 2]) for name in OUTPUTS]
    constants = [
        helper.make_tensor("column", TensorProto.INT64, [2], [-1, 1]),
        helper.make_tensor("one", TensorProto.FLOAT, [1], [1.0]),
    ]
    opset = [helper.make_opsetid("", 18)]
    model = helper.make_model(helper.make_graph(nodes, "one", inputs, outputs, constants), opset_imports=opset)
    model.ir_version = 9
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def write_one_number_bundle(parent: Path, **changes: Any) -> Path:
    """Write the bundle below a folder; changes are fields of its manifest."""
    stream = BundleStream(
        kind="series",
        shape=(1, 1),
        dtype="float32",
        rate_hz=None,
        unit="1",
        required=True,
        table=msgspec.to_builtins(TABLE),
    )
    fields: dict[str, Any] = {
        "station": STATION.name,
        "streams": {STREAM: stream},
        "tasks": {"label": BundleTask(stream=None, classes=("ok", "crack"))},
        "outputs": OUTPUTS,
        "ok_classes": ("ok",),
        "costs": {"escape": 10.0, "overkill": 1.0, "review": 0.5},
        "provenance": {},
        "figures": {},
    }
    x = np.array([[[0.25]], [[0.75]]], np.float32)
    answers = np.concatenate([1 - x[:, 0], x[:, 0]], axis=1)
    inputs = {STREAM: x, PRESENCE: np.ones((2, 1), np.bool_)}
    return write_bundle(parent, Manifest(**(fields | changes)), graph(), inputs, dict.fromkeys(OUTPUTS, answers))


def parts(label: str | None, bad: Iterable[float], *, split: Split = "test", lot: str | None = None) -> list[Item]:
    """Parts of a class with these probabilities; each a group of its own unless they are of one lot."""
    labels = {} if label is None else {"label": label}
    made = []
    for number, value in enumerate(bad):
        name = f"{split}-{lot or ''}{label}-{number}"
        window = {STREAM: np.array([[value]], np.float32)}
        made.append(Item(name=name, group=lot or name, split=split, windows=window, labels=labels))
    return made


def one_number_station(folder: Path, *items: list[Item], **changes: Any) -> Path:
    """A station with these parts in its store; returns its bundle's folder."""
    folder.mkdir(exist_ok=True)
    write_station(folder, STATION)
    with Store.open(folder) as store:
        added = store.add_items((item for some in items for item in some), STATION.streams)
    assert not added.refused
    return write_one_number_bundle(folder / "bundles", **changes)
