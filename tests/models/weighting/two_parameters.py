"""The problem in two parameters on which Nash-MTL and FAMO are shown, with its gradient by hand.

Two valleys for positive y, where logarithms make the slopes steep and opposed; under y = 0 two parabolas whose minima,
(7, -8) and (-7, -8), are the ends of the front (Liu et al. 2021, arXiv:2110.14048; Navon et al. 2022, arXiv:2202.01017).
"""

import math

SCALE = 0.1
"""Of the first loss, as in both papers."""
STARTS = ((-8.5, 7.5), (0.0, 0.0), (9.0, 9.0), (-7.5, -0.5), (9.0, -1.0))
LOWEST = (-21.0 * SCALE, -21.0)
"""Under every value of the losses."""
CUT = 5e-6


def problem(x: float, y: float) -> tuple[tuple[float, float], tuple[tuple[float, float], tuple[float, float]]]:
    """Both losses, and the gradient of each by x and y."""
    # Each half of the plane has its own pair; the factor of the other is cut at zero.
    factor = abs(math.tanh(y / 2))
    slope = math.copysign(0.5 * (1 - factor * factor), y)
    found = [_upper(x, y, first) if y >= 0 else _lower(x, y, first) for first in (True, False)]
    losses, gradients = [], []
    for (value, by_x, by_y), scale in zip(found, (SCALE, 1.0), strict=True):
        losses.append(scale * factor * value)
        gradients.append((scale * factor * by_x, scale * (factor * by_y + slope * value)))
    return (losses[0], losses[1]), (gradients[0], gradients[1])


def _upper(x: float, y: float, first: bool) -> tuple[float, float, float]:
    steep = math.tanh(y)
    inner = 0.5 * (-x - 7) + steep if first else 0.5 * (-x + 3) - steep + 2
    if abs(inner) <= CUT:
        return math.log(CUT) + 6, 0.0, 0.0
    return math.log(abs(inner)) + 6, -0.5 / inner, (1 if first else -1) * (1 - steep * steep) / inner


def _lower(x: float, y: float, first: bool) -> tuple[float, float, float]:
    centre = 7.0 if first else -7.0
    value = ((centre - x) ** 2 + 0.1 * (y + 8) ** 2) / 10 - 20
    return value, (x - centre) / 5, (y + 8) / 50


def on_the_front(x: float, y: float) -> bool:
    """Whether no step makes both losses smaller: some mixture of the gradients is zero (Désidéri 2012), in the lower half."""
    _, ((a, b), (c, d)) = problem(x, y)
    # The point nearest to zero on the segment between the two directions.
    first, second = math.hypot(a, b), math.hypot(c, d)
    if min(first, second) < 1e-3:
        return y < 0
    a, b, c, d = a / first, b / first, c / second, d / second
    span = (a - c) ** 2 + (b - d) ** 2
    share = min(1.0, max(0.0, (c * (c - a) + d * (d - b)) / span)) if span else 0.0
    return y < 0 and math.hypot(share * a + (1 - share) * c, share * b + (1 - share) * d) < 0.05
