"""Cross-entropy with class weights and label smoothing."""

import torch
from torch import Tensor


def cross_entropy(outputs: Tensor, targets: Tensor, class_weights: Tensor, smoothing: float = 0.0) -> Tensor:
    """-w_y sum_k q_k log p_k with q = (1 - s) onehot(y) + s / K (Szegedy et al. 2016, arXiv:1512.00567).

    Args:
        outputs: Logits, shape (items, classes), float32.
        targets: Class indices, shape (items,), integer-valued float or int64.
        class_weights: Shape (classes,), float32.
        smoothing: Share s of the target that is spread over all classes.

    Returns:
        Nats times class weight, shape (items,), float32.
    """
    index = targets.long()
    log_p = torch.log_softmax(outputs, dim=1)
    own = log_p.gather(1, index[:, None]).squeeze(1)
    return -class_weights[index] * ((1 - smoothing) * own + smoothing * log_p.mean(dim=1))
