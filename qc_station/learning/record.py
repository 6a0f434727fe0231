"""What a training leaves in its bundle for the report: `training.json`, read without torch."""

import math
from typing import Any

import msgspec
from msgspec import Struct

from deploy.bundle import TRAINING, Bundle
from deploy.errors import BundleError
from deploy.numbered import read_numbered

FORMAT = 1
CUMULATIVE = "cumulative"
"""Names the weighted sum of all losses among the paths."""
Numbers = dict[str, float | None]
"""By name; None where a number was not finite: JSON has no other word for it."""


class TaskRecord(Struct, frozen=True, kw_only=True):
    """One question of the cumulative loss."""

    stream: str | None
    """The one stream that answers; None: the whole part."""
    classes: tuple[str, ...]
    """In the order of the outputs; empty for a value."""
    frequencies: tuple[float, ...]
    """Share of each class in training; for a value its mean and standard deviation."""
    loss: str
    """Name of its loss."""
    unit: str
    """Of the loss before it is normalized."""
    no_skill: float
    """Training loss of an answer that never looks at the part, in `unit`: what a normalized training loss is times."""
    no_skill_val: float
    """The same for the validation loss, which is judged after calibration."""
    weight: float
    """Importance relative to the other tasks."""


class PairRecord(Struct, frozen=True, kw_only=True):
    """One head."""

    task: str
    """Manifest column."""
    stream: str | None
    """What it looks at; None: all streams."""
    weight: float
    """Its share of the task's weight."""


class EpochRecord(Struct, frozen=True, kw_only=True):
    """What one epoch came to; every table by output unless it says otherwise."""

    number: int
    """From 1."""
    planned: int
    """Epochs that were planned then."""
    train: Numbers
    """Mean normalized training loss, 1 for no skill."""
    val: Numbers
    """Mean normalized validation loss; outputs without a validation item are left out."""
    weights: Numbers
    """Mean weight."""
    elapsed_s: float
    """Since training began."""
    shares: Numbers = {}
    """Share of weight x gradient norm at the shared features; empty where not measured."""
    cosines: Numbers = {}
    """By "a|b": cosine between the gradients of two outputs there; empty where not measured."""
    rates: Numbers = {}
    """Learning rate by path: a stream's encoder, or what is shared."""
    extra: Numbers = {}
    """Further terms of the total by name."""


class ValidationRecord(Struct, frozen=True, kw_only=True):
    """What the kept network answers to the validation items, in one order throughout."""

    streams: tuple[str, ...]
    """In the order of the presence mask."""
    presence: tuple[str, ...]
    """Of each item a 1 or 0 for each stream."""
    targets: dict[str, tuple[float | None, ...]]
    """By task: class index, or value in its own unit; None where unknown."""
    answers: dict[str, tuple[tuple[float, ...] | None, ...]]
    """By output: calibrated probabilities or one value in its own unit; None where the stream is absent."""
    novelty: dict[str, tuple[float | None, ...]] = {}
    """By output, novelty and novelty:STREAM: p-values; None where the stream is absent. Empty without a novelty."""


class DriftRecord(Struct, frozen=True, kw_only=True):
    """How one loss still moved at the end of training, as the steady-state test sees it."""

    path: str
    """An output, or CUMULATIVE for the weighted sum that the test decides by."""
    validation: bool
    """Validation loss; otherwise training loss."""
    epochs: int
    """Last epochs that were looked at; 0: too few, or not finite."""
    change: float | None
    """Within a window, as a share of its level; negative while the loss falls."""
    error: float | None
    """Standard error of the change."""
    steady: bool
    """Whether change and error together stay under the tolerance."""


class SubsetRecord(Struct, frozen=True, kw_only=True):
    """How the part's label is answered when only some streams take part."""

    streams: tuple[str, ...]
    """Those that take part."""
    items: int
    """Labelled validation items that have all of them."""
    correct: int
    """Of these, answered with the right class."""
    figures: Numbers
    """As `qc_station.figures.scoring.classification` names them."""


