"""A bundle's training as the sections ask for it: the manifest, the record, and the validation answers as arrays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from deploy.bundle import Bundle, Manifest
from qc_station.learning.record import EpochRecord, TrainingRecord, read_record
from qc_station.novelty import NOVELTY_P
from qc_station.verdict import Decision, Policy, judge

MAIN = "label"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """Answers of one output to the items whose truth is known and that it could answer."""

    items: NDArray[np.int64]
    """Their place among the validation items, shape (items,)."""
    answers: NDArray[np.float64]
    """Probabilities, shape (items, classes), or values, shape (items, 1)."""
    targets: NDArray[np.float64]
    """Class indices or values, shape (items,)."""

    @property
    def classes(self) -> NDArray[np.int64]:
        """True class of each item, shape (items,)."""
        return self.targets.astype(np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The verdict about one validation item."""

    good: bool
    """Whether it is a good part in truth."""
    bad: float
    """Calibrated probability that it is not."""
    decision: Decision
    """PASS, REJECT or REVIEW."""


class Training:
    """What the report is about."""

    def __init__(self, manifest: Manifest, record: TrainingRecord) -> None:
        self.manifest, self.record = manifest, record
        self.streams = record.validation.streams

    @classmethod
    def of(cls, bundle: Bundle) -> "Training":
        """The training of a bundle.

        Raises:
            BundleError: the bundle holds no record of it.
        """
        return cls(bundle.manifest, read_record(bundle))

    def with_left_out(self, rows: Sequence[Mapping[str, Any]]) -> "Training":
        """The same with what novelty was worth on classes that were left out.

        Args:
            rows: As `TrainingRecord.novelty` describes them.
        """
        novelty = {**(self.record.novelty or {}), "left_out": rows}
        return Training(self.manifest, msgspec.structs.replace(self.record, novelty=novelty))

    @property
    def left_out(self) -> Sequence[Mapping[str, Any]]:
        """What novelty was worth on classes that were left out; empty where that was not measured."""
        return (self.record.novelty or {}).get("left_out") or ()

    @property
    def kept(self) -> EpochRecord:
        """The epoch whose network was kept."""
        return self.record.epochs[self.record.best - 1]

    def colour(self, stream: str | None) -> int:
        """The number of a stream's colour, the same on the whole page; 0 for what looks at all streams."""
        return 1 + self.streams.index(stream) if stream in self.streams else 0

    @property
    def judging(self) -> bool:
        """Whether the label says of a part that it is good or not."""
        classes = self.record.tasks[MAIN].classes if MAIN in self.record.tasks else ()
        return any(c in self.manifest.ok_classes for c in classes) and any(self.bad_classes())

    def bad_classes(self) -> NDArray[np.bool_]:
        """Which classes of the label mean a part that is not good, shape (classes,)."""
        return np.array([c not in self.manifest.ok_classes for c in self.record.tasks[MAIN].classes])

    def answered(self, output: str) -> Answered:
        """The validation items that an output answers and whose truth is known."""
        task = output.partition(":")[0]
        rows, truth = self.record.validation.answers[output], self.record.validation.targets[task]
        chosen = [n for n, (row, t) in enumerate(zip(rows, truth, strict=True)) if row is not None and t is not None]
        width = max(1, len(self.record.tasks[task].classes))
        return Answered(
            items=np.array(chosen, np.int64),
            answers=np.array([rows[n] for n in chosen], np.float64).reshape(len(chosen), width),
            targets=np.array([truth[n] for n in chosen], np.float64),
        )

    @cached_property
    def judged(self) -> tuple[Judged, ...]:
        """Verdicts about the validation items whose label is known, by the rule and the costs of the line."""
        if not self.judging:
            return ()
        record, task = self.record.validation, self.record.tasks[MAIN]
        policy, required = Policy.of(self.manifest.costs), {n: s.required for n, s in self.manifest.streams.items()}
        found = []
        for number in self.answered(MAIN).items.tolist():
            present = tuple(s for s, bit in zip(self.streams, record.presence[number], strict=True) if bit == "1")
            names = (MAIN, *(f"{MAIN}:{s}" for s in present))
            outputs = {name: np.array(record.answers[name][number], np.float32) for name in names}
            strange = {name: rows[number] for name, rows in record.novelty.items() if rows[number] is not None}
            outputs |= {name: np.array([p], np.float32) for name, p in strange.items()}
            verdict = judge(
                outputs,
                classes=task.classes,
                ok_classes=self.manifest.ok_classes,
                streams=required,
                present=present,
                policy=policy,
                novelty_p=self.manifest.threshold(NOVELTY_P),
            )
            truth = task.classes[int(record.targets[MAIN][number] or 0)]
            found.append(Judged(good=truth in self.manifest.ok_classes, bad=verdict.bad, decision=verdict.decision))
        return tuple(found)
