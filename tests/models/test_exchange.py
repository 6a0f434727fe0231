"""Several processes train as one."""

import multiprocessing
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.distributed as dist

from models.exchange import Exchange, Ranks, exchange_here, together
from models.injection import collate
from models.settings import Settings
from models.trainer import Trainer
from tests.synthetic import ENOSE, dataset, tasks_for, without

SPECS = (replace(ENOSE, name="acoustic"), ENOSE)
STEPS = 50


def trained(weighting: str) -> tuple[dict[str, torch.Tensor], list[dict[str, float]]]:
    """Fifty steps, every kind of noise included: augmentation, dropout of streams and of neurons."""
    torch.set_num_threads(1)
    ticks = count()
    data = without(dataset(85, specs=SPECS), "acoustic", [0, 5, 9])
    chosen = Settings(epochs=10, batch=17, weighting=weighting)
    val = dataset(12, specs=SPECS, seed=5)
    trainer = Trainer(SPECS, tasks_for(SPECS), data, val, chosen, lambda: float(next(ticks)))
    outcome = trainer.run()
    assert trainer.course.steps == STEPS
    return dict(trainer.network.state_dict()), [epoch.train for epoch in outcome.epochs]


def member(rank: int, size: int, meeting: str, weighting: str, file: str) -> None:
    dist.init_process_group("gloo", init_method=f"file://{meeting}", rank=rank, world_size=size)
    try:
        torch.save(trained(weighting), f"{file}{rank}")
    finally:
        dist.destroy_process_group()


def several(folder: Path, size: int, target: Callable[..., None], *rest: Any) -> None:
    """Run the same function in so many processes that have found one another."""
    context = multiprocessing.get_context("spawn")
    ranks = [context.Process(target=target, args=(rank, size, str(folder / "meeting"), *rest)) for rank in range(size)]
    for rank in ranks:
        rank.start()
    for rank in ranks:
        rank.join(120)
        assert rank.exitcode == 0


@pytest.mark.parametrize("weighting", ["upgrad", pytest.param("uncertainty", marks=pytest.mark.slow)])
def test_two_processes_end_where_one_does(tmp_path: Path, weighting: str) -> None:
    several(tmp_path, 2, member, weighting, str(tmp_path / "rank"))
    alone, losses = trained(weighting)
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
