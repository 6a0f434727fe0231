"""Windows of good parts, to stand where something is taken out of a sound, or out of any window that is new."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from deploy.runtime import Runtime
from qc_station.evaluation import MAIN
from qc_station.store import Store

MOST = 4
"""More say the same and take longer."""
SURE = 0.5
"""Probability of a good part from which a window of the self-test is taken for one."""
Good = dict[str, list[NDArray[Any]]]


def good_in_store(store: Store, runtime: Runtime, name: str) -> Good:
    """Windows by stream of stored items that people call good, the part itself not among them.

    Items of the test split are left alone.
    """
    ok = runtime.manifest.ok_classes
    entries = [e for e in store.entries(("train", "val", None)) if e.name != name and e.labels.get(MAIN) in ok]
    found: Good = {}
    for stream in runtime.streams:
        shape = runtime.manifest.streams[stream].shape
        having = [e for e in entries if stream in e.windows and e.windows[stream].shape == shape]
        chosen = having[:: max(1, len(having) // MOST)][:MOST]
        found[stream] = [store.load(entry).windows[stream] for entry in chosen]
    return found


def good_in_selftest(runtime: Runtime) -> Good:
    """Windows by stream of the bundle's own self-test that its graph takes for good.

    They are windows of validation items; which are good only the graph itself can say.
    """
    inputs, outputs = runtime.bundle.selftest()
    if MAIN not in outputs:
        return {}
    classes = runtime.manifest.tasks[MAIN].classes
    ok = np.array([name in runtime.manifest.ok_classes for name in classes])
    found: Good = {}
    for stream in runtime.streams:
        good = outputs[f"{MAIN}:{stream}"][:, ok].sum(axis=1) >= SURE
        found[stream] = list(inputs[stream][good])
    return found


def good_parts(runtime: Runtime, store: Store | None, name: str) -> Good:
    """Windows of good parts by stream, from the store where it has any, else from the bundle."""
    stored = good_in_store(store, runtime, name) if store is not None else {}
    own = good_in_selftest(runtime)
    return {stream: stored.get(stream) or own.get(stream, []) for stream in runtime.streams}
