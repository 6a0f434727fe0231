"""Several processes that train together, for tests."""

import multiprocessing
from collections.abc import Callable
from pathlib import Path
from typing import Any


def several(folder: Path, size: int, target: Callable[..., None], *rest: Any) -> None:
    """Run the same function in so many processes that find one another at a file in this folder."""
    context = multiprocessing.get_context("spawn")
    meeting = str(folder / "meeting")
    ranks = [context.Process(target=target, args=(rank, size, meeting, *rest)) for rank in range(size)]
    for rank in ranks:
        rank.start()
    for rank in ranks:
        rank.join(240)
        assert rank.exitcode == 0
