"""The export must equal the training: the ONNX graph against the torch network.

`compare` asks for every batch size and presence mask (with more than six streams for at most 64 of the masks),
`compare_items` for every item of a data set as it is. Probabilities may differ by 1e-5, values and embedding in parts of
their size likewise, p-values of novelty by 1e-3, near p = 1 by ten times as much.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from deploy.errors import BundleError
from deploy.promises import PRESENCE
from deploy.selftest import differences, tolerance
from models.deciding import Deciding
from models.injection import Batch, Dataset, in_order

BATCHES = (1, 2, 3, 7, 32)
TOLERANCE = 1e-5
"""Largest difference of a probability; for a p-value of novelty see `deploy.selftest.NOVELTY_TOLERANCE`."""
MOST_MASKS = 64
"""With more than six streams, masks are taken at regular places of the list of all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parity:
    """What the comparison found."""

    worst: float
    """Largest absolute difference of a probability, or of a value relative to its size."""
    output: str
    """Where it was."""
    novelty: float = 0.0
    """Largest difference of a p-value of novelty, which is allowed to be larger."""
    comparisons: int
    """Batches times masks that were compared."""


def compare(deciding: Deciding, session: Any, windows: Mapping[str, NDArray[Any]]) -> Parity:
    """Compare a graph with its network.

    Args:
        deciding: In evaluation mode.
        session: onnxruntime session of its export.
        windows: By stream, real windows, shape (at least 1, *shape).

    Raises:
        BundleError: a difference over the tolerance, with the output, mask, batch size and item.
    """
    streams = deciding.network.streams
    names = deciding.output_names()
    worst = dict.fromkeys(names, 0.0)
    every = list(product((True, False), repeat=len(streams)))
    chosen = every[:: -(-len(every) // MOST_MASKS)]
    for size, mask in product(BATCHES, chosen):
        feed = {n: np.resize(windows[n], (size, *windows[n].shape[1:])).astype(np.float32) for n in streams}
        for name, there in zip(streams, mask, strict=True):
            if not there:
                # As the runtime fills an absent stream: zeros, which must not become infinite inside the graph.
                feed[name] = np.zeros_like(feed[name])
        here = np.tile(np.array(mask), (size, 1))
        found = session.run(names, feed | {PRESENCE: here})
        with torch.inference_mode():
            wanted = deciding(*(torch.from_numpy(feed[n]) for n in streams), torch.from_numpy(here))
        for name, ours, theirs in zip(names, found, wanted, strict=True):
            off, allowed = differences(name, ours, theirs.numpy()), tolerance(name, TOLERANCE)
            if not off.max() <= allowed:
                item = int(off.reshape(size, -1).max(axis=1).argmax())
                raise BundleError(
                    f"export differs from training: output {name!r} by {off.max():.3g} (allowed {allowed:g}) at item {item} of a batch of {size}, presence {mask}"
                )
            worst[name] = max(worst[name], float(off.max()))
    return _found(worst, len(BATCHES) * len(chosen))


Outputs = dict[str, NDArray[np.float32]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What graph and network say of the same items, each array of shape (items, ...)."""

    parity: Parity
    """How far they are apart."""
    graph: Outputs
    """By output name."""
    network: Outputs
    """The same."""


def compare_items(deciding: Deciding, session: Any, data: Dataset) -> Compared:
    """Compare a graph with its network on every item of a data set, each with the streams that it has.

    Args:
        deciding: In evaluation mode.
        session: onnxruntime session of its export.
        data: At least one item, e.g. the whole validation set.

    Raises:
        BundleError: a difference over the tolerance, with the output and the item.
    """
    streams, names = deciding.network.streams, deciding.output_names()
    rows: list[tuple[list[NDArray[np.float32]], list[NDArray[np.float32]]]] = []
    for batch in in_order(data, max(BATCHES)):
        feed = _filled(deciding, batch)
        here = batch.presence(streams)
        with torch.inference_mode():
            wanted = deciding(*(torch.from_numpy(feed[name]) for name in streams), here)
        found = session.run(names, feed | {PRESENCE: here.numpy()})
        rows.append((found, [one.numpy() for one in wanted]))
    graph, network = (
        {name: np.concatenate([row[side][number] for row in rows]) for number, name in enumerate(names)}
        for side in (0, 1)
    )
    worst = {name: _least_alike(data, name, graph[name], network[name]) for name in names}
    return Compared(parity=_found(worst, len(data)), graph=graph, network=network)


def _filled(deciding: Deciding, batch: Batch) -> Outputs:
    """The windows of a batch by stream, zeros where a stream is absent."""
    filled = {}
    for spec in deciding.network.inputs:
        filled[spec.name] = np.zeros((batch.size, *spec.shape), np.float32)
        filled[spec.name][batch.places[spec.name].numpy()] = batch.windows[spec.name].numpy()
    return filled


def _least_alike(data: Dataset, output: str, ours: NDArray[np.float32], theirs: NDArray[np.float32]) -> float:
    """The largest difference of an output; over the tolerance it is refused."""
    off, allowed = differences(output, ours, theirs).reshape(len(ours), -1).max(axis=1), tolerance(output, TOLERANCE)
    # Written so that a NaN fails too.
    if not off.max() <= allowed:
        item = int(np.argmax(np.where(np.isnan(off), np.inf, off)))
        name = repr(data.names[item]) if data.names else f"number {item}"
        raise BundleError(
            f"export differs from training: output {output!r} by {off[item]:.3g} (allowed {allowed:g}) at item {name} of {len(ours)}"
        )
    return float(off.max())


def _found(worst: Mapping[str, float], comparisons: int) -> Parity:
    plain = {name: off for name, off in worst.items() if tolerance(name, TOLERANCE) == TOLERANCE}
    output = max(plain, key=lambda name: plain[name])
    novelty = max((off for name, off in worst.items() if name not in plain), default=0.0)
    return Parity(worst=plain[output], output=output, novelty=novelty, comparisons=comparisons)
