"""A tiny network against its own export, run by this machine's onnxruntime."""

from collections.abc import Iterator

import torch

from deploy.export import to_onnx
from deploy.parity import TOLERANCE, compare
from deploy.runtime import session
from models.deciding import Deciding
from models.network import MultimodalNetwork
from qc_station.selfcheck.measurement import Measurement
from qc_station.selfcheck.parts import SPECS, TASKS, parts

ITEMS = 8


def measure() -> Iterator[Measurement]:
    """Largest difference of a probability, over batch sizes and presence masks."""
    kept = torch.get_rng_state()
    torch.manual_seed(0)
    windows = parts(ITEMS).windows
    network = MultimodalNetwork(SPECS, TASKS).eval()
    torch.set_rng_state(kept)
    with torch.no_grad():
        for name, encoder in network.encoders.items():
            encoder.fit(torch.from_numpy(windows[name]))  # type: ignore[operator]
    deciding = Deciding(network).eval()
    parity = compare(deciding, session(to_onnx(deciding), threads=1), windows)
    yield Measurement(name=f"ONNX against torch, {parity.comparisons} comparisons", error=parity.worst, bound=TOLERANCE)
