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
from models.network import FEATURES, MultimodalNetwork
from models.neurons import RoutedLayer

OPSET = 18


class OneMap(nn.Module):
    """All heads of a network as one linear map of its signals: one product of matrices in the place of dozens.

    Every head is affine in the signals, so what it gives for unit vectors is its weights; in double precision they come
    back as they were.
    """

    def __init__(self, network: MultimodalNetwork, signals: int) -> None:
        super().__init__()
        with torch.no_grad():
            exact = deepcopy(network).double()
            none = exact.answer(torch.zeros(1, signals, dtype=torch.float64))
            units = exact.answer(torch.eye(signals, dtype=torch.float64))
        self.widths = {output: answer.shape[1] for output, answer in none.items()}
        bias = torch.cat(list(none.values()), dim=1)
        self.linear = nn.Linear(signals, bias.shape[1])
        self.linear.weight.data = (torch.cat(list(units.values()), dim=1) - bias).T.float().contiguous()
        self.linear.bias.data = bias[0].float()

    def forward(self, signals: Tensor) -> dict[str, Tensor]:
        """As `MultimodalNetwork.answer`."""
        answers = self.linear(signals).split(list(self.widths.values()), dim=1)
        return dict(zip(self.widths, answers, strict=True))


def plain(deciding: Deciding) -> Deciding:
    """A copy with linear layers and masked weights for the routed ones, and one map for all heads."""
    deciding = deepcopy(deciding).eval()
    # A grown network holds its routed layers one level deeper.
    holders = list(deciding.network.hidden.modules())
    for holder, (name, layer) in [(h, child) for h in holders for child in h.named_children()]:
        if isinstance(layer, RoutedLayer):
            linear = nn.Linear(layer.weight.shape[1], layer.weight.shape[0])
            linear.weight.data = (layer.weight * layer.mask).detach().clone()
            linear.bias.data = layer.bias.detach().clone()
            setattr(holder, name, linear)
    network = deciding.network
    features = [torch.zeros(1, FEATURES)] * len(network.streams)
    signals = network.advance(features, torch.ones(1, len(features), dtype=torch.bool))
    deciding.heads = OneMap(network, signals.shape[1])
    return deciding


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
