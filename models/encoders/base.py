"""What every encoder does, whatever its kind."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ClassVar

import torch
from torch import Tensor, nn

from models.injection import InputSpec

Augmentation = Callable[[Tensor], Tensor]
"""Raw windows in, changed raw windows out; randomness from torch's own generator, which the trainer seeds."""
MOST_MEASURES = 128
"""Numbers of one kind of plain measure of a window; with more, their covariance could not be known from few items."""


class Encoder(nn.Module, ABC):
    """From the raw windows of one stream to features.

    A subclass sets `augmentations`, learns its scale in `fit`, and encodes in two steps, `prepare` and `encode`.
    """

    augmentations: ClassVar[dict[str, Augmentation]] = {}
    """By name, all that the kind offers; applied in this order."""
    optional: ClassVar[frozenset[str]] = frozenset()
    """Names that apply only where a configuration asks for them."""

    def __init__(self, spec: InputSpec, width: int) -> None:
        super().__init__()
        self.spec = spec
        self.width = width
        self.averages = True
        """Whether use, outside training, takes the mean over declared symmetries; off where only a slope is asked for."""
        self.share: tuple[int, slice] | None = None
        """Set where several processes share the windows of a batch: how many these are, and which are here."""
        chosen = [n for n in self.augmentations if n not in self.optional] if spec.augment is None else spec.augment
        unknown = sorted(set(chosen) - set(self.augmentations))
        if unknown:
            allowed = ", ".join(self.augmentations) or "none"
            raise ValueError(
                f"stream {spec.name!r}: no augmentation {unknown[0]!r} for kind {spec.kind!r}; allowed: {allowed}"
            )
        self._chosen = [self.augmentations[name] for name in self.augmentations if name in chosen]

    @abstractmethod
    def fit(self, windows: Tensor) -> None:
        """Learn scale and offset from raw training windows, shape (items, *spec.shape), float32; called once, before training."""

    @property
    def shallow(self) -> bool:
        """Whether it learns from a few dozen plain numbers of a window alone, of which little can be known by heart."""
        return False

    def lessen(self) -> None:
        """Leave out what few windows would be learnt by heart with; `fit` calls it, and who rebuilds an encoder that was."""

    @abstractmethod
    def prepare(self, windows: Tensor) -> tuple[Tensor, ...]:
        """What the fixed front end makes of raw windows, shape (batch, *spec.shape), float32, as the sensor gave them."""

    @abstractmethod
    def encode(self, prepared: tuple[Tensor, ...]) -> Tensor:
        """Learned features, shape (batch, width), float32."""

    @abstractmethod
    def measure(self, prepared: tuple[Tensor, ...]) -> Tensor:
        """Standardized plain measures of the window that no training shapes, shape (batch, measures), float32.

        What a network never learned to tell apart may look alike in its features; it does not in these.
        """

    def forward(self, windows: Tensor) -> Tensor:
        """Features of raw windows.

        Args:
            windows: Shape (batch, *spec.shape), float32, as the sensor gave them.

        Returns:
            Shape (batch, width), float32.
        """
        return self.encode(self.prepare(windows))

    def observe(self, windows: Tensor) -> tuple[Tensor, Tensor]:
        """Measures and features of raw windows from one pass through the front end."""
        prepared = self.prepare(windows)
        return self.measure(prepared), self.encode(prepared)

    def drawn(self, draw: Callable[[int], Tensor], here: int) -> Tensor:
        """Random numbers for the windows that are here; of shared ones every process draws all, so that together they are as one.

        Args:
            draw: Gives those of so many windows.
            here: Windows of this process.
        """
        if self.share is None:
            return draw(here)
        size, mine = self.share
        return draw(size)[mine]

    def augment(self, windows: Tensor) -> Tensor:
        """Training variants of raw windows that keep their class; same shape and scale."""
        with torch.no_grad():
            for change in self._chosen:
                windows = change(windows)
        return windows


def uniform(windows: Tensor, low: float, high: float) -> Tensor:
    """One random number per window, shaped to multiply it: (batch, 1, 1, ...)."""
    shape = (len(windows), *[1] * (windows.dim() - 1))
    return torch.empty(shape).uniform_(low, high)


def shifted(windows: Tensor, most: int, dim: int) -> Tensor:
    """Move each window by up to `most` places along a dimension, repeating the edge value."""
    length = windows.shape[dim]
    steps = torch.randint(-most, most + 1, (len(windows), 1))
    index = (torch.arange(length)[None, :] - steps).clamp(0, length - 1)
    view = [len(windows)] + [1] * (windows.dim() - 1)
    view[dim] = length
    return windows.gather(dim, index.view(view).expand(windows.shape))


def thinned(rows: Tensor, most: int = MOST_MEASURES) -> Tensor:
    """Means of neighbouring places of the last of three dimensions, so that a window keeps at most `most` numbers or one for each channel."""
    factor = -(-rows.shape[2] // max(1, most // rows.shape[1]))
    return rows if factor == 1 else nn.functional.avg_pool1d(rows, factor, ceil_mode=True)
