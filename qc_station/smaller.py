"""Bundles in smaller arithmetic beside the one that they come from: made, measured on this box, and published where they agree.

A variant is a bundle of its own, so that it has its own digest, its own parity record, its own validation rates and, by
`qc-station operate`, its own thresholds. It is refused where it does not run here, is not faster here or decides one
validation item otherwise. Whether it runs is tried in another process first, see `deploy.probe`.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from deploy.bundle import write_bundle
from deploy.errors import BundleError
from deploy.probe import probe_fault
from deploy.quantization import MAKERS, Feed
from deploy.runtime import CPU, PRESENCE, Runtime, session
from deploy.variants import BAND, Measured, refusals
from qc_station.errors import ConfigError
from qc_station.evaluation import MAIN, counted, rates, verdict_of
from qc_station.items import Item
from qc_station.operating.point import policy_of
from qc_station.verdict import Policy, Verdict

CALIBRATION = 128
"""Training items that set the ranges."""
ROUNDS = 100
"""Parts that are timed, in turn with the original."""
UNMEASURED = ("validation_loss", "validation_loss_relative_to_no_skill")
"""Figures of the network in float32 that nobody measures of a variant."""
Outputs = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """What became of one kind."""

    name: str
    """fp16, int8 or int8_bodies."""
    measured: Measured | None
    """Beside the original; None where it does not run at all."""
    refused: tuple[str, ...]
    """Why it is not offered; empty where it is."""
    folder: Path | None
    """The bundle; None where it is not offered."""

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        gain = {"gain": self.measured.gain, **asdict(self.measured)} if self.measured else {}
        return {"name": self.name, **gain, "refused": list(self.refused), "bundle": self.folder}


def variants(
    runtime: Runtime,
    learnt: Sequence[Item],
    held: Sequence[Item],
    parent: Path,
    *,
    station: Path | None = None,
    makers: dict[str, Callable[[bytes, Sequence[Feed]], bytes]] = MAKERS,
    clock: Callable[[], int] = time.perf_counter_ns,
) -> list[Variant]:
    """Make every kind, measure it, and publish those that are faster here and agree.

    Args:
        runtime: Of the bundle in float32.
        learnt: Training items.
        held: Validation items, the whole split: agreement is asked of each.
        parent: Folder that receives the bundles.
        station: Whose proved operating point decides; None: the costs of the bundle.
        makers: By name, from the graph and calibration parts to the smaller graph.
        clock: In ns.

    Raises:
        ConfigError: nothing to calibrate or to compare with, or the bundle is a variant itself.
    """
    learnt, held = ([item for item in items if _there(runtime, item)] for items in (learnt, held))
    if not learnt or not held:
        raise ConfigError(f"{len(learnt)} training and {len(held)} validation items; at least one of each is needed")
    if name := runtime.manifest.provenance.get("variant"):
        raise ConfigError(f"bundle {runtime.bundle.name} is {name} already; make variants of the bundle it comes from")
    feeds = [_feed(runtime, item) for item in learnt[:CALIBRATION]]
    found = []
    for kind, make in makers.items():
        try:
            model = make(runtime.bundle.model, feeds)
            made = _session(runtime, model)
        except BundleError as error:
            found.append(Variant(name=kind, measured=None, refused=(str(error),), folder=None))
            continue
        answers = _answers(runtime, made, held)
        measured = _measured(kind, runtime, made, answers, held, station, clock)
        reasons = tuple(refusals(measured))
        record = measured, _rates(runtime, held, answers)
        folder = None if reasons else _published(runtime, kind, model, made, record, parent)
        found.append(Variant(name=kind, measured=measured, refused=reasons, folder=folder))
    return found


def _session(runtime: Runtime, model: bytes) -> Any:
    """A session of a graph that another process has survived.

    Raises:
        BundleError: onnxruntime does not take it, or ended that process.
    """
    if fault := probe_fault(model, runtime.bundle.selftest()[0]):
        raise BundleError(fault)
    return session(model, 1)


def _there(runtime: Runtime, item: Item) -> bool:
    return any(name in item.windows for name in runtime.streams)


def _feed(runtime: Runtime, item: Item) -> dict[str, Any]:
    """The graph's inputs of one item, absent streams zero."""
    streams = runtime.manifest.streams
    feed = {
        name: np.asarray(item.windows.get(name, np.zeros(s.shape)), np.float32)[None] for name, s in streams.items()
    }
    return feed | {PRESENCE: np.array([[name in item.windows for name in streams]])}


