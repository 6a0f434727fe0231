"""Where a weighting has a fixed point or a published answer, what ours comes to."""

import math
from collections.abc import Callable, Iterator

import torch

from models.weighting import names, weighting_named
from models.weighting.base import Measured, Weighting
from qc_station.selfcheck.measurement import Measurement

LOSSES = {"a": 0.5, "b": 2.0, "c": 1.25}
EQUAL = dict.fromkeys(LOSSES, 1.0)
JACOBIAN = torch.tensor([[-4.0, 1.0, 1.0], [6.0, 1.0, 1.0]], dtype=torch.float64)
"""Two gradients in conflict, with the answers that torchjd publishes for them."""


def _after(weighting: Weighting, steps: int, gramian: torch.Tensor | None = None) -> dict[str, float]:
    """Weights after so many steps of the same losses."""
    weights: dict[str, float] = {}
    for _ in range(steps):
        weights = weighting.weights(Measured(losses=dict(LOSSES) if gramian is None else EQUAL, gramian=gramian))
    return weights


def _spread(values: list[float]) -> float:
    return max(values) / min(values) - 1


def fixed() -> tuple[str, float, float]:
    """Priorities, unchanged."""
    weights = weighting_named("fixed", {"a": 2.0, "b": 0.3}).weights(Measured(losses=LOSSES))
    return "the priorities", max(abs(weights[n] - p) for n, p in {"a": 2.0, "b": 0.3, "c": 1.0}.items()), 0.0


def uncertainty() -> tuple[str, float, float]:
    """Weight x loss is the same for all (Kendall et al. 2018, arXiv:1705.07115, in closed form)."""
    weights = _after(weighting_named("uncertainty", EQUAL), 10)
    return "weight x loss is equal, relative", _spread([weights[n] * loss for n, loss in LOSSES.items()]), 1e-12


def kendall() -> tuple[str, float, float]:
    """The log-variance of a constant loss becomes its logarithm, so that weight x loss is 1."""
    weights = _after(weighting_named("kendall", EQUAL), 2000)
    return "log-variance is log L", max(abs(math.log(weights[n] * loss)) for n, loss in LOSSES.items()), 1e-10


def geometric_mean() -> tuple[str, float, float]:
    """Every loss's share of the gradient's logarithm is the same (Chennupati et al. 2019, arXiv:1904.08492)."""
    weights = _after(weighting_named("geometric_mean", EQUAL), 1)
    return "weight x loss is equal, relative", _spread([weights[n] * loss for n, loss in LOSSES.items()]), 1e-12


def dynamic_average() -> tuple[str, float, float]:
    """K softmax(r / 2) of the ratios of two epochs (Liu et al. 2019, arXiv:1803.10704), by hand."""
    weighting = weighting_named("dynamic_average", EQUAL)
    weighting.end_epoch({"a": 1.0, "b": 1.0, "c": 1.0})
    weighting.end_epoch(dict(LOSSES))
    raw = {n: math.exp(loss / 2.0) for n, loss in LOSSES.items()}
    wanted = {n: 3 * value / sum(raw.values()) for n, value in raw.items()}
    weights = weighting.weights(Measured(losses=LOSSES))
    return "three epochs by hand", max(abs(weights[n] - w) for n, w in wanted.items()), 1e-12


def grad_norm() -> tuple[str, float, float]:
    """Weighted gradients of equal length whose weights keep their sum (Chen et al. 2018, arXiv:1711.02257)."""
    lengths = torch.tensor([1.0, 3.0, 0.5], dtype=torch.float64)
    weights = _after(weighting_named("grad_norm", EQUAL), 3000, torch.diag(lengths**2))
    pulls = [weights[n] * length for n, length in zip(EQUAL, lengths.tolist(), strict=True)]
    return "weight x gradient is equal, relative", max(_spread(pulls), abs(sum(weights.values()) - 3.0)), 1e-6


def _direction(name: str) -> torch.Tensor:
    """The step that a weighting makes of the two gradients."""
    measured = Measured(losses={"a": 1.0, "b": 1.0}, gramian=JACOBIAN @ JACOBIAN.T)
    weights = weighting_named(name, {"a": 1.0, "b": 1.0}).weights(measured)
    return torch.tensor([weights["a"], weights["b"]], dtype=torch.float64) @ JACOBIAN


def upgrad() -> tuple[str, float, float]:
    """Twice what torchjd publishes for means (Quinton & Rey 2024, arXiv:2406.16232): ours are sums."""
    published = torch.tensor([0.2929, 1.9004, 1.9004], dtype=torch.float64)
    return "torchjd's published step", float((_direction("upgrad") / 2 - published).abs().max()), 1e-4


def aligned_mtl() -> tuple[str, float, float]:
    """The direction that torchjd publishes (Senushkin et al. 2023, arXiv:2305.19000)."""
    published = torch.tensor([0.2133, 0.9673, 0.9673], dtype=torch.float64)
    found = _direction("aligned_mtl")
    off = found / found.norm() - published / published.norm()
    return "torchjd's published direction", float(off.abs().max()), 1e-4


POINTS: tuple[Callable[[], tuple[str, float, float]], ...] = (
    fixed,
    uncertainty,
    kendall,
    geometric_mean,
    dynamic_average,
    grad_norm,
    upgrad,
    aligned_mtl,
)


def measure() -> Iterator[Measurement]:
    """Of every weighting with a known answer."""
    for point in POINTS:
        if point.__name__ in names():
            what, error, bound = point()
            yield Measurement(name=f"{point.__name__}: {what}", error=error, bound=bound)
