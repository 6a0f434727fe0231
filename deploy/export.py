"""From the trained network to ONNX bytes."""

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator
from copy import deepcopy

import onnx
import torch
from torch import Tensor, nn

from deploy.runtime import PRESENCE
from models.deciding import Deciding
from models.neurons import RoutedLayer

OPSET = 18


def plain(deciding: Deciding) -> Deciding:
    """Replace the routed layers by linear ones with the masked weights; the graph then holds no mask. A copy."""
    deciding = deepcopy(deciding)
    # A grown network holds its routed layers one level deeper.
    holders = list(deciding.network.hidden.modules())
    for holder, (name, layer) in [(h, child) for h in holders for child in h.named_children()]:
        if isinstance(layer, RoutedLayer):
            linear = nn.Linear(layer.weight.shape[1], layer.weight.shape[0])
            linear.weight.data = (layer.weight * layer.mask).detach().clone()
            linear.bias.data = layer.bias.detach().clone()
            setattr(holder, name, linear)
    return deciding.eval()


def example(deciding: Deciding, batch: int) -> tuple[Tensor, ...]:
    """Zero windows and a full presence mask."""
    windows = [torch.zeros(batch, *spec.shape) for spec in deciding.network.inputs]
    return (*windows, torch.ones(batch, len(windows), dtype=torch.bool))


def to_onnx(deciding: Deciding) -> bytes:
    """Export the decision graph.

    Inputs are named by their stream, then `presence`; outputs as `Deciding.output_names`; the first dimension, `batch`, is free.

    Returns:
        The model, without traces of this machine.
    """
    # A batch of 1 would be baked in as a constant.
    deciding = plain(deciding)
    inputs = example(deciding, 2)
    batch = torch.export.Dim("batch", min=1, max=4096)
    with _quiet():
        program = torch.onnx.export(
            deciding,
            inputs,
            dynamo=True,
            opset_version=OPSET,
            input_names=[*deciding.network.streams, PRESENCE],
            output_names=deciding.output_names(),
            dynamic_shapes={"inputs": tuple({0: batch} for _ in inputs)},
        )
    if program is None:
        raise RuntimeError("torch.onnx.export gave no program")
    model: bytes = _clean(program.model_proto).SerializeToString(deterministic=True)
    return model


def _clean(model: onnx.ModelProto) -> onnx.ModelProto:
    """Source lines and file names of the exporting machine do not belong into a product."""
    for holder in (
        model,
        model.graph,
        *model.graph.node,
        *model.graph.value_info,
        *model.graph.input,
        *model.graph.output,
        *model.graph.initializer,
    ):
        holder.ClearField("doc_string")
        if hasattr(holder, "metadata_props"):
            del holder.metadata_props[:]
    return model


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """The exporter prints progress and warns of its own internals; what fails still raises."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "onnxscript", "onnx_ir", "torch.__trace")]
    levels = [log.level for log in loggers]
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        for log in loggers:
            log.setLevel(logging.ERROR)
        try:
            yield
        finally:
            for log, level in zip(loggers, levels, strict=True):
                log.setLevel(level)
