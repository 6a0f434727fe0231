"""What a step of the trainer costs against a plain hand-written torch loop on the same network and the same batches.

The plain loop does by hand what the default does: drops streams, augments, sums the weighted losses of all pairs over
the items that have them, clips each path, steps AdamW, and keeps a running average. Before anything is timed, both make
one step from the same start and have to come to the same parameters. Then blocks of one epoch (20 steps) take turns,
and the median of the blocks counts. The default looks at the gradients' cosines once an epoch, for its report;
self-tuning tunes once in a block. Collating batches is in neither. It is processor time
of one thread, which a busy machine disturbs less than its clock.
"""

import argparse
import json
import math
import os
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from models.adjustment import LEARNING_RATE
from models.injection import Batch, Dataset, collate
from models.losses.base import SMOOTHING, class_weights
from models.network import MultimodalNetwork
from models.schedules import one_cycle
from models.settings import Settings
from models.trainer import Trainer
from models.weighting import names
from tests.benchmarks.shapes import SPECS, TASKS, windows

STEPS = 20
"""Of a block, and of an epoch."""
TARGETS = {"fixed": 1.05, "upgrad": 1.35, "self_tuning": 1.25}
"""By weighting: the largest ratio that the design allows."""


def parts(items: int, seed: int = 0) -> Dataset:
    """Noise with labels by chance; a tenth of the labels is missing."""
    random = np.random.default_rng(seed)
    targets = {t.name: random.integers(0, t.outputs + (not t.classes), items).astype(np.float32) for t in TASKS}
    for values in targets.values():
        values[random.random(items) < 0.1] = np.nan
    rows = {spec.name: np.arange(items) for spec in SPECS}
    return Dataset(windows=windows(items, seed), rows=rows, targets=targets)


class Plain:
    """The loop that one would write for this network and these tasks, and for no other."""

    def __init__(self, network: MultimodalNetwork, rate: float, horizon: float) -> None:
        self.network, self.rate = network, rate
        self.paths = [p for p in network.paths().values() if p]
        self.optimisers = [torch.optim.AdamW(p, lr=rate, weight_decay=0.02) for p in self.paths]
        self.average, self.decay, self.steps = deepcopy(network), 1 - 1 / max(2.0, horizon), 0
        live = network.state_dict(keep_vars=True)
        found = [(own, live[n]) for n, own in self.average.state_dict(keep_vars=True).items()]
        self.averaged = [o.data for o, _ in found if o.is_floating_point()]
        self.live = [v.data for _, v in found if v.is_floating_point()]
        self.priors = {t.name: -sum(p * math.log(p) for p in t.frequencies) for t in TASKS if t.classes}
        self.weights = {t.name: class_weights(t.frequencies) for t in TASKS if t.classes}

    def step(self, batch: Batch, progress: float) -> None:
        """One step."""
        streams = self.network.streams
        mask = batch.presence(streams)
        kept = mask & (torch.rand(mask.shape) >= Settings().drop_stream)
        mask = torch.where(kept.any(dim=1, keepdim=True), kept, mask)
        batch = replace(batch, windows={n: self.network.encoders[n].augment(w) for n, w in batch.windows.items()})
        answers = self.network.answer(self.network.advance(self.network.encode(batch), mask))
        total = torch.zeros(())
        for task in TASKS:
            known = ~batch.targets[task.name].isnan()
            for output, stream in self.network.pairs(task):
                here = known & (mask.any(dim=1) if stream is None else mask[:, streams.index(stream)])
                weight = 1.0 if stream is None or task.stream else 0.5 / len(streams)
                total = total + weight * self.loss(task.name, answers[output][here], batch.targets[task.name][here])
        for optimiser in self.optimisers:
            optimiser.zero_grad(set_to_none=True)
        total.backward()
        for params, optimiser in zip(self.paths, self.optimisers, strict=True):
            nn.utils.clip_grad_norm_(params, 5.0)
            optimiser.param_groups[0]["lr"] = self.rate * one_cycle(progress)
            optimiser.step()
        self.steps += 1
        share = 1 - min(self.decay, (1 + self.steps) / (10 + self.steps))
        with torch.no_grad():
            torch._foreach_lerp_(self.averaged, self.live, share)

    def loss(self, task: str, answers: Tensor, targets: Tensor) -> Tensor:
        """Mean normalized loss: smoothed, class-weighted cross-entropy over the prior's entropy, or Huber's."""
        if task not in self.weights:
            return 2 * nn.functional.huber_loss(answers[:, 0], targets)
        log_p = torch.log_softmax(answers, dim=1)
        index = targets.long()
        own = log_p.gather(1, index[:, None]).squeeze(1)
        smooth = (1 - SMOOTHING) * own + SMOOTHING * log_p.mean(dim=1)
        return -(self.weights[task][index] * smooth).mean() / self.priors[task]


