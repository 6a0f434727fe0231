"""From the heads' raw answers to calibrated probabilities: prior correction, averaging by presence, temperature.

Two answers about the whole part are averaged as log-probabilities (a logarithmic pool: Genest and Zidek 1986, Combining
probability distributions). One is that of the joint head. The other is what the heads of the present streams say together
by Bayes' rule, as if the streams were independent in each class: log p(c) + sum over streams of log p(c | s) - log p(c).
So a stream that sees nothing of a defect says nothing about it either, and the frequencies count once, however many are
present. That streams are not independent is left to the temperature, one for each number of streams.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from models.losses.base import RAREST, ClassLoss
from models.network import MultimodalNetwork, key
from models.novelty.novelty import Novelty
from models.tasks import Task

EMBEDDING = "embedding"
"""Name of the last output."""


class Deciding(nn.Module):
    """The graph that is exported: raw windows and presence mask in, calibrated probabilities out.

    Outputs in order: for a task of the whole part NAME (average over the heads that are present), NAME:joint and
    NAME:STREAM; for a task of one stream its NAME; with a novelty its p-values, `novelty` and `novelty:STREAM`; at the
    end the embedding.
    """

    def __init__(self, network: MultimodalNetwork) -> None:
        super().__init__()
        self.network = network
        self.heads: nn.Module | None = None
        """What answers in the place of the network's heads, one by one; None: those."""
        self.novelty: Novelty | None = None
        streams = len(network.streams)
        for task in network.tasks:
            loss = task.criterion
            if isinstance(loss, ClassLoss):
                self.register_buffer(key(f"shift {task.name}"), loss.shift.clone())
                self.register_buffer(key(f"prior {task.name}"), torch.tensor(task.frequencies).clamp_min(RAREST).log())
            else:
                self.register_buffer(key(f"moments {task.name}"), torch.tensor(task.frequencies))
            for output in self.outputs_of(task):
                # The averaged answer is sharper or softer with the number of streams that take part.
                places = streams if output == task.name and task.stream is None else 1
                self.register_buffer(key(f"temperature {output}"), torch.ones(places))

    def outputs_of(self, task: Task) -> list[str]:
        """Names of a task's outputs in the graph."""
        heads = [output for output, _ in self.network.pairs(task)]
        return heads if task.stream is not None else [task.name, *heads]

    def answer_names(self) -> list[str]:
        """Names of what `decide` gives, in order."""
        return [name for task in self.network.tasks for name in self.outputs_of(task)] + [EMBEDDING]

    def output_names(self) -> list[str]:
        """Names of the graph's outputs, in order."""
        *answers, embedding = self.answer_names()
        return [*answers, *(self.novelty.names if self.novelty else []), embedding]

    def corrected(self, task: Task, answer: Tensor) -> Tensor:
        """Log-probabilities under the training frequencies, or the standardized value."""
        loss = task.criterion
        if not isinstance(loss, ClassLoss):
            return answer
        return torch.log_softmax(loss.logits(answer) - self.get_buffer(key(f"shift {task.name}")), dim=1)

    def combined(self, task: Task, answers: dict[str, Tensor], presence: Tensor) -> dict[str, Tensor]:
        """Corrected answers by output name, the average by presence first."""
        heads = {output: self.corrected(task, answers[output]) for output, _ in self.network.pairs(task)}
        if task.stream is not None:
            return heads
        here = presence.to(next(iter(heads.values())).dtype)
        pooled = self._pooled if task.classes else self._mean
        return {task.name: pooled(task, list(heads.values()), here), **heads}

    def _pooled(self, task: Task, heads: Sequence[Tensor], here: Tensor) -> Tensor:
        """Log-probabilities of the whole part, the joint head's and the streams' together, shape (batch, classes)."""
        joint, *single = heads
        prior = self.get_buffer(key(f"prior {task.name}"))
        streams = prior.expand_as(joint)
        for column, answer in enumerate(single):
            streams = streams + (answer - prior) * here[:, column : column + 1]
        return 0.5 * (joint + torch.log_softmax(streams, dim=1))

    @staticmethod
    def _mean(_: Task, heads: Sequence[Tensor], here: Tensor) -> Tensor:
        """Mean of the values of the heads that are present, shape (batch, 1)."""
        joint, *single = heads
        total = joint
        for column, answer in enumerate(single):
            total = total + answer * here[:, column : column + 1]
        return total / (1.0 + here.sum(dim=1, keepdim=True))

    def finished(self, task: Task, output: str, answer: Tensor, presence: Tensor) -> Tensor:
        """Probabilities, shape (batch, classes), or values in their own unit, shape (batch, 1)."""
        if not task.classes:
            mean, std = self.get_buffer(key(f"moments {task.name}"))
            value: Tensor = answer * std + mean
            return value
        temperature = self.get_buffer(key(f"temperature {output}"))
        if len(temperature) > 1:
            count = presence.sum(dim=1).clamp_min(1) - 1
            temperature = temperature[count][:, None]
        return torch.softmax(answer / temperature, dim=1)

    def decide(self, features: Sequence[Tensor], presence: Tensor) -> list[Tensor]:
        """Answers and embedding from the streams' features, in the order of `answer_names`."""
        signals = self.network.advance(features, presence)
        answers = self.heads(signals) if self.heads else self.network.answer(signals)
        results = []
        for task in self.network.tasks:
            for output, answer in self.combined(task, answers, presence).items():
                results.append(self.finished(task, output, answer, presence))
        return [*results, signals]

    def forward(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """The whole graph.

        Args:
            inputs: Raw windows by stream in order, shape (batch, *InputSpec.shape), float32, then the presence mask,
                shape (batch, streams), bool. What an absent stream holds does not matter as long as it is finite.

        Returns:
            The outputs in the order of `output_names`.
        """
        *windows, presence = inputs
        encoders = [self.network.encoders[name] for name in self.network.streams]
        if self.novelty is None:
            return tuple(self.decide([e(w) for e, w in zip(encoders, windows, strict=True)], presence))
        seen = [encoder.observe(w) for encoder, w in zip(encoders, windows, strict=True)]  # type: ignore[operator]
        *answers, embedding = self.decide([features for _, features in seen], presence)
        return (*answers, *self.novelty(seen, presence), embedding)
