"""Scores of parts and p-values as bundles give them: nothing here is a measurement."""

import numpy as np
from numpy.typing import NDArray

WIDTH = 0.1
"""Of the ramp of `models.novelty.conformal`."""


def p_values(calibration: NDArray[np.float64], scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """P-values of scores against calibration scores, shape (..., items) each; as the exported graph computes them."""
    above = np.clip((calibration[..., None, :] - scores[..., None]) / WIDTH + 1.0, 0.0, 1.0)
    return np.asarray((1.0 + above.sum(axis=-1)) / (calibration.shape[-1] + 1.0))
