"""How far the exported graph is from the network that was trained, against the tolerance of 1e-5."""

import json
import sys
from itertools import product
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from deploy.export import to_onnx
from deploy.parity import BATCHES, TOLERANCE
from deploy.runtime import PRESENCE, session
from tests.benchmarks.shapes import SPECS, deciding, windows


def main() -> None:
    """Print one JSON line."""
    network = deciding()
    runtime, names = session(to_onnx(network), 1), network.output_names()
    outputs = {t.name: t for t in network.network.tasks if t.classes}
    worst, where, compared = 0.0, "", 0
    for size, mask in product(BATCHES, product((True, False), repeat=len(SPECS))):
        feed = {n: w.astype(np.float32) for n, w in windows(size, seed=size).items()}
        here = np.tile(mask, (size, 1))
        found = runtime.run(names, feed | {PRESENCE: here})
        with torch.inference_mode():
            wanted = network(*(torch.from_numpy(w) for w in feed.values()), torch.from_numpy(here))
        compared += 1
        for name, ours, theirs in zip(names, found, wanted, strict=True):
            off = float(np.abs(ours - theirs.numpy()).max())
            if name.partition(":")[0] in outputs and off > worst:
                worst, where = off, f"{name}, batch {size}, presence {mask}"
    result = {
        "benchmark": "export_parity",
        "baseline": f"tolerance {TOLERANCE:g}",
        "ratio": worst / TOLERANCE,
        "max_abs_dp": worst,
        "where": where,
        "comparisons": compared,
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
