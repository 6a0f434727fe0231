"""A training on disk, so that a kill costs seconds: written whole or not at all, read only where it fits."""

import hashlib
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

if TYPE_CHECKING:
    from models.trainer import Trainer

FORMAT = 1
EVERY_S = 20.0


def fingerprint(trainer: "Trainer") -> dict[str, str]:
    """What a checkpoint belongs to: digests of the settings, the network's shape and the items, and the thread count."""
    shapes = [(name, tuple(value.shape)) for name, value in trainer.network.state_dict().items()]
    data = hashlib.blake2b(digest_size=16)
    for items in (trainer.train, trainer.val):
        tables: tuple[dict[str, NDArray[Any]], ...] = (items.windows, items.rows, items.targets, items.weights)
        for table in tables:
            for name in sorted(table):
                data.update(name.encode() + str(table[name].dtype).encode() + str(table[name].shape).encode())
                data.update(np.ascontiguousarray(table[name]).reshape(-1).view(np.uint8))  # type: ignore[arg-type]
    return {
        "settings": repr(trainer.settings),
        "network": hashlib.blake2b(repr(shapes).encode(), digest_size=16).hexdigest(),
        "items": data.hexdigest(),
        "threads": str(torch.get_num_threads()),
    }


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
            False where there is no file: the training begins at its beginning.

        Raises:
            ValueError: the file is of other items, settings or threads, or is no checkpoint.
        """
        if not self.file.exists():
            return False
        found = self._read()
        self.belongs = fingerprint(trainer)
        other = [name for name, value in self.belongs.items() if found["belongs"].get(name) != value]
        if other:
            name = other[0]
            raise ValueError(
                f"{self.file} belongs to another training: its {name} differ ({found['belongs'].get(name)!r}, "
                f"now {self.belongs[name]!r}); train without resuming, or put back what was changed"
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
            raise ValueError(f"{self.file}: format {found['format']}; this program reads {FORMAT}")
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
