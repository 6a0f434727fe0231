"""Every stream's signal reaches its own neurons and those that are shared, and no foreign one."""

from collections.abc import Iterator

import torch

from models.neurons import RoutedLayer, neuron_sets
from qc_station.selfcheck.measurement import Measurement
from qc_station.selfcheck.precision import double_precision

STREAMS, WIDTH = 3, 4
LAYERS = ((3, 2, 4), (3, 2, 4))
"""Dedicated, overlapping and shared neurons."""


def measure() -> Iterator[Measurement]:
    """Routes that are there and should not be, or the other way round, by the gradients themselves."""
    with double_precision():
        before = torch.eye(STREAMS, dtype=torch.bool).repeat_interleave(WIDTH, dim=0)
        injected = torch.ones(1, len(before), requires_grad=True)
        signals, below = injected, before
        for sizes in LAYERS:
            after = neuron_sets(STREAMS, *sizes)
            layer = RoutedLayer(below, after)
            layer.weight.data.abs_()
            signals, below = layer(signals), after
        rows = [torch.autograd.grad(value, injected, retain_graph=True)[0][0] for value in signals[0]]
    moved = (torch.stack(rows) != 0).reshape(len(below), STREAMS, WIDTH)
    wrong = (moved != below[:, :, None]).sum()
    yield Measurement(name="ways between streams and neurons that are wrong", error=float(wrong), bound=0.0)
