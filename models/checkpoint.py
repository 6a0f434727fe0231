"""A training on disk, so that a kill costs seconds: written whole or not at all, read only where it fits."""

import hashlib
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from models.terms import Term

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    from models.trainer import Trainer

FORMAT = 3
"""1 knew nothing of tasks, terms and streams."""
EVERY_S = 20.0
MOST_NAMED = 3
"""So many differences are named where a checkpoint is refused."""


def fingerprint(trainer: "Trainer") -> dict[str, str]:
    """What a checkpoint belongs to, by what a person may have changed: the value where it is short, or its digest."""
    shapes = [(name, tuple(value.shape)) for name, value in trainer.network.state_dict().items()]
    data = hashlib.blake2b(digest_size=16)
    for items in (trainer.train, trainer.val):
        tables: tuple[dict[str, NDArray[Any]], ...] = (items.windows, items.rows, items.targets, items.weights)
        for table in tables:
            _feed(data, table)
    found = {"items": data.hexdigest(), "threads": str(torch.get_num_threads())}
    found |= _fields("setting", trainer.settings)
    for spec in trainer.network.inputs:
        found |= _fields(f"stream {spec.name!r}:", spec)
    for task in trainer.network.tasks:
        found |= _fields(f"task {task.name!r}:", task)
    for term in trainer.loss.terms:
        found |= _parameters(term)
    return found | {"network": _digest(shapes)}


def _fields(owner: str, value: "DataclassInstance") -> dict[str, str]:
    return {f"{owner} {field.name}": repr(getattr(value, field.name)) for field in fields(value)}


def _parameters(term: Term) -> dict[str, str]:
    """What a term was built from: all that it shows; what it keeps for itself follows from that."""
    shown = {name: value for name, value in vars(term).items() if name != "name" and not name.startswith("_")}
    return {f"term {term.name!r}:": type(term).__name__} | {
        f"term {term.name!r}: {name}": repr(value) if isinstance(value, int | float | str) else _digest(value)
        for name, value in shown.items()
    }


def _digest(value: object) -> str:
    found = hashlib.blake2b(digest_size=16)
    _feed(found, value)
    return found.hexdigest()


def _feed(digest: "hashlib.blake2b", value: object) -> None:
    """Hash arrays by their bytes, networks by their state, tables by their sorted keys, and what is plain by its text."""
    if isinstance(value, torch.nn.Module):
        _feed(digest, value.state_dict())
    elif isinstance(value, torch.Tensor):
        _feed(digest, value.detach().numpy())
    elif isinstance(value, Mapping):
        for name in sorted(value):
            digest.update(repr(name).encode())
            _feed(digest, value[name])
    elif isinstance(value, np.ndarray):
        digest.update(f"{value.dtype}{value.shape}".encode())
        digest.update(np.ascontiguousarray(value).reshape(-1).view(np.uint8))  # type: ignore[arg-type]
    elif isinstance(value, list | tuple):
        for one in value:
            _feed(digest, one)
    else:
        digest.update(f"{value!r};".encode())


def _differences(before: Mapping[str, str], now: Mapping[str, str]) -> str:
    """What differs between two fingerprints, in words; nothing where they are the same."""
    other = [name for name in {**now, **before} if before.get(name) != now.get(name)]
    said = [f"{name} ({before.get(name, 'absent')}, now {now.get(name, 'absent')})" for name in other[:MOST_NAMED]]
    more = len(other) - len(said)
    return ", ".join(said) + (f" and {more} more" if more else "")


class Checkpoints:
    """One file that is replaced from time to time."""

    def __init__(self, file: Path, every_s: float = EVERY_S, clock: Callable[[], float] = time.monotonic) -> None:
        """Keep a training in a file.

        Args:
            file: Its folder exists.
            every_s: Least time between two writings.
            clock: Seconds.
        """
        self.file, self.every_s, self.clock = file, every_s, clock
        self.last = clock()
        self.belongs: dict[str, str] | None = None

    def save_when_due(self, trainer: "Trainer") -> None:
        """Write if it is time; called between two steps."""
        if trainer.exchange.first and self.clock() - self.last >= self.every_s:
            self.save(trainer)

    def save(self, trainer: "Trainer") -> None:
        """Write now: beside the file, flushed to disk, then in its place."""
        self.belongs = self.belongs or fingerprint(trainer)
        beside = self.file.with_name(f"{self.file.name}.{os.getpid()}.part")
        try:
            with beside.open("wb") as out:
                torch.save({"format": FORMAT, "belongs": self.belongs, "state": trainer.state()}, out)
                out.flush()
                os.fsync(out.fileno())
            beside.replace(self.file)
        finally:
            beside.unlink(missing_ok=True)
        folder = os.open(self.file.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        self.last = self.clock()

    def resume(self, trainer: "Trainer") -> bool:
        """Bring a new trainer to where the file was written.

        Returns:
            False where there is no file: the training begins at its beginning. Of several processes only the first
            reads, which gives the others its state; what they have may be old.

        Raises:
            ValueError: the file is of another training, or is no checkpoint; says what differs.
        """
        if not (trainer.exchange.first and self.file.exists()):
            return False
        found = self._read()
        self.belongs = fingerprint(trainer)
        if other := _differences(found["belongs"], self.belongs):
            raise ValueError(
                f"{self.file} belongs to another training, which differs in {other}; "
                "train without resuming, or put back what was changed"
            )
        trainer.load_state(found["state"])
        return True

    def _read(self) -> dict[str, Any]:
        try:
            found: dict[str, Any] = torch.load(self.file, weights_only=True)
            known = found["format"] == FORMAT
        except Exception as error:  # torch.load raises whatever its reader meets
            raise ValueError(f"{self.file} is no checkpoint that can be read: {error}") from error
        if not known:
            raise ValueError(
                f"{self.file}: a checkpoint of format {found['format']}; this program reads {FORMAT}; train without resuming"
            )
        return found

    def done(self) -> None:
        """The training has ended well: nothing is left to resume."""
        self.file.unlink(missing_ok=True)


class NoCheckpoints(Checkpoints):
    """For a training that nobody wants to resume."""

    def __init__(self) -> None:
        super().__init__(Path())

    def save_when_due(self, trainer: "Trainer") -> None:
        """Nothing."""