def trainer(weighting: str, items: int) -> Trainer:
    """One epoch is one block."""
    settings = Settings(weighting=weighting, batch=items, epochs=1000)
    return Trainer(SPECS, TASKS, parts(items * STEPS), parts(200, seed=1), settings)


def ours(one: Trainer, batches: Sequence[Batch]) -> Callable[[], None]:
    """A block of the trainer's own steps."""

    def block() -> None:
        one.network.train()
        for number, batch in enumerate(batches, start=1):
            one.sampler.position = number
            one.step([batch])

    return block


def theirs(plain: Plain, batches: Sequence[Batch], progress: float) -> Callable[[], None]:
    """A block of the plain loop's."""

    def block() -> None:
        plain.network.train()
        for batch in batches:
            plain.step(batch, progress)

    return block


def plain_like(one: Trainer) -> Plain:
    """The plain loop from the same start."""
    rate = max(one.paths.largest.values())
    assert rate <= LEARNING_RATE
    return Plain(deepcopy(one.network), rate, one.settings.average * one.wanted * one.sampler.steps())


def difference(items: int) -> float:
    """How far the two loops' parameters are apart after one step with the same noise, as a share of that step.

    Adam's first step has the size of the rate whatever the gradient, so that where one is nearly zero rounding shows.
    """
    one = trainer("fixed", items)
    start = nn.utils.parameters_to_vector(one.network.parameters()).detach().clone()
    plain = plain_like(one)
    batch = collate(one.train, np.arange(items))
    torch.manual_seed(1)
    ours(one, [batch])()
    torch.manual_seed(1)
    theirs(plain, [batch], 0.0)()
    mine, other = (nn.utils.parameters_to_vector(n.parameters()).detach() for n in (one.network, plain.network))
    return float((mine - other).norm() / (mine - start).norm())


def main() -> None:
    """Print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--blocks", type=int, default=6, help="of each kind, after one to warm up")
    parser.add_argument("--items", type=int, default=64, help="of a batch")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    off = difference(chosen.items)
    if off > 0.01:
        sys.exit(f"the two loops do not do the same work: after one step the parameters differ by {off:.3g} of it")
    there = [name for name in TARGETS if name in names()]
    trainers = {name: trainer(name, chosen.items) for name in there}
    first = trainers["fixed"]
    batches = [collate(first.train, np.arange(n * chosen.items, (n + 1) * chosen.items)) for n in range(STEPS)]
    blocks = {"plain": theirs(plain_like(first), batches, first.progress)}
    blocks |= {name: ours(one, batches) for name, one in trainers.items()}
    spent: dict[str, list[float]] = {name: [] for name in blocks}
    order = list(blocks)
    for number in range(chosen.blocks + 1):
        # Each kind is first, and follows each other one, equally often.
        for name in order[number % len(order) :] + order[: number % len(order)]:
            started = time.process_time()
            blocks[name]()
            if number:
                spent[name].append(time.process_time() - started)
    each = {name: statistics.median(took) / STEPS * 1e3 for name, took in spent.items()}
    result = {
        "benchmark": "step_cost",
        "baseline": "a plain torch loop on the same network and batches, which comes to the same parameters",
        "ratios": {n: round(each[n] / each["plain"], 4) for n in there},
        "targets": TARGETS,
        "cpu_ms_a_step": {n: round(v, 3) for n, v in each.items()},
        "missing": [n for n in TARGETS if n not in there],
        "difference_as_a_share_of_a_step": off,
        "items": chosen.items,
        "blocks": chosen.blocks,
        "load": [round(v, 2) for v in os.getloadavg()],
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