class ContributionRecord(Struct, frozen=True, kw_only=True):
    """What each stream adds to one figure of the label: exact Shapley values over all subsets (Shapley 1953)."""

    figure: str
    """log_likelihood (nats, the negative log loss) or accuracy (0 to 1)."""
    items: int
    """Validation items over which it is the mean."""
    prior: float
    """The figure without any stream."""
    whole: float
    """The figure with all streams that each item has; `prior` plus the values of all streams."""
    streams: dict[str, float]
    """Shapley value by stream."""


class CurvePoint(Struct, frozen=True, kw_only=True):
    """What so many training items lead the classical floor to."""

    items: int
    """Training items."""
    correct: int
    """Validation items that it answers with the right class."""
    total: int
    """Validation items whose class is known."""
    log_loss: float
    """Mean over these, in nats."""


class TrainingRecord(Struct, frozen=True, kw_only=True):
    """Everything that the report needs beside the manifest. Fields that a later program adds are passed over."""

    format: int = FORMAT
    """Layout of the file; this program reads FORMAT."""
    tasks: dict[str, TaskRecord]
    """By manifest column."""
    pairs: dict[str, PairRecord]
    """By output."""
    epochs: tuple[EpochRecord, ...]
    """All epochs in order."""
    best: int
    """Number of the epoch that was kept."""
    ended: str
    """What ended it."""
    skipped: int
    """Steps left out because a gradient was not finite."""
    window: int
    """Epochs within which a steady loss hardly changes."""
    tolerance: float
    """Share of its level by which a steady loss may change within a window."""
    drifts: tuple[DriftRecord, ...] = ()
    """Of every path at the end of training."""
    notes: tuple[str, ...] = ()
    """What the weighting had to say."""
    neurons: tuple[dict[str, int], ...]
    """Neurons of each hidden layer by set of streams, as `describe()` gives them."""
    validation: ValidationRecord
    """Answers of the kept network."""
    subsets: tuple[SubsetRecord, ...] = ()
    """The label's figures for every set of streams."""
    contributions: tuple[ContributionRecord, ...] = ()
    """What each stream adds; empty where not measured."""
    learning_curve: tuple[CurvePoint, ...] = ()
    """The floor's figures against training items, fewest first; empty where not measured."""
    novelty: dict[str, Any] | None = None
    """streams (that are judged), smallest (p-value) and perhaps left_out (rows of name, novel, known and auroc by output).

    None where a network has no novelty.
    """
    floor: dict[str, Any] | None = None
    """The classical floor beside the network, as `qc_station.learning.floor` gives it; None where not fitted."""
    robustness: dict[str, Any] | None = None
    """What faults of a stream do, as `models.robustness` gives it; None where not measured."""
    processor: str = ""
    """The machine's processor."""
    threads: int = 0
    """Threads of the training."""
    seconds: float = 0.0
    """Wall-clock time of the training."""


def numbers(table: dict[str, float]) -> Numbers:
    """Six significant digits of each; None for what is not finite."""
    return {name: float(f"{value:.6g}") if math.isfinite(value) else None for name, value in table.items()}


def written(record: TrainingRecord) -> bytes:
    """The bytes of training.json."""
    return msgspec.json.encode(record)


def read_record(bundle: Bundle) -> TrainingRecord:
    """The record in a bundle.

    Raises:
        BundleError: the bundle has none, or it is of another format.
    """
    raw = bundle.extras.get(TRAINING)
    if raw is None:
        raise BundleError(
            f"bundle {bundle.name} holds no {TRAINING}: it was made before trainings were recorded; train again for a report"
        )
    try:
        return read_numbered(raw, TrainingRecord, FORMAT)
    except msgspec.DecodeError as error:
        raise BundleError(f"bundle {bundle.name}: {TRAINING} cannot be read: {error}") from error
