"""Whether a session gives for a bundle's self-test what the network gave when the bundle was made."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from deploy.bundle import NOVELTY, Bundle
from deploy.promises import PRESENCE, selftest_faults

SELFTEST_TOLERANCE = 1e-5
NOVELTY_TOLERANCE = 1e-3
"""For p-values: their scores are whitened, which enlarges what two libraries differ by, and n items know them to 1 / n only."""


def selftest_fault(bundle: Bundle, session: Any) -> str:
    """Recompute the self-test.

    Args:
        bundle: Whole and unchanged.
        session: onnxruntime session of its model.

    Returns:
        What is not as promised; empty where everything is.

    Raises:
        BundleError: the self-test cannot be read.
    """
    inputs, wanted = bundle.selftest()
    manifest = bundle.manifest
    declared = {i.name for i in session.get_inputs()}
    streams = [*manifest.streams, PRESENCE]
    if set(inputs) != declared or declared != set(streams):
        return f"graph takes {sorted(declared)}, manifest declares {streams}"
    given, promised = {o.name for o in session.get_outputs()}, list(manifest.outputs)
    if given != set(promised) or given != set(wanted):
        checks = sorted(wanted) or "nothing"
        return f"graph gives {sorted(given)}, manifest promises {sorted(promised)}, self-test checks {checks}"
    for fault in selftest_faults(manifest, inputs, wanted):
        return fault
    try:
        found = dict(zip(promised, session.run(promised, inputs), strict=True))
    except Exception as error:  # onnxruntime's own exceptions share no public base
        return f"its self-test cannot be run: {' '.join(str(error).split())}"
    return next(filter(None, (_off(name, found[name], expected) for name, expected in wanted.items())), "")


def _off(name: str, found: NDArray[np.float32], expected: NDArray[np.float32]) -> str:
    same = found.shape == expected.shape
    off = float(differences(name, found, expected).max()) if same else np.inf
    allowed = tolerance(name, SELFTEST_TOLERANCE)
    # Written so that a NaN fails too.
    return "" if off <= allowed else f"self-test output {name!r} differs by {off:.3g}; at most {allowed:g} is allowed"


def tolerance(output: str, plain: float) -> float:
    """How far an output may be from what it should be: `plain`, or more for a p-value of novelty."""
    return NOVELTY_TOLERANCE if output.partition(":")[0] == NOVELTY else plain


def differences(output: str, ours: NDArray[np.float32], theirs: NDArray[np.float32]) -> NDArray[np.float32]:
    """How far an output is from what it should be, as `tolerance` counts it; shape as given.

    Probabilities differ by themselves, values and embeddings in parts of their size. A p-value decides only where it is
    small: near 1, where most calibration items lie and a step of the score moves it most, ten times as much is allowed.
    """
    off = np.abs(ours - theirs)
    if output.partition(":")[0] == NOVELTY:
        return np.asarray(off / (1.0 + 9.0 * theirs))
    return np.asarray(off / max(1.0, float(np.abs(theirs).max())))
