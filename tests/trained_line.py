"""One network of the simulated line that has learnt, for every slow test that needs one: trained once a run of pytest."""

import fcntl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

SHIFTS, PARTS, EPOCHS = 7, 80, 15
"""Shifts of several lines, so that another line is not new to it."""
BUNDLES, NETWORK = "bundles", "network.pt"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainedLine:
    """Read-only: copy what a test changes."""

    bundle: Path
    """The folder of the bundle."""
    network: Path
    """What was exported, a `Deciding`, as torch keeps it; for `torch.load`."""


def trained_in(folder: Path) -> TrainedLine:
    """What was trained in a folder; the first who asks trains it, and who asks meanwhile waits for it."""
    once(folder, _train)
    (bundle,) = (folder / BUNDLES).iterdir()
    return TrainedLine(bundle=bundle, network=folder / NETWORK)


def once(folder: Path, make: Callable[[Path], None]) -> None:
    """Make what a folder holds unless it was made, by whichever process or thread comes first.

    Args:
        folder: Made where missing.
        make: Called with it; where it raises, the next who comes tries again.
    """
    folder.mkdir(parents=True, exist_ok=True)
    made = folder / "made"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            make(folder)
            made.touch()


def _train(folder: Path) -> None:
    """Only who trains it loads torch here."""
    import torch

    from tests.simulated_line import network, publish, shifts

    items = shifts(SHIFTS, PARTS)
    deciding = network(items, epochs=EPOCHS)
    publish(deciding, items, folder / BUNDLES)
    torch.save(deciding, folder / NETWORK)
