"""A training that never was: every field of a record filled, nothing of it measured."""

import math
from functools import cache
from typing import Any

import msgspec
import numpy as np

from deploy.bundle import BundleStream, BundleTask, Manifest
from qc_station.figures.scoring import classification
from qc_station.learning.record import (
    CUMULATIVE,
    ContributionRecord,
    CurvePoint,
    DriftRecord,
    EpochRecord,
    PairRecord,
    SubsetRecord,
    TaskRecord,
    TrainingRecord,
    ValidationRecord,
    numbers,
)
from qc_station.report.training import Training

STREAMS = ("acoustic", "thermal", "enose")
CLASSES = ("ok", "crack", "leak")
OUTPUTS = {
    "label:joint": ("label", None, 1.0),
    **{f"label:{s}": ("label", s, 0.17) for s in STREAMS},
    "severity:joint": ("severity", None, 1.0),
    **{f"severity:{s}": ("severity", s, 0.17) for s in STREAMS},
    "label.acoustic": ("label.acoustic", "acoustic", 1.0),
}
ITEMS = 120
NOVELTY: dict[str, Any] = {
    "streams": ["acoustic", "thermal"],
    "smallest": 0.0082,
    "left_out": [
        {"name": "crack", "novel": 31, "known": 90, "auroc": {"novelty": 0.9375, "novelty:acoustic": 0.9062}},
        {"name": "leak", "novel": 12, "known": 109, "auroc": {"novelty": 0.8281, "novelty:acoustic": 0.5156}},
    ],
}
FLOOR: dict[str, Any] = {
    "validation": {"network": {"accuracy": 0.9352, "auc": 0.991}, "floor": {"accuracy": 0.8148, "auc": 0.902}},
    "mcnemar": {"only_first": 15, "only_second": 2, "p": 0.0014},
    "auc_difference": {"value": 0.089, "lower": 0.031, "upper": 0.151, "resamples": 2000},
    "log_loss_difference": {"value": -0.214, "lower": -0.301, "upper": -0.127, "resamples": 2000},
    "beaten": True,
    "message": "the network beats the floor: log loss 0.200 against 0.414",
}
CURVE = tuple(
    CurvePoint(items=n, correct=right, total=108, log_loss=loss)
    for n, right, loss in ((50, 70, 0.9), (100, 80, 0.7), (200, 86, 0.6), (400, 88, 0.55))
)
FIGURES = {"accuracy": 0.9352, "auc": 0.991, "log_loss": 0.2}
ROBUSTNESS: dict[str, Any] = {
    "task": "label",
    "items": 108,
    "clean": FIGURES,
    "rows": [
        {
            "stream": stream,
            "perturbation": fault,
            "level": level,
            "items": 108,
            "clean": FIGURES,
            "perturbed": {"accuracy": 0.7778, "auc": None, "log_loss": 0.61},
            "changed": 0.25,
        }
        for stream in STREAMS
        for fault, level in (("removed", None), ("noisy", 0.3))
    ],
}


@cache
def epochs(count: int = 60) -> tuple[EpochRecord, ...]:
    """Losses that fall, each at its own pace, to a steady end."""
    random = np.random.default_rng(1)
    names = list(OUTPUTS)
    pairs = [f"{a}|{b}" for n, a in enumerate(names) for b in names[n + 1 :]]
    found = []
    for number in range(1, count + 1):
        fall = {o: 0.1 * place + math.exp(-number / (4 + place)) for place, o in enumerate(names)}
        found.append(
            EpochRecord(
                number=number,
                planned=count,
                train=numbers(fall),
                val=numbers({o: v + 0.05 + 0.001 * random.standard_normal() for o, v in fall.items()}),
                weights=numbers(dict.fromkeys(names, 1.0)),
                elapsed_s=1.5 * number,
                shares=numbers(dict.fromkeys(names, 1 / len(names))),
                cosines=numbers({p: math.sin(place + number / 20) for place, p in enumerate(pairs)}),
                rates=numbers(dict.fromkeys((*STREAMS, "shared"), 0.003 * (1 - number / count))),
            )
        )
    return tuple(found)


@cache
def validation(classes: tuple[str, ...] = CLASSES) -> ValidationRecord:
    """Answers that are mostly right; every fourth item lacks the thermal stream, some lack a label."""
    random = np.random.default_rng(2)
    truth = random.integers(0, len(classes), ITEMS)
    thermal = np.arange(ITEMS) % 4 != 0
    answers: dict[str, Any] = {}
    for output, sure in (("label", 2.5), ("label:joint", 2.2), *((f"label:{s}", 1.0) for s in STREAMS)):
        answers[output] = probabilities(random, truth, len(classes), sure)
    answers["label.acoustic"] = probabilities(random, truth > 0, 2, 1.5)
    severity = 2.0 + 0.5 * random.standard_normal(ITEMS)
    for output in ("severity", "severity:joint", *(f"severity:{s}" for s in STREAMS)):
        answers[output] = tuple((float(v),) for v in severity + 0.1 * random.standard_normal(ITEMS))
    for output in ("label:thermal", "severity:thermal"):
        answers[output] = tuple(row if there else None for row, there in zip(answers[output], thermal, strict=True))
    return ValidationRecord(
        streams=STREAMS,
        presence=tuple("111" if there else "101" for there in thermal),
        targets={
            "label": tuple(None if n % 10 == 9 else float(t) for n, t in enumerate(truth)),
            "severity": tuple(float(v) for v in severity),
            "label.acoustic": tuple(float(t > 0) for t in truth),
        },
        answers=answers,
    )


