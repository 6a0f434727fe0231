"""What a loss of a task is: how wrong a head's raw answers are, and what they say about the part."""

from abc import ABC, abstractmethod
from functools import cached_property
from typing import ClassVar

import torch
from torch import Tensor

BALANCE = 0.2
"""Exponent of the inverse frequency in the class weights: 0 leaves rare classes to themselves, 1 makes all classes equal."""
RAREST = 1e-4
"""Frequency under which a class gets no larger weight."""
SMOOTHING = 0.05
"""Share of a class target that is spread over all classes."""
FAINTEST = 1e-3
"""Least no-skill loss, in parts of what an undecided answer costs: where nearly all parts are alike a loss stays finite."""


class Loss(ABC):
    """A loss that knows the training frequencies or moments of what it is asked.

    The trainer works with `items` / `no_skill`, so that 1 is no skill whatever the loss; people are shown the loss itself.
    """

    of_values: ClassVar[bool] = False
    """Whether it takes a value; otherwise classes."""

    def __init__(self, classes: int, frequencies: tuple[float, ...]) -> None:
        """Build the loss of a task.

        Args:
            classes: Number of classes; 0 for a value.
            frequencies: Share of each class in training; for a value its mean and standard deviation.

        Raises:
            ValueError: it cannot answer so many classes.
        """
        self.classes, self.frequencies = classes, frequencies
        if self.of_values != (classes == 0):
            asked = f"{classes} classes" if classes else "a value"
            raise ValueError(f"loss {self.name!r} takes {'values' if self.of_values else 'classes'}, not {asked}")

    @property
    def name(self) -> str:
        """The file's name."""
        return type(self).__module__.rpartition(".")[2]

    @property
    @abstractmethod
    def outputs(self) -> int:
        """Width of the head."""

    @abstractmethod
    def items(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Loss of each item, not normalized, as it is trained.

        Args:
            outputs: Raw answers, shape (items, outputs), floating point.
            targets: Class indices or standardized values, shape (items,), floating point.

        Returns:
            Shape (items,).
        """

    def plain(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """The same without what only helps to learn (class weights, smoothing); `no_skill` is measured with it."""
        return self.items(outputs, targets)

    @abstractmethod
    def truths(self) -> tuple[Tensor, Tensor]:
        """What an item can be before anything is seen: targets and their shares, both of shape (cases,), float64."""

    @abstractmethod
    def constant(self) -> Tensor:
        """Raw answer with the lowest expected plain loss among those that never look, shape (outputs,), float64."""

    def expected(self, answer: Tensor) -> float:
        """Mean plain loss over all `truths` of one answer to all items, shape (outputs,)."""
        targets, shares = self.truths()
        with torch.inference_mode():
            return float((shares * self.plain(answer.expand(len(targets), -1), targets)).sum())

    @cached_property
    def no_skill(self) -> float:
        """Loss of the best answer that never looks at the part: a loss times 1000 has 1000 times as much."""
        undecided = self.expected(torch.zeros(self.outputs, dtype=torch.float64))
        return max(FAINTEST * undecided, self.expected(self.constant()))

    @abstractmethod
    def judged(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Loss of finished answers, as validation judges them after calibration; not normalized.

        Args:
            logits: As `ClassLoss.logits` gives them, under the training frequencies; or standardized values, shape (items, 1).
            targets: As for `items`.

        Returns:
            Shape (items,).
        """

    @property
    @abstractmethod
    def judged_no_skill(self) -> float:
        """What `judged` comes to for the training frequencies themselves."""

    @property
    def unit(self) -> float:
        """What 1 of this loss is for people: 1 nat, or the variance of the value in its own unit squared."""
        return self.frequencies[1] ** 2 if self.of_values else 1.0


class ClassLoss(Loss):
    """A loss whose answer is a distribution over classes."""

    def __init__(self, classes: int, frequencies: tuple[float, ...]) -> None:
        super().__init__(classes, frequencies)
        if classes < 2 or len(frequencies) != classes:
            raise ValueError(
                f"loss {self.name!r}: {classes} classes with {len(frequencies)} frequencies; at least 2 with as many"
            )

    @property
    def outputs(self) -> int:
        """One logit a class."""
        return self.classes

    @abstractmethod
    def logits(self, outputs: Tensor) -> Tensor:
        """What raw answers say: log-probabilities up to a constant, shape (items, classes), still moved by `shift`."""

    @property
    def shift(self) -> Tensor:
        """What class weights added to the logits, shape (classes,), float32; without it they stand for the training frequencies."""
        return torch.zeros(self.classes)

    def judged(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Cross-entropy in nats."""
        return torch.nn.functional.cross_entropy(logits, targets.long(), reduction="none")

    @cached_property
    def judged_no_skill(self) -> float:
        """By default the prior entropy in nats."""
        targets, shares = self.truths()
        priors = shares.clamp_min(1e-12).log().expand(len(targets), -1)
        return max(FAINTEST, float((shares * self.judged(priors, targets)).sum()))

    def truths(self) -> tuple[Tensor, Tensor]:
        """Each class with its frequency."""
        shares = torch.tensor(self.frequencies, dtype=torch.float64)
        return torch.arange(self.classes, dtype=torch.float64), shares

    def constant(self) -> Tensor:
        """Found by a quasi-Newton search where no closed form is known."""
        with torch.inference_mode(False), torch.enable_grad():
            targets, shares = (t.clone() for t in self.truths())
            answer = torch.zeros(self.outputs, dtype=torch.float64, requires_grad=True)
            search = torch.optim.LBFGS(
                [answer], max_iter=500, tolerance_grad=1e-14, tolerance_change=1e-16, line_search_fn="strong_wolfe"
            )

            def value() -> Tensor:
                search.zero_grad()
                total: Tensor = (shares * self.plain(answer.expand(len(targets), -1), targets)).sum()
                total.backward()  # type: ignore[no-untyped-call]
                return total

            search.step(value)  # type: ignore[no-untyped-call]
            return answer.detach()


class WeighedClassLoss(ClassLoss):
    """A class loss in which every item counts by the weight of its class."""

    @cached_property
    def weights(self) -> Tensor:
        """Weight of each class, shape (classes,), float32."""
        return class_weights(self.frequencies)

    @cached_property
    def shift(self) -> Tensor:
        """Log w: the weighted loss is lowest at logits that are so much higher."""
        return self.weights.log()


class ValueLoss(Loss):
    """A loss of a standardized number."""

    of_values = True

    @property
    def outputs(self) -> int:
        """The number."""
        return 1

    def truths(self) -> tuple[Tensor, Tensor]:
        """A deviation under and over the mean, as likely: all that mean and standard deviation say."""
        return torch.tensor([-1.0, 1.0], dtype=torch.float64), torch.tensor([0.5, 0.5], dtype=torch.float64)

    def constant(self) -> Tensor:
        """The mean."""
        return torch.zeros(1, dtype=torch.float64)

    def judged(self, logits: Tensor, targets: Tensor) -> Tensor:
        """As trained."""
        return self.items(logits, targets)

    @property
    def judged_no_skill(self) -> float:
        """As in training."""
        return self.no_skill


def class_weights(frequencies: tuple[float, ...]) -> Tensor:
    """Weight of each class, shape (classes,), float32: a power of the inverse frequency, mean 1 over training items.

    w_k = f_k^-b / sum_j f_j^(1-b) with b = BALANCE, between no weights (b = 0) and the inverse frequency (b = 1; see
    Cui et al. 2019, arXiv:1901.05555); so small a power, and the mean of 1, are our own. Rare classes get a
    larger gradient; the logits that come of it are log w too high and are put right by `shift`, as log priors are in
    logit adjustment (Menon et al. 2021, arXiv:2007.07314), so that probabilities stay those of the training frequencies.
    """
    shares = torch.tensor(frequencies, dtype=torch.float32)
    raw = shares.clamp_min(RAREST) ** -BALANCE
    return raw / (raw * shares).sum()
