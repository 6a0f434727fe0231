"""Linear discriminant analysis with a shrunken covariance: the classical answer to few items and many features."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from sklearn.covariance import ledoit_wolf

LEAST_VARIANCE = 1e-6
"""Of a standardized feature within its class, so that features that never vary there do not decide everything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Discriminant:
    """log p(class | x) of classes that are normal with one covariance (Fisher 1936)."""

    mean: NDArray[np.float64]
    """Of the training features, shape (features,)."""
    deviation: NDArray[np.float64]
    """Of the training features, shape (features,); 1 where a feature never varies."""
    slopes: NDArray[np.float64]
    """Covariance^-1 x class mean, shape (features, classes); 0 for a class that was never seen."""
    offsets: NDArray[np.float64]
    """log prior - half the squared length of the class mean, shape (classes,); -inf for a class that was never seen."""
    unseen: NDArray[np.float64]
    """Prior of each class that was never seen, 0 for the others, shape (classes,)."""
    shrinkage: float
    """Share of the identity in the covariance, 0 to 1 (Ledoit and Wolf 2004)."""
    items: int
    """Training items with a weight over 0."""

    @classmethod
    def fit(
        cls,
        features: NDArray[np.float64],
        targets: NDArray[np.int64],
        priors: NDArray[np.float64],
        weights: NDArray[np.float64] | None = None,
    ) -> Self:
        """Learn from labelled items.

        Args:
            features: Shape (items, features).
            targets: Class indices, shape (items,).
            priors: Share of each class, shape (classes,); the items' own shares do not matter.
            weights: How much each item counts, shape (items,); None: all the same.

        Raises:
            ValueError: No item counts.
        """
        weights = np.ones(len(targets)) if weights is None else weights.astype(np.float64)
        here = weights > 0
        if not here.any():
            raise ValueError(f"{len(targets)} items, of which none has a weight over 0; allowed: at least one")
        features, targets, weights = features[here], targets[here], weights[here] / weights[here].mean()
        mean = np.average(features, axis=0, weights=weights)
        deviation = np.sqrt(np.average((features - mean) ** 2, axis=0, weights=weights))
        deviation = np.where(deviation > 0, deviation, 1.0)
        standard = (features - mean) / deviation
        belongs = np.eye(len(priors))[targets] * weights[:, None]
        sizes = belongs.sum(axis=0)
        centres = belongs.T @ standard / np.maximum(sizes, 1e-12)[:, None]
        spread, shrinkage = ledoit_wolf((standard - centres[targets]) * np.sqrt(weights)[:, None], assume_centered=True)
        slopes = np.linalg.solve(spread + LEAST_VARIANCE * np.eye(len(mean)), centres.T)
        seen = sizes > 0
        with np.errstate(divide="ignore"):
            offsets = np.where(seen, np.log(priors), -np.inf) - np.einsum("cf,fc->c", centres, slopes) / 2
        unseen = np.where(seen, 0.0, priors)
        return cls(
            mean=mean,
            deviation=deviation,
            slopes=slopes,
            offsets=offsets,
            unseen=unseen,
            shrinkage=float(shrinkage),
            items=len(targets),
        )

    def log_posterior(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """Log-probability of every class, shape (items, classes); a class that was never seen keeps its prior."""
        raw = (features - self.mean) / self.deviation @ self.slopes + self.offsets
        raw -= raw.max(axis=1, keepdims=True)
        raw -= np.log(np.exp(raw).sum(axis=1, keepdims=True))
        with np.errstate(divide="ignore"):
            found: NDArray[np.float64] = np.logaddexp(raw + np.log1p(-self.unseen.sum()), np.log(self.unseen))
        return found
