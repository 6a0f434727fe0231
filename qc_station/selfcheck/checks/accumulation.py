"""A step of many small batches against one of the whole, and absent streams against what reaches them."""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from models.cumulative import CumulativeLoss
from models.discrepancy import pairs_of
from models.injection import Batch, Dataset, collate
from models.network import MultimodalNetwork
from models.weighting import weighting_named
from qc_station.selfcheck.measurement import Measurement
from qc_station.selfcheck.parts import SPECS, TASKS, parts
from qc_station.selfcheck.precision import double_precision, relative

ITEMS = 12
CUTS: dict[str, Sequence[Sequence[int]]] = {
    "one by one": [[n] for n in range(ITEMS)],
    "ragged": [range(5), [5], range(6, 8), range(8, ITEMS)],
}


def measure() -> Iterator[Measurement]:
    """Gradient of all parameters, each item once, with missing labels and streams."""
    with double_precision():
        data = parts(ITEMS, holes=True)
        network = MultimodalNetwork(SPECS, TASKS).eval()
        wanted = gradient(network, data, [range(ITEMS)])
        for name, cuts in CUTS.items():
            error = relative(gradient(network, data, cuts), wanted)
            yield Measurement(name=f"step cut {name} against the whole, relative", error=error, bound=1e-12)


def gradient(network: MultimodalNetwork, data: Dataset, cuts: Sequence[Sequence[int]]) -> Tensor:
    """Of all parameters in one row, under fixed weights."""
    pairs = pairs_of(network)
    loss = CumulativeLoss(network, pairs, weighting_named("fixed", {p.output: p.weight for p in pairs}))
    network.zero_grad()
    batches = [_double(collate(data, np.array(cut))) for cut in cuts]
    loss.gradient(batches, [b.presence(network.streams) for b in batches])
    return torch.cat([(torch.zeros_like(p) if p.grad is None else p.grad).flatten() for p in network.parameters()])


def _double(batch: Batch) -> Batch:
    windows = {name: window.double() for name, window in batch.windows.items()}
    return Batch(size=batch.size, windows=windows, places=batch.places, targets=batch.targets, weights=batch.weights)
