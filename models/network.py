"""The multimodal network: encoders, routed neurons, a head per input-output pair."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from models.encoders import encoder_for
from models.injection import Batch, InputSpec, Share
from models.neurons import RoutedLayer, described, neuron_sets
from models.profile import stage
from models.tasks import Task

FEATURES = 64
LAYERS = ((48, 16, 64), (32, 16, 48))
"""Dedicated, overlapping and shared neurons of each hidden layer."""


def key(output: str) -> str:
    """A module name for an output: torch allows no dot in one."""
    return output.replace(".", "/")


class MultimodalNetwork(nn.Module):
    """Raw windows and a presence mask in, one row of numbers per head out.

    Heads are named by their output: `label:joint` and `label:STREAM` for a task of the whole part, the task's own
    name, e.g. `label.acoustic`, for a task of one stream.
    """

    def __init__(self, inputs: Sequence[InputSpec], tasks: Sequence[Task], dropout: float = 0.1) -> None:
        super().__init__()
        self.dropout = dropout
        self.share: Share | None = None
        """Set where several processes share a batch: what is here."""
        self.inputs, self.tasks = tuple(inputs), tuple(tasks)
        self.ranked = tuple(sorted(tasks, key=lambda t: t.rank))
        self.streams = tuple(spec.name for spec in inputs)
        self.encoders = nn.ModuleDict({spec.name: encoder_for(spec, FEATURES) for spec in inputs})
        eye = torch.eye(len(inputs), dtype=torch.bool)
        # A stream's features and its presence bit belong to that stream alone.
        before = eye.repeat_interleave(FEATURES + 1, dim=0)
        self.hidden = nn.ModuleList()
        for dedicated, overlapping, shared in LAYERS:
            after = neuron_sets(len(inputs), dedicated, overlapping, shared)
            self.hidden.append(RoutedLayer(before, after))
            before = after
        self.heads = nn.ModuleDict()
        # By rank, not as given: the order of the tasks must not reach the bits of what is learnt.
        for task in self.ranked:
            for output, stream in self.pairs(task):
                width = len(before) + len(eye) * (FEATURES + 1) if stream is None else LAYERS[-1][0] + FEATURES + 1
                self.heads[key(output)] = nn.Linear(width, task.outputs)

    def pairs(self, task: Task) -> list[tuple[str, str | None]]:
        """The heads of a task: name of the output and the stream that it looks at, None for all."""
        if task.stream is not None:
            return [(task.name, task.stream)]
        return [(f"{task.name}:joint", None), *((f"{task.name}:{s}", s) for s in self.streams)]

    def describe(self) -> list[dict[str, int]]:
        """Neurons of each hidden layer by set of streams."""
        return [described(layer.membership, self.streams) for layer in self.hidden if isinstance(layer, RoutedLayer)]

    def paths(self) -> dict[str, list[nn.Parameter]]:
        """Parameters by path: each stream's encoder, and all that is shared."""
        named = {name: list(encoder.parameters()) for name, encoder in self.encoders.items()}
        return named | {"shared": [*self.hidden.parameters(), *self.heads.parameters()]}

    def encode(self, batch: Batch) -> list[Tensor]:
        """Features of the streams that are there, zero elsewhere; each of shape (items, FEATURES)."""
        features = []
        for name in self.streams:
            rows = torch.zeros(batch.size, FEATURES)
            places, encoder = batch.places[name], self.encoders[name]
            encoder.share = self.share.windows[name] if self.share else None  # type: ignore[assignment]
            # Without windows of its own a process still goes through: encoders take statistics over all processes.
            if len(places) or (self.share and self.share.windows[name][0]):
                with stage(f"advancement {name}"):
                    rows = rows.index_copy(0, places, encoder(batch.windows[name]))
            features.append(rows)
        return features

    def advance(self, features: Sequence[Tensor], presence: Tensor) -> Tensor:
        """Signals of the last hidden layer, then the injected ones once more.

        A head sees both (Cheng et al. 2016, arXiv:1606.07792): where items are few, the straight path from features to
        answer generalizes when hidden layers do not yet.

        Args:
            features: By stream in order, shape (items, FEATURES).
            presence: Which streams count, shape (items, streams), bool.

        Returns:
            Shape (items, neurons + streams * (FEATURES + 1)), float32.
        """
        here = presence.to(features[0].dtype)
        injected = []
        for column, rows in enumerate(features):
            bit = here[:, column : column + 1]
            injected += [rows * bit, bit]
        signals = straight = torch.cat(injected, dim=1)
        for layer in self.hidden:
            signals = self._thinned(torch.relu(layer(signals)))
        return torch.cat([signals, straight], dim=1)

    def _thinned(self, signals: Tensor) -> Tensor:
        """Dropout; of a shared batch every process draws the whole, so that together they are as one."""
        if self.share is None or not self.training:
            return nn.functional.dropout(signals, self.dropout, self.training)
        whole = signals.new_ones(self.share.size, signals.shape[1])
        return signals * nn.functional.dropout(whole, self.dropout)[self.share.items]

    def answer(self, signals: Tensor) -> dict[str, Tensor]:
        """Raw answers of every head, shape (items, outputs); the task's loss says what they mean."""
        answers = {}
        for task in self.ranked:
            for output, stream in self.pairs(task):
                seen = signals if stream is None else self._dedicated(signals, stream)
                answers[output] = self.heads[key(output)](seen)
        return answers

    def _dedicated(self, signals: Tensor, stream: str) -> Tensor:
        """What belongs to one stream alone; `neuron_sets` lays its neurons first, stream by stream."""
        place, neurons, injected = self.streams.index(stream), LAYERS[-1][0], FEATURES + 1
        straight = signals.shape[1] - (len(self.streams) - place) * injected
        return torch.cat(
            [signals[:, place * neurons : (place + 1) * neurons], signals[:, straight : straight + injected]], dim=1
        )
