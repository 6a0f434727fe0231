"""Several processes train as one."""

from collections.abc import Callable
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.distributed as dist

from models.checkpoint import Checkpoints
from models.exchange import Exchange, Ranks, exchange_here, together
from models.history import Epoch, Outcome
from models.injection import Dataset, InputSpec, collate
from models.settings import Settings
from models.trainer import Trainer
from tests.models.double import Double
from tests.models.processes import several
from tests.synthetic import ACOUSTIC, ENOSE, THERMAL, dataset, tasks_for, without

TWO_SERIES = (replace(ENOSE, name="acoustic"), ENOSE)
THREE_KINDS = (ACOUSTIC, THERMAL, ENOSE)
STEPS = 50
Trained = tuple[dict[str, torch.Tensor], list[dict[str, float]]]


def series(weighting: str) -> Trained:
    """Fifty steps, every kind of noise included: augmentation, dropout of streams and of neurons."""
    data = without(dataset(85, specs=TWO_SERIES), "acoustic", [0, 5, 9])
    return trained(TWO_SERIES, data, Settings(epochs=10, batch=17, weighting=weighting))


def all_kinds(weighting: str, accumulation: int = 1) -> Trained:
    """The same with encoders that normalize by the batch, one of them so rare that a share of a batch often has none of it.

    A third of the parts have no label at all.
    """
    data = without(dataset(425, specs=THREE_KINDS), "acoustic", [n for n in range(425) if n % 8])
    for values in data.targets.values():
        values[::3] = np.nan
    many = 17 // accumulation
    chosen = Settings(epochs=2, batch=many, accumulation=accumulation, weighting=weighting)
    return trained(THREE_KINDS, data, chosen)


def trained(specs: tuple[InputSpec, ...], data: Dataset, chosen: Settings) -> Trained:
    torch.set_num_threads(1)
    ticks = count()
    val = dataset(12, specs=specs, seed=5)
    trainer = Double(specs, tasks_for(specs), data, val, chosen, lambda: float(next(ticks)))
    torch.set_default_dtype(torch.float64)
    try:
        outcome = trainer.run()
    finally:
        torch.set_default_dtype(torch.float32)
    assert trainer.course.steps >= STEPS
    return dict(trainer.network.state_dict()), [epoch.train for epoch in outcome.epochs]


def member(rank: int, size: int, meeting: str, train: Callable[..., Trained], file: str, *rest: Any) -> None:
    dist.init_process_group("gloo", init_method=f"file://{meeting}", rank=rank, world_size=size)
    try:
        torch.save(train(*rest), f"{file}{rank}")
    finally:
        dist.destroy_process_group()


def resumed(folder: str, rank: int) -> None:
    """Trainings whole and interrupted, each process with a folder of its own."""
    torch.set_num_threads(1)
    here = Path(folder) / str(rank)
    here.mkdir()
    torch.save(bits(fresh().run()), here / "whole")
    keeper = Checkpoints(here / "checkpoint", every_s=0.0, clock=lambda: 0.0)
    with pytest.raises(StopError):
        fresh().run(stopped, keeper)
    assert keeper.file.exists() == (rank == 0)
    if rank:
        keeper.file.write_bytes(b"left by a training of long ago")
    later = fresh()
    assert keeper.resume(later) == (rank == 0)
    outcome = later.run()
    assert len(outcome.epochs) == 3
    torch.save(bits(outcome), here / "resumed")


class StopError(Exception):
    """Stands for a kill of all processes."""


def stopped(epoch: Epoch) -> None:
    if epoch.number == 2:
        raise StopError


def fresh() -> Trainer:
    ticks = count()
    specs = (ACOUSTIC, ENOSE)
    data = dataset(40, specs=specs)
    chosen = Settings(epochs=3, batch=8, weighting="uncertainty")
    return Trainer(specs, tasks_for(specs), data, dataset(12, specs=specs, seed=5), chosen, lambda: float(next(ticks)))


def bits(outcome: Outcome) -> dict[str, torch.Tensor]:
    return dict(outcome.network.state_dict())


def resuming(rank: int, size: int, meeting: str, folder: str) -> None:
    dist.init_process_group("gloo", init_method=f"file://{meeting}", rank=rank, world_size=size)
    try:
        resumed(folder, rank)
    finally:
        dist.destroy_process_group()


def test_a_process_with_an_old_checkpoint_or_none_goes_on_where_the_first_does(tmp_path: Path) -> None:
    several(tmp_path, 2, resuming, str(tmp_path))
    whole = torch.load(tmp_path / "0" / "whole", weights_only=True)
    for rank in ("0", "1"):
        found = torch.load(tmp_path / rank / "resumed", weights_only=True)
        assert all(torch.equal(found[name], value) for name, value in whole.items())


@pytest.mark.parametrize(
    ("train", "rest"),
    [
        (series, ("upgrad",)),
        pytest.param(series, ("uncertainty",), marks=pytest.mark.slow),
        (all_kinds, ("fixed",)),
        pytest.param(all_kinds, ("famo", 2), marks=pytest.mark.slow),
    ],
)
def test_two_processes_end_where_one_does(tmp_path: Path, train: Callable[..., Trained], rest: tuple[Any, ...]) -> None:
    several(tmp_path, 2, member, train, str(tmp_path / "rank"), *rest)
    alone, losses = train(*rest)
    for rank in (0, 1):
        found, heard = torch.load(tmp_path / f"rank{rank}", weights_only=True)
        off = max(float((found[name] - value).abs().max()) for name, value in alone.items())
        assert off <= 1e-6
        for one, other in zip(heard, losses, strict=True):
            assert one == pytest.approx(other, rel=1e-5)


def test_a_process_alone_has_everything_to_itself() -> None:
    exchange = exchange_here()
    batch = collate(dataset(5), np.arange(5))
    assert type(exchange) is Exchange
    assert exchange.share(batch) == slice(0, 5)
    assert exchange.numbers([1.0, 2.0]) == [1.0, 2.0]
    assert exchange.agree("x") == "x"


def test_without_torchrun_nothing_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RANK", raising=False)
    with together() as first:
        assert first
        assert not dist.is_initialized()


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_every_item_is_taken_by_exactly_one_process(size: int) -> None:
    batch = collate(dataset(5), np.arange(5))
    taken: list[int] = []
    for rank in range(size):
        one = Ranks.__new__(Ranks)
        one.rank, one.size = rank, size
        part = one.share(batch)
        taken += range(part.start, part.stop)
        assert batch.part(part).size == part.stop - part.start
    assert taken == list(range(5))


def test_a_part_of_a_batch_holds_its_own_items_and_no_other() -> None:
    data = without(dataset(6, specs=(replace(ENOSE, name="one"),)), "one", [1])
    batch = collate(data, np.arange(6))
    part = batch.part(slice(1, 4))
    assert part.places["one"].tolist() == [1, 2]
    assert torch.equal(part.windows["one"], batch.windows["one"][1:3])
    assert torch.equal(part.targets["label"], batch.targets["label"][1:4])