def _measured(
    kind: str,
    runtime: Runtime,
    made: Any,
    answers: Sequence[Outputs],
    held: Sequence[Item],
    station: Path | None,
    clock: Callable[[], int],
) -> Measured:
    policy, plain = policy_of(station, runtime.manifest), _answers(runtime, _plain(runtime), held)
    ours, theirs = (_verdicts(runtime, held, one, policy) for one in (answers, plain))
    off = np.abs(np.array([one.bad for one in ours]) - np.array([one.bad for one in theirs]))
    differ = np.array([a.decision is not b.decision for a, b in zip(ours, theirs, strict=True)])
    spent = _timed({"variant": made, "original": _plain(runtime)}, runtime, held, clock)
    return Measured(
        name=kind,
        original_ms=spent["original"],
        variant_ms=spent["variant"],
        worst=float(np.nan_to_num(off, nan=1.0).max()),
        flipped=int((differ & ~(off <= BAND)).sum()),
        items=len(held),
    )


def _plain(runtime: Runtime) -> Any:
    """The original with as many threads and on the same provider as a variant."""
    return (
        runtime.session if (runtime.threads, runtime.provider) == (1, CPU) else session(runtime.bundle.model, threads=1)
    )


def _answers(runtime: Runtime, made: Any, items: Sequence[Item]) -> list[Outputs]:
    """What a session says of each item, one at a time as on the line."""
    names = list(runtime.manifest.outputs)
    runs = (made.run(names, _feed(runtime, item)) for item in items)
    return [{name: rows[0] for name, rows in zip(names, run, strict=True)} for run in runs]


def _verdicts(
    runtime: Runtime, items: Sequence[Item], answers: Sequence[Outputs], policy: Policy | None = None
) -> list[Verdict]:
    """As the line would come to them by a policy; None: by the costs alone."""
    present = [tuple(name for name in runtime.streams if name in item.windows) for item in items]
    pairs = zip(answers, present, strict=True)
    return [verdict_of(runtime.manifest, outputs, here, policy) for outputs, here in pairs]


def _rates(runtime: Runtime, held: Sequence[Item], answers: Sequence[Outputs]) -> dict[str, Any]:
    """Escape, overkill and review of the variant's own verdicts; empty where no task is of the whole part.

    By the costs alone, as those of the original were: a proved point is one bundle's, and the variant has none yet.
    """
    if MAIN not in runtime.manifest.tasks:
        return {}
    ok = runtime.manifest.ok_classes
    judged = zip(held, _verdicts(runtime, held, answers), strict=True)
    return rates(counted((item.labels[MAIN] in ok, one.decision) for item, one in judged if MAIN in item.labels))


def _timed(
    sessions: dict[str, Any], runtime: Runtime, held: Sequence[Item], clock: Callable[[], int]
) -> dict[str, float]:
    """Median milliseconds of one part, the sessions in turn so that a busy moment meets both."""
    names, part = list(runtime.manifest.outputs), _feed(runtime, held[0])
    spent: dict[str, list[int]] = {name: [] for name in sessions}
    for _ in range(ROUNDS):
        for name, made in sessions.items():
            begun = clock()
            made.run(names, part)
            spent[name].append(clock() - begun)
    return {name: float(np.median(times)) / 1e6 for name, times in spent.items()}


def _published(
    runtime: Runtime, kind: str, model: bytes, made: Any, found: tuple[Measured, dict[str, Any]], parent: Path
) -> Path:
    """The variant as a bundle, with a self-test of its own answers, and a parity record and rates of its own."""
    inputs, _ = runtime.bundle.selftest()
    names = list(runtime.manifest.outputs)
    outputs = dict(zip(names, made.run(names, inputs), strict=True))
    manifest = msgspec.structs.replace(
        runtime.manifest,
        provenance=runtime.manifest.provenance | {"variant": kind, "parent": runtime.manifest.digest},
        figures=_figures(runtime, *found),
    )
    return write_bundle(parent, manifest, model, inputs, outputs, runtime.bundle.extras)


def _figures(runtime: Runtime, measured: Measured, own: dict[str, Any]) -> dict[str, Any]:
    """Those of the original but for what was measured of the variant, or was not and would be taken for its own."""
    kept = {name: value for name, value in runtime.manifest.figures.items() if name not in UNMEASURED}
    beside = {"max_abs_difference": measured.worst, "output": MAIN, "beside": "float32"}
    validation = {"items": measured.items, **beside, "flipped": measured.flipped, "rates": own}
    return kept | {"parity": beside | asdict(measured), "validation": validation}
