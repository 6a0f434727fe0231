"""From p-values of novelty to a reason to look: how small is small, and which streams say so."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from deploy.bundle import NOVELTY

NOVELTY_P = "novelty_p"
"""Name of the threshold in the manifest's verdicts and in station.toml's [verdicts]."""
MOST_LOOKED_AT = 0.05
"""Where few validation items leave p-values coarse, at most such a share of known parts is sent to people for nothing."""
ROUNDING = 1e-4
"""A p-value in single precision is so much larger, in parts of itself, than the fraction that it stands for."""


def reachable(wanted: float, smallest: float) -> float:
    """The threshold that a bundle can keep.

    Args:
        wanted: Share of known parts that may go to REVIEW as novel; 0 for none.
        smallest: The smallest p-value that the bundle can give: 1 over its validation items plus 1.

    Returns:
        `wanted`; `smallest` where that is larger and still reasonable; 0, for none, where it is not: n validation
        items cannot tell a part that is stranger than all of them from one in n + 1.
    """
    if wanted <= 0 or smallest > max(wanted, MOST_LOOKED_AT):
        return 0.0
    return max(wanted, smallest)


def is_novel(p: NDArray[np.float32], threshold: float) -> NDArray[np.bool_]:
    """Which p-values are novel under a threshold; a NaN is, and with a threshold of 0 none is."""
    return ~(p > threshold * (1 + ROUNDING)) & (threshold > 0)


def strange(outputs: Mapping[str, NDArray[np.float32]], present: tuple[str, ...], threshold: float) -> str:
    """Why a part is taken for novel, in words; "" where it is not, or where the bundle cannot tell.

    Args:
        outputs: Of the graph by name.
        present: Streams that took part.
        threshold: Largest p-value that is novel; 0 for none.
    """
    if NOVELTY not in outputs:
        return ""
    p = float(outputs[NOVELTY][0])
    if not is_novel(outputs[NOVELTY], threshold)[0]:
        return ""
    named = strange_streams(outputs, present, threshold)
    return f"never seen anything like it (p {p:.3g}; {', '.join(named) or 'all streams together'})"


def strange_streams(
    outputs: Mapping[str, NDArray[np.float32]], present: tuple[str, ...], threshold: float
) -> list[str]:
    """The streams that are novel when each is looked at alone; args as `strange`."""
    single = {stream: outputs.get(f"{NOVELTY}:{stream}") for stream in present}
    return [stream for stream, own in single.items() if own is not None and is_novel(own, threshold)[0]]
