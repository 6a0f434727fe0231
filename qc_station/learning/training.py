"""Train a candidate: data set, six-stage loop, calibration, export, parity, bundle."""

import platform
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray

from deploy.bundle import TRAINING, Bundle, BundleTask, Manifest, write_bundle
from deploy.export import to_onnx
from deploy.parity import Parity, compare
from deploy.runtime import PRESENCE, session
from models.adjustment import PathSettings
from models.calibration import calibrate
from models.checkpoint import Checkpoints
from models.deciding import Deciding
from models.history import Epoch, Outcome
from models.injection import Dataset
from models.losses.agreement import agreements
from models.novelty.fitting import fit_novelty
from models.settings import Settings
from models.tasks import Task
from models.terms import Term
from models.trainer import Trainer
from qc_station.agreement import Agreement, agree
from qc_station.bundles import bundle_streams
from qc_station.code_version import code_version
from qc_station.config.station import StationConfig
from qc_station.config.training import TrainingConfig, passed_over
from qc_station.errors import ConfigError
from qc_station.items import Item
from qc_station.learning.datasets import Splits, as_dataset, find_tasks, input_spec, split_items
from qc_station.learning.floor import beside_floor
from qc_station.learning.parameters import write_parameters
from qc_station.learning.record import written
from qc_station.learning.recorder import record_of
from qc_station.novelty import NOVELTY_P, reachable
from qc_station.store.digests import content_digest, data_digest

SELFTEST_ITEMS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A trained, exported and verified network."""

    folder: Path
    """The bundle."""
    outcome: Outcome
    """How training went."""
    parity: Parity
    """How far the export is from the network."""
    floor: dict[str, Any] | None
    """How it stands beside the classical floor; None where nothing can be compared."""
    notes: tuple[str, ...] = ()
    """What the weighting had to say, and what `[training]` asked for in vain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """A network that has been trained, with what is needed to judge and to publish it."""

    config: StationConfig
    """The station."""
    splits: Splits
    """The items."""
    tasks: tuple[Task, ...]
    """What was asked."""
    train: Dataset
    """The training items as arrays."""
    val: Dataset
    """The validation items as arrays."""
    outcome: Outcome
    """How training went."""
    first: bool
    """Whether this process publishes; the others of one training only help."""
    origin: dict[str, Any] = field(default_factory=dict)
    """Where it began, for the provenance: a champion's digest and what was learnt beside it; empty for nothing."""


def train_candidate(
    config: StationConfig, items: Iterable[Item], bundles: Path, report: Callable[[Epoch], None] = lambda _: None
) -> Candidate:
    """Train on a station's items and write a candidate bundle.

    Args:
        config: The station.
        items: Training and validation items; others are ignored, and their order does not matter.
        bundles: Folder that receives the bundle.
        report: Called after every epoch.

    Raises:
        ConfigError: nothing to learn from.
        BundleError: the export differs from the training; nothing is written.
    """
    return publish(train(config, items, report), bundles)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """Everything that a training needs, before its first step."""

    splits: Splits
    """The items."""
    train: Dataset
    """The training items as arrays."""
    val: Dataset
    """The validation items as arrays."""
    trainer: Trainer
    """Built, nothing learnt."""


def prepare(config: StationConfig, items: Iterable[Item]) -> Prepared:
    """Split the items, find the tasks and build the trainer.

    Args:
        config: The station.
        items: Training and validation items; others are ignored, and their order does not matter.

    Raises:
        ConfigError: nothing to learn from, or something that the configuration asks for in vain.
    """
    torch.set_num_threads(config.training.threads or torch.get_num_threads())
    splits = split_items(sorted(items, key=lambda item: item.name))
    tasks = find_tasks(config, splits.train)
    learnt, held = (as_dataset(part, config.inspecting, tasks) for part in (splits.train, splits.val))
    specs = [input_spec(n, s) for n, s in config.inspecting.items()]
    terms = terms_of(config.training, tuple(config.inspecting), tasks)
    try:
        trainer = Trainer(specs, tasks, learnt, held, settings_of(config.training), terms=terms)
    except ValueError as error:
        # The network names what a stream's table or [training] asks for in vain: an augmentation, a weighting, a window.
        raise ConfigError(f"station.toml: {error}") from error
    return Prepared(splits=splits, train=learnt, val=held, trainer=trainer)


def train(
    config: StationConfig,
    items: Iterable[Item],
    report: Callable[[Epoch], None] = lambda _: None,
    checkpoints: Checkpoints | None = None,
    *,
    resume: bool = False,
) -> Trained:
    """Train on a station's items.

    Args:
        config: The station.
        items: As `prepare` takes them.
        report: Called after every epoch.
        checkpoints: Where to write the training from time to time; None: nowhere.
        resume: Go on from there, if there is one.

    Raises:
        ConfigError: as `prepare`, or the checkpoint is of another training.
    """
    ready = prepare(config, items)
    trainer = ready.trainer
    try:
        if resume and checkpoints:
            checkpoints.resume(trainer)
    except ValueError as error:
        raise ConfigError(str(error)) from error
    outcome = trainer.run(report, checkpoints)
    return Trained(
        config=config,
        splits=ready.splits,
        tasks=tuple(trainer.network.tasks),
        train=ready.train,
        val=ready.val,
        outcome=outcome,
        first=trainer.exchange.first,
    )


