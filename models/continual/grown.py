"""A network to which streams were added later: the older streams' part is evaluated as it always was, by itself."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from models.injection import InputSpec
from models.network import FEATURES, LAYERS, MultimodalNetwork, key
from models.neurons import RoutedLayer, described, neuron_sets
from models.tasks import Task

INJECTED = FEATURES + 1
"""A stream's features and its presence bit."""

Generations = tuple[tuple[str, ...], ...]
"""Names of the streams that came together, the first network's first."""


class GrownLayer(nn.Module):
    """A hidden layer in blocks, one for each generation of streams; a block hears its own and all earlier generations.

    An older block never hears a younger one, so its signals are those of the network before the insertion, in the same
    product of the same shapes: bit for bit (the lateral connections of Rusu et al. 2016, arXiv:1606.04671, along routes).
    """

    def __init__(self, before: Sequence[Tensor], after: Sequence[Tensor]) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(
            RoutedLayer(torch.cat(list(before[: number + 1])), sets) for number, sets in enumerate(after)
        )

    def forward(self, signals: Sequence[Tensor]) -> list[Tensor]:
        """Signals of each generation, shape (batch, inputs), to those of the next layer, shape (batch, outputs)."""
        return [block(torch.cat(list(signals[: number + 1]), dim=1)) for number, block in enumerate(self.blocks)]


class GrownHead(nn.Module):
    """The joint head: the older generations' product, and for each younger one another that begins at zero.

    Zero weights are the gate: they let the first gradient through to themselves and change no answer before it (as in
    Zhang et al. 2023, arXiv:2302.05543).
    """

    def __init__(self, widths: Sequence[int], outputs: int) -> None:
        super().__init__()
        self.parts = nn.ModuleList(nn.Linear(width, outputs, bias=number == 0) for number, width in enumerate(widths))
        for part in list(self.parts)[1:]:
            nn.init.zeros_(part.weight)  # type: ignore[arg-type]

    def forward(self, signals: Sequence[Tensor]) -> Tensor:
        """Signals of each generation, shape (batch, width), to answers, shape (batch, outputs)."""
        first, *later = (part(seen) for part, seen in zip(self.parts, signals, strict=True))
        answer: Tensor = first
        for addition in later:
            answer = answer + addition
        return answer


class Grown(MultimodalNetwork):
    """A multimodal network whose hidden layers and joint heads came in generations.

    Neurons keep the set of streams that they were made for: what was shared by the first streams overlaps them now,
    and every generation brings dedicated and overlapping neurons of its own and others that all streams share.
    """

    generation: Tensor
    """Generation of each stream, in the order of the inputs, int64: so a state alone says how to build its network."""

    def __init__(
        self, inputs: Sequence[InputSpec], tasks: Sequence[Task], generations: Generations, dropout: float = 0.1
    ) -> None:
        """See `MultimodalNetwork`.

        Args:
            inputs: All streams, in any order.
            tasks: As there.
            generations: The names of all streams, by generation.
            dropout: As there.

        Raises:
            ValueError: a stream is in no generation, or in two.
        """
        super().__init__(inputs, tasks, dropout)
        order = [name for names in generations for name in names]
        if sorted(order) != sorted(self.streams):
            raise ValueError(f"generations {generations} must hold each of the streams {self.streams} once")
        self.generations = generations
        places = {name: number for number, names in enumerate(generations) for name in names}
        self.register_buffer("generation", torch.tensor([places[name] for name in self.streams]))
        self._columns = [[self.streams.index(name) for name in names] for names in generations]
        eye = torch.split(torch.eye(len(order), dtype=torch.bool), [len(names) for names in generations])
        before = [rows.repeat_interleave(INJECTED, dim=0) for rows in eye]
        injected = [len(rows) for rows in before]
        self.hidden = nn.ModuleList()
        for sizes in LAYERS:
            after = self._sets(*sizes)
            self.hidden.append(GrownLayer(before, after))
            before = after
        self.widths = [len(rows) + straight for rows, straight in zip(before, injected, strict=True)]
        for task in (t for t in self.ranked if t.stream is None):
            self.heads[key(f"{task.name}:joint")] = GrownHead(self.widths, task.outputs)

    def _sets(self, dedicated: int, overlapping: int, shared: int) -> list[Tensor]:
        """Membership of each generation's neurons: of all sets of the network at that time, those with a new stream."""
        sets, total, known = [], len(self.streams), 0
        for names in self.generations:
            many = known + len(names)
            rows = neuron_sets(many, dedicated, overlapping, shared)
            rows = rows[rows[:, known:].any(dim=1)]
            sets.append(nn.functional.pad(rows, (0, total - many)))
            known = many
        return sets

    def describe(self) -> list[dict[str, int]]:
        """Neurons of each hidden layer by set of streams."""
        order = [name for names in self.generations for name in names]
        layers = [layer for layer in self.hidden if isinstance(layer, GrownLayer)]
        return [described(torch.cat([block.membership for block in layer.blocks]), order) for layer in layers]  # type: ignore[misc]

    def advance(self, features: Sequence[Tensor], presence: Tensor) -> Tensor:
        """As `MultimodalNetwork.advance`, generation after generation: the last layer's signals, then the injected ones.

        Returns:
            Shape (items, sum of `widths`).
        """
        here = presence.to(features[0].dtype)
        injected = []
        for columns in self._columns:
            bits = [here[:, column : column + 1] for column in columns]
            pairs = [[features[column] * bit, bit] for column, bit in zip(columns, bits, strict=True)]
            injected.append(torch.cat([part for pair in pairs for part in pair], dim=1))
        signals = injected
        for layer in self.hidden:
            signals = [self._thinned(torch.relu(part)) for part in layer(signals)]
        return torch.cat([part for both in zip(signals, injected, strict=True) for part in both], dim=1)

    def answer(self, signals: Tensor) -> dict[str, Tensor]:
        """As `MultimodalNetwork.answer`."""
        # Contiguous, so that the product is the very one of the network before the insertion.
        parts = [part.contiguous() for part in torch.split(signals, self.widths, dim=1)]
        alone = {name: self._alone(parts, name) for name in self.streams}
        answers = {}
        for task in self.ranked:
            for output, stream in self.pairs(task):
                head = self.heads[key(output)]
                answers[output] = head(parts) if stream is None else head(alone[stream])
        return answers

    def _alone(self, parts: Sequence[Tensor], stream: str) -> Tensor:
        """What belongs to one stream alone, in its own generation's part."""
        number = next(n for n, names in enumerate(self.generations) if stream in names)
        names, part = self.generations[number], parts[number]
        place, neurons = names.index(stream), LAYERS[-1][0]
        straight = part.shape[1] - (len(names) - place) * INJECTED
        own = part[:, place * neurons : (place + 1) * neurons]
        return torch.cat([own, part[:, straight : straight + INJECTED]], dim=1)


def generations_of(network: MultimodalNetwork) -> Generations:
    """The generations of any network; one that has not grown has a single one."""
    return network.generations if isinstance(network, Grown) else (network.streams,)