def probabilities(random: np.random.Generator, truth: Any, classes: int, sure: float) -> tuple[tuple[float, ...], ...]:
    """Softmax of noise that leans to the truth."""
    logits = random.standard_normal((len(truth), classes)) + sure * np.eye(classes)[truth.astype(int)]
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return tuple(tuple(row) for row in shares.astype(np.float32).astype(float).tolist())


def record(classes: tuple[str, ...] = CLASSES, **changes: Any) -> TrainingRecord:
    """The whole record; `changes` replaces fields."""
    answers = validation(classes)
    return msgspec.structs.replace(
        TrainingRecord(
            tasks={
                "label": task(None, classes, (0.6, 0.3, 0.1), 0.9, "nats"),
                "severity": task(None, (), (2.0, 0.5), 1.0, "squared unit of the label"),
                "label.acoustic": task("acoustic", ("ok", "knock"), (0.5, 0.5), 0.69, "nats"),
            },
            pairs={o: PairRecord(task=t, stream=s, weight=w) for o, (t, s, w) in OUTPUTS.items()},
            epochs=epochs(),
            best=60,
            ended="end of the schedule; 60 epochs",
            skipped=2,
            window=8,
            tolerance=0.01,
            drifts=(
                DriftRecord(path=CUMULATIVE, validation=False, epochs=16, change=-0.0042, error=0.0011, steady=True),
                DriftRecord(path="label:joint", validation=True, epochs=0, change=None, error=None, steady=False),
            ),
            notes=("conflicts were resolved from step 400 on",),
            neurons=(
                {"acoustic": 48, "thermal": 48, "enose": 48, "acoustic+thermal": 16, "acoustic+enose": 16, "all": 64},
                {"acoustic": 32, "thermal": 32, "enose": 32, "acoustic+thermal": 16, "acoustic+enose": 16, "all": 48},
            ),
            validation=answers,
            subsets=tuple(subsets(answers, classes)),
            contributions=(
                ContributionRecord(
                    figure="accuracy",
                    items=108,
                    prior=0.5,
                    whole=0.9,
                    streams={"acoustic": 0.25, "thermal": 0.2, "enose": -0.05},
                ),
            ),
            learning_curve=CURVE,
            novelty=NOVELTY,
            floor=FLOOR,
            robustness=ROBUSTNESS,
            processor="Made-up CPU",
            threads=2,
            seconds=90.0,
        ),
        **changes,
    )


def task(
    stream: str | None, classes: tuple[str, ...], frequencies: tuple[float, ...], no_skill: float, unit: str
) -> TaskRecord:
    """A task of weight 1."""
    return TaskRecord(
        stream=stream,
        classes=classes,
        frequencies=frequencies,
        loss="cross_entropy" if classes else "huber",
        unit=unit,
        no_skill=no_skill,
        no_skill_val=no_skill,
        weight=1.0,
    )


def subsets(answers: ValidationRecord, classes: tuple[str, ...]) -> list[SubsetRecord]:
    """The label of each single stream and of all."""
    truth = answers.targets["label"]
    found = []
    for output, streams in (("label", STREAMS), *((f"label:{s}", (s,)) for s in STREAMS)):
        rows = [(r, t) for r, t in zip(answers.answers[output], truth, strict=True) if r is not None and t is not None]
        given, wanted = np.array([r for r, _ in rows], np.float32), np.array([t for _, t in rows], np.int64)
        figures = classification(given, wanted, np.array([c == "ok" for c in classes]))
        found.append(
            SubsetRecord(
                streams=streams,
                items=len(rows),
                correct=int((given.argmax(axis=1) == wanted).sum()),
                figures=numbers({k: v for k, v in figures.items() if v is not None}),
            )
        )
    return found


def sealed(**changes: Any) -> Manifest:
    """The manifest as it stands in a bundle; thermal is required, enose is not."""
    streams = {
        name: BundleStream(
            kind="series", shape=(1, 8), dtype="float32", rate_hz=10.0, unit="1", required=name == "thermal", table={}
        )
        for name in STREAMS
    }
    fields: dict[str, Any] = {
        "station": "invented",
        "streams": streams,
        "tasks": {name: BundleTask(stream=t.stream, classes=t.classes) for name, t in record().tasks.items()},
        "outputs": tuple(validation().answers),
        "ok_classes": ("ok",),
        "costs": {"escape": 10.0, "overkill": 1.0, "review": 0.5},
        "provenance": {"seed": 0, "data_digest": "f" * 64, "train_items": 400, "weighting": "fixed"},
        "figures": {"parity": {"max_abs_difference": 2e-7, "comparisons": 224}},
        "files": {"model.onnx": "0" * 64},
    }
    unsealed = Manifest(**(fields | changes))
    return msgspec.structs.replace(unsealed, digest=unsealed.sealed())


def training(classes: tuple[str, ...] = CLASSES, **changes: Any) -> Training:
    """What the sections are given."""
    return Training(sealed(), record(classes, **changes))
