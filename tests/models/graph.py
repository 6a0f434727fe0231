"""A module as an ONNX graph, run by onnxruntime: what the line would see of it."""

import warnings
from typing import Any

import onnx
import onnxruntime
import torch
from numpy.typing import NDArray
from torch import nn


def exported(module: nn.Module, sample: torch.Tensor) -> onnx.ModelProto:
    """The graph of a module of one input; its batch may have any size."""
    batch = torch.export.Dim("batch", min=1, max=4096)
    with warnings.catch_warnings():
        # The exporter's own notes on its progress and on deprecated calls of torch.
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            module.eval(), (sample,), dynamo=True, opset_version=18, dynamic_shapes=({0: batch},), verbose=False
        )
    assert program is not None
    return program.model_proto


class Graph:
    """A graph of one input and one output, on the processor."""

    def __init__(self, model: onnx.ModelProto) -> None:
        self._session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        (self._input,) = (given.name for given in self._session.get_inputs())

    def __call__(self, values: NDArray[Any]) -> NDArray[Any]:
        """What the graph makes of a batch."""
        (found,) = self._session.run(None, {self._input: values})
        result: NDArray[Any] = found
        return result
