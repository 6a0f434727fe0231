"""Which class is taken for which."""

import numpy as np
from numpy.typing import NDArray


def confusion(answers: NDArray[np.int64], targets: NDArray[np.int64], classes: int) -> NDArray[np.int64]:
    """Counts by true class (rows) and answer (columns).

    Args:
        answers: Class indices, shape (items,).
        targets: Class indices, shape (items,).
        classes: Number of classes.

    Returns:
        Shape (classes, classes), int64.
    """
    flat = np.bincount(targets * classes + answers, minlength=classes * classes)
    return flat.reshape(classes, classes).astype(np.int64)
