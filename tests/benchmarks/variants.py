"""Graphs in int8 (QDQ, calibrated on training items) and fp16 beside float32: speed at batch 1, and agreement.

int8 is made twice: of the whole graph, and of the convolutions of the encoders alone (`bodies`), whose inputs are small
numbers; spectra of raw samples span more than 16 bits, and heads and novelty decide at the last digit. Agreement is on validation items by the verdicts of the bundle's own costs, so at its operating point. Without --station
a simulated line is recorded and trained first (`qc-station demo`), which takes some minutes.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quant_pre_process, quantize_static
from onnxruntime.transformers.float16 import convert_float_to_float16

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from deploy.errors import BundleError
from deploy.runtime import PRESENCE, Runtime, session
from deploy.variants import BAND, Measured, refusals
from qc_station.bundles import FOLDER
from qc_station.evaluation import verdict_of
from qc_station.items import Item
from qc_station.store import Store
from tests.benchmarks.timing import in_turn

CALIBRATION = 128
ROUNDS = 150


class Calibration(CalibrationDataReader):  # type: ignore[misc]
    """Training items, one after the other."""

    def __init__(self, feeds: Sequence[dict[str, Any]]) -> None:
        self._feeds: Iterator[dict[str, Any]] = iter(feeds)

    def get_next(self) -> dict[str, Any] | None:
        """The next, or None after the last."""
        return next(self._feeds, None)


def feed_of(runtime: Runtime, item: Item) -> dict[str, Any]:
    """The graph's inputs of one item, absent streams zero."""
    streams = runtime.manifest.streams
    feed = {
        name: np.asarray(item.windows.get(name, np.zeros(s.shape)), np.float32)[None] for name, s in streams.items()
    }
    return feed | {PRESENCE: np.array([[name in item.windows for name in streams]])}


def bodies(model: Path) -> list[str]:
    """Names of the convolutions of the encoders but the first of each, by the names of their weights."""
    return [
        node.name
        for node in onnx.load(model).graph.node
        if node.op_type == "Conv" and ".body." in node.input[1] and ".body.0." not in node.input[1]
    ]


def int8(model: Path, folder: Path, feeds: Sequence[dict[str, Any]], nodes: list[str]) -> bytes:
    """Weights and activations of convolutions and matrices in 8 bits, weights by channel; no nodes: of all."""
    prepared = str(folder / "prepared.onnx")
    quant_pre_process(str(model), prepared, skip_symbolic_shape=True, skip_optimization=bool(nodes))
    quantize_static(
        prepared,
        str(folder / "int8.onnx"),
        Calibration(feeds),
        quant_format=QuantFormat.QDQ,
        per_channel=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        op_types_to_quantize=["Conv", "MatMul", "Gemm"],
        nodes_to_quantize=nodes,
    )
    return (folder / "int8.onnx").read_bytes()


def fp16(model: Path) -> bytes:
    """Everything in 16 bits but inputs and outputs."""
    raw: bytes = convert_float_to_float16(onnx.load(model), keep_io_types=True).SerializeToString()
    return raw


def verdicts(runtime: Runtime, made: Any, items: Sequence[Item]) -> list[tuple[str, float]]:
    """Decision and probability of a bad part by the bundle's own policy."""
    names, found = list(runtime.manifest.outputs), []
    for item in items:
        outputs = {n: rows[0] for n, rows in zip(names, made.run(names, feed_of(runtime, item)), strict=True)}
        verdict = verdict_of(runtime, outputs, tuple(n for n in runtime.streams if n in item.windows))
        found.append((verdict.decision.value, verdict.bad))
    return found


def measured(name: str, runtime: Runtime, model: bytes, items: Sequence[Item]) -> Measured:
    """A variant beside the bundle's own graph."""
    made, part = session(model, 1), feed_of(runtime, items[0])
    names = list(runtime.manifest.outputs)
    spent = in_turn({"fp32": lambda: runtime.session.run(names, part), name: lambda: made.run(names, part)}, ROUNDS)
    ours, theirs = verdicts(runtime, runtime.session, items), verdicts(runtime, made, items)
    off = np.array([abs(a[1] - b[1]) for a, b in zip(ours, theirs, strict=True)])
    differ = np.array([a[0] != b[0] for a, b in zip(ours, theirs, strict=True)])
    return Measured(
        name=name,
        original_ms=float(np.median(spent["fp32"])),
        variant_ms=float(np.median(spent[name])),
        worst=float(off.max()),
        flipped=int((differ & (off > BAND)).sum()),
        items=len(items),
    )


def told(station: Path) -> dict[str, Any]:
    """All variants of the newest bundle of a station."""
    bundle = max((station / FOLDER).iterdir(), key=lambda folder: folder.stat().st_mtime)
    runtime = Runtime(bundle)
    with Store.open(station) as store, tempfile.TemporaryDirectory() as folder:
        learnt = [i for i in store.items(splits=("train",)) if i.windows][:CALIBRATION]
        held = [i for i in store.items(splits=("val",)) if i.windows]
        model, feeds = bundle / "model.onnx", [feed_of(runtime, item) for item in learnt]
        inner = bodies(model)
        makers = {
            "int8": lambda: int8(model, Path(folder), feeds, []),
            "int8_bodies": lambda: int8(model, Path(folder), feeds, inner),
            "fp16": lambda: fp16(model),
        }
        return {name: _told(name, runtime, make, held) for name, make in makers.items()}


def _told(name: str, runtime: Runtime, make: Any, held: Sequence[Item]) -> dict[str, Any]:
    try:
        found = measured(name, runtime, make(), held)
    except BundleError as error:
        return {"refused": [str(error)]}
    return asdict(found) | {"gain": round(found.gain, 3), "refused": refusals(found)}


def main() -> None:
    """Print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--station", type=Path, help="With items and a bundle; without it the demo's is made.")
    station = parser.parse_args().station
    with tempfile.TemporaryDirectory() as folder:
        if station is None:
            from click.testing import CliRunner

            from qc_station.cli import cli

            station = Path(folder) / "demo"
            CliRunner().invoke(cli, ["demo", "--folder", str(station), "--json"], catch_exceptions=False)
        found = told(station)
    result = {
        "benchmark": "variants",
        "baseline": "the same graph in float32",
        "ratio": {name: round(1 / row["gain"], 4) if "gain" in row else None for name, row in found.items()},
        "offered": [name for name, row in found.items() if not row["refused"]],
        "onnxruntime": onnxruntime.__version__,
        **found,
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