def publish(trained: Trained, bundles: Path) -> Candidate:
    """Calibrate, export, verify and write the bundle.

    Args:
        trained: What `train` gave.
        bundles: Folder that receives the bundle.

    Raises:
        BundleError: the export differs from the training; nothing is written.
        ParametersError: what learning on needs cannot be written; the bundle is whole.
    """
    config, outcome, val = trained.config, trained.outcome, trained.val
    deciding = Deciding(outcome.network).eval()
    calibrate(deciding, val)
    fit_novelty(deciding, trained.train, val, config.training.seed)
    model = to_onnx(deciding)
    runtime = session(model, threads=1)
    windows = _samples(val, trained.train, 32)
    parity = compare(deciding, runtime, windows)
    inputs = {n: w[:SELFTEST_ITEMS].astype(np.float32) for n, w in windows.items()}
    inputs[PRESENCE] = np.array([[True] * len(windows)] * SELFTEST_ITEMS)
    outputs = dict(zip(deciding.output_names(), runtime.run(deciding.output_names(), inputs), strict=True))
    specs = [input_spec(n, s) for n, s in config.inspecting.items()]
    groups = [item.group for item in trained.splits.val]
    floor = beside_floor(deciding, specs, trained.train, val, groups=groups, ok_classes=config.ok_classes)
    provenance = _provenance(config, trained.splits, outcome) | trained.origin
    manifest = _manifest(config, trained.tasks, deciding, provenance, {})
    agreement = agree(deciding, runtime, val, manifest)
    figures = _figures(outcome, parity, agreement) | {"floor": floor}
    manifest = msgspec.structs.replace(manifest, figures=figures)
    record = record_of(outcome, deciding, trained.train, val, config, floor)
    folder = write_bundle(bundles, manifest, model, inputs, outputs, {TRAINING: written(record)})
    learnt = {item.name: content_digest(item) for item in trained.splits.train}
    write_parameters(folder, Bundle(folder).manifest.digest, outcome.network, learnt)
    notes = (*outcome.notes, *passed_over(config.training, {task.name for task in trained.tasks}))
    return Candidate(folder=folder, outcome=outcome, parity=parity, floor=floor, notes=notes)


def terms_of(chosen: TrainingConfig, streams: Sequence[str], tasks: Sequence[Task]) -> tuple[Term, ...]:
    """The terms of the total that the `[training]` table asks for, beside the input-output pairs.

    Args:
        chosen: The table.
        streams: In the network's order.
        tasks: The network's tasks.

    Raises:
        ConfigError: agreement of streams of which no label with classes tells two parts apart.
    """
    try:
        return agreements(chosen.agreement, streams, tasks)
    except ValueError as error:
        raise ConfigError(f"station.toml: training.agreement = {chosen.agreement:g}: {error}") from error


def settings_of(chosen: TrainingConfig) -> Settings:
    """The `[training]` table as the trainer takes it."""
    paths = {name: PathSettings(**msgspec.structs.asdict(path)) for name, path in chosen.paths.items()}
    same = ("seed", "epochs", "budget_s", "energy_wh", "batch", "accumulation", "weighting", "average")
    ending = ("patience", "window", "threshold")
    return Settings(paths=paths, **{name: getattr(chosen, name) for name in (*same, *ending)})


def _samples(val: Dataset, train: Dataset, most: int) -> dict[str, NDArray[Any]]:
    """Real windows of every stream, from validation where it has any."""
    return {n: np.resize(w if len(w) else train.windows[n], (most, *w.shape[1:])) for n, w in val.windows.items()}


def _manifest(
    config: StationConfig,
    tasks: tuple[Task, ...],
    deciding: Deciding,
    provenance: dict[str, Any],
    figures: dict[str, Any],
) -> Manifest:
    smallest = deciding.novelty.smallest if deciding.novelty else 1.0
    return Manifest(
        station=config.name,
        streams=bundle_streams(config),
        tasks={t.name: BundleTask(stream=t.stream, classes=t.classes) for t in tasks},
        outputs=tuple(deciding.output_names()),
        ok_classes=config.ok_classes,
        costs=msgspec.to_builtins(config.costs),
        verdicts={NOVELTY_P: reachable(config.verdicts.novelty_p, smallest)},
        provenance=provenance,
        figures=figures,
    )


def _provenance(config: StationConfig, splits: Splits, outcome: Outcome) -> dict[str, Any]:
    return {
        "seed": config.training.seed,
        "threads": torch.get_num_threads(),
        "data_digest": digest_of((*splits.train, *splits.val)),
        "train_items": len(splits.train),
        "val_items": len(splits.val),
        "split": splits.origin,
        "epochs": len(outcome.epochs),
        "best_epoch": outcome.best,
        "ended": outcome.reason,
        "skipped_steps": outcome.skipped,
        "weighting": config.training.weighting,
        "losses": {t.name: t.criterion.name for t in outcome.network.tasks},
        "versions": {
            "qc_station": code_version(),
            "python": platform.python_version(),
            "torch": str(torch.__version__),
            "onnxruntime": onnxruntime.__version__,
        },
    }


def _figures(outcome: Outcome, parity: Parity, agreement: Agreement) -> dict[str, Any]:
    best = outcome.epochs[outcome.best - 1]
    return {
        "validation_loss": best.shown_val,
        "validation_loss_relative_to_no_skill": best.val,
        "parity": {
            "max_abs_difference": parity.worst,
            "output": parity.output,
            "novelty_difference": parity.novelty,
            "comparisons": parity.comparisons,
        },
        "validation": agreement.as_json(),
        "neurons": outcome.network.describe(),
    }


def digest_of(items: Iterable[Item]) -> str:
    """The store's digest of some items: equal digests mean equal names, groups, splits, labels, weights and samples."""
    return data_digest((item.name, content_digest(item)) for item in items)
