"""Makes graphs in smaller arithmetic: int8 with QDQ nodes, calibrated on real parts, and fp16; needs the package onnx.

Jacob et al. 2018 (arXiv 1712.05877): weights by channel and activations in 8 bits, with the range of each measured. What
is made here is offered by nobody before `deploy.variants` has seen it measured.
"""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import onnx
from numpy.typing import NDArray

Feed = Mapping[str, NDArray[Any]]
"""Every input of the graph for one part, presence included."""


def int8(model: bytes, feeds: Sequence[Feed]) -> bytes:
    """Weights and activations of convolutions and matrices in 8 bits.

    Args:
        model: ONNX bytes in float32.
        feeds: Parts of the training set, whose activations set the ranges; at least one.
    """
    return _int8(model, feeds, [])


def int8_bodies(model: bytes, feeds: Sequence[Feed]) -> bytes:
    """The same of the encoders' convolutions alone, but for the first of each.

    Spectra of raw samples span more than 16 bits, and heads and novelty decide at the last digit; only what lies between
    has small numbers. A graph without such convolutions comes back as it is.
    """
    inner = [
        node.name
        for node in onnx.load_from_string(model).graph.node
        if node.op_type == "Conv" and ".body." in node.input[1] and ".body.0." not in node.input[1]
    ]
    return _int8(model, feeds, inner) if inner else model


def fp16(model: bytes, _: Sequence[Feed]) -> bytes:
    """Everything in 16 bits but inputs and outputs."""
    from onnxruntime.transformers.float16 import convert_float_to_float16

    made: bytes = convert_float_to_float16(onnx.load_from_string(model), keep_io_types=True).SerializeToString()
    return made


MAKERS: Final[dict[str, Callable[[bytes, Sequence[Feed]], bytes]]] = {
    "fp16": fp16,
    "int8": int8,
    "int8_bodies": int8_bodies,
}
"""Every kind by name."""


def _int8(model: bytes, feeds: Sequence[Feed], nodes: list[str]) -> bytes:
    """No nodes: all of these kinds."""
    from onnxruntime.quantization import QuantFormat, QuantType, quant_pre_process, quantize_static

    with tempfile.TemporaryDirectory() as folder:
        plain, prepared, made = (Path(folder) / name for name in ("plain.onnx", "prepared.onnx", "int8.onnx"))
        plain.write_bytes(model)
        quant_pre_process(str(plain), str(prepared), skip_symbolic_shape=True, skip_optimization=bool(nodes))
        quantize_static(
            str(prepared),
            str(made),
            _reader(feeds),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            op_types_to_quantize=["Conv", "MatMul", "Gemm"],
            nodes_to_quantize=nodes,
        )
        return made.read_bytes()


def _reader(feeds: Sequence[Feed]) -> Any:
    """The parts as onnxruntime's calibration reads them, one after the other."""
    from onnxruntime.quantization import CalibrationDataReader

    class Reader(CalibrationDataReader):  # type: ignore[misc]
        """What calibration asks."""

        def __init__(self) -> None:
            self._rest: Iterator[Feed] = iter(feeds)

        def get_next(self) -> dict[str, Any] | None:
            """The next part, or None after the last."""
            found = next(self._rest, None)
            return None if found is None else dict(found)

    return Reader()
