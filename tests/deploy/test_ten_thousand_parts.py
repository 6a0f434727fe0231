"""Ten thousand parts: what the exported graph says against torch, and the same part alone against inside a batch."""

from collections.abc import Iterator, Mapping

import numpy as np
import pytest
import torch

from deploy.runtime import Runtime
from models.deciding import Deciding
from qc_station.evaluation import verdict_of
from qc_station.verdict import Decision
from tests.simulated_line import recorded, windows_of
from tests.trained_line import TrainedLine

PARTS = 10_000
BATCH = 32
LONE_TOLERANCE = 1e-5
"""How far a probability of a part alone may be from that inside a batch, as far as the export from the training:
onnxruntime cuts a matrix product by its size, so that sums are added up in another order. Seen: 1.4e-6."""
LONE_NOVELTY = 1e-3
"""The same for a p-value of novelty."""

Parts = Mapping[str, np.ndarray]


@pytest.fixture(scope="module")
def trained(trained_line: TrainedLine) -> Deciding:
    """On one thread, as the runtime."""
    torch.set_num_threads(1)
    deciding = torch.load(trained_line.network, weights_only=False)
    assert isinstance(deciding, Deciding)
    return deciding


@pytest.fixture(scope="module")
def runtime(trained_line: TrainedLine) -> Runtime:
    return Runtime(trained_line.bundle)


@pytest.fixture(scope="module")
def parts() -> Parts:
    """Windows of a later shift, each many times with another loudness, frame and gas: no two parts are the same."""
    random, shown = np.random.default_rng(3), windows_of(recorded(20, 500))
    rows = np.arange(PARTS) % 500
    loudness = random.uniform(0.8, 1.2, (PARTS, 1, 1))
    noise = random.normal(0, 1.0, (PARTS, *shown["thermal"].shape[1:]))
    gain = random.uniform(0.99, 1.01, (PARTS, 1, 1))
    return {
        "acoustic": np.rint(np.clip(shown["acoustic"][rows] * loudness, -32768, 32767)).astype(np.int16),
        "thermal": np.rint(shown["thermal"][rows] + noise).astype(np.uint16),
        "enose": (shown["enose"][rows] * gain).astype(np.float32),
    }


def batches(parts: Parts) -> Iterator[Parts]:
    for start in range(0, PARTS, BATCH):
        yield {name: rows[start : start + BATCH].astype(np.float32) for name, rows in parts.items()}


def decisions(runtime: Runtime, outputs: Parts) -> list[Decision]:
    rows = range(len(next(iter(outputs.values()))))
    each = ({name: values[row] for name, values in outputs.items()} for row in rows)
    return [verdict_of(runtime.manifest, one, runtime.streams).decision for one in each]


@pytest.mark.slow
def test_verdicts_of_the_graph_are_those_of_the_policy_on_what_torch_says(
    trained: Deciding, runtime: Runtime, parts: Parts
) -> None:
    ours: list[Decision] = []
    theirs: list[Decision] = []
    for some in batches(parts):
        here = np.ones((len(some["enose"]), len(runtime.streams)), np.bool_)
        ours += decisions(runtime, runtime.batch(some, here))
        with torch.inference_mode():
            said = trained(*(torch.from_numpy(some[n]) for n in runtime.streams), torch.from_numpy(here))
        names = trained.output_names()
        theirs += decisions(runtime, {n: rows.numpy() for n, rows in zip(names, said, strict=True)})
    assert len(ours) == PARTS
    assert sum(ours.count(decision) > PARTS // 100 for decision in Decision) >= 2
    assert [n for n in range(PARTS) if ours[n] is not theirs[n]] == []


@pytest.mark.slow
def test_a_part_alone_is_scored_as_inside_a_batch_of_thirty_two(runtime: Runtime, parts: Parts) -> None:
    """Not always to the bit: the bound is that of `LONE_TOLERANCE`, and no verdict differs."""
    worst: dict[str, float] = {}
    for some in list(batches(parts))[:: PARTS // BATCH // 32]:
        rows = len(some["enose"])
        together = runtime.batch(some, np.ones((rows, len(runtime.streams)), np.bool_))
        one = np.ones((1, len(runtime.streams)), np.bool_)
        each = [runtime.batch({n: w[row : row + 1] for n, w in some.items()}, one) for row in range(rows)]
        alone = {name: np.concatenate([found[name] for found in each]) for name in together}
        assert decisions(runtime, alone) == decisions(runtime, together)
        for name, values in together.items():
            worst[name] = max(worst.get(name, 0.0), float(np.abs(alone[name] - values).max()))
    answers = [task for task, about in runtime.manifest.tasks.items() if about.classes]
    probabilities = {n: off for n, off in worst.items() if n.partition(":")[0] in answers}
    novelty = {n: off for n, off in worst.items() if n.partition(":")[0] == "novelty"}
    assert max(probabilities.values()) <= LONE_TOLERANCE, probabilities
    assert max(novelty.values()) <= LONE_NOVELTY, novelty
