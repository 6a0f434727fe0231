"""A training that was killed ends with the bits of one that was not."""

import multiprocessing
import os
import signal
import time
from dataclasses import replace
from itertools import count
from multiprocessing.synchronize import Event
from pathlib import Path

import numpy as np
import pytest
import torch

import models.checkpoint
from models.checkpoint import Checkpoints
from models.settings import Settings
from models.trainer import Trainer
from models.weighting import names
from tests.synthetic import ENOSE, dataset, tasks_for, without

SPECS = (replace(ENOSE, name="one"), replace(ENOSE, name="two"))


class KilledError(Exception):
    """Stands for a kill where a real one would end the test."""


class Frequent(Checkpoints):
    """Writes after every step; dies after, or in the middle of, one of them."""

    def __init__(self, file: Path, die_after: int | None = None, half_written: bool = False) -> None:
        ticks = count()
        super().__init__(file, every_s=0.5, clock=lambda: float(next(ticks)))
        self.left, self.half_written = die_after, half_written

    def save_when_due(self, trainer: Trainer) -> None:
        if self.left == 0:
            if self.half_written:
                self.file.with_name(f"{self.file.name}.1.part").write_bytes(b"PK\x03\x04 half")
            raise KilledError
        super().save_when_due(trainer)
        self.left = None if self.left is None else self.left - 1


def fresh(weighting: str = "fixed", **settings: object) -> Trainer:
    """Some items lack a stream; steps are made of two batches, the last of one."""
    data = without(dataset(44, specs=SPECS), "one", [0, 5, 9])
    chosen = Settings(**{"epochs": 3, "batch": 8, "accumulation": 2, "weighting": weighting, **settings})  # type: ignore[arg-type]
    ticks = count()
    val = dataset(12, specs=SPECS, seed=5)
    return Trainer(SPECS, tasks_for(SPECS), data, val, chosen, lambda: float(next(ticks)))


def bits(trainer: Trainer) -> list[bytes]:
    return [value.numpy().tobytes() for value in trainer.run().network.state_dict().values()]


@pytest.mark.parametrize("weighting", names())
@pytest.mark.parametrize("step", [0, 1, 3, 7])
def test_what_was_killed_ends_with_the_same_bits(tmp_path: Path, weighting: str, step: int) -> None:
    file = tmp_path / "checkpoint.pt"
    whole = bits(fresh(weighting))
    with pytest.raises(KilledError):
        fresh(weighting).run(checkpoints=Frequent(file, die_after=step, half_written=True))
    again = fresh(weighting)
    if step:
        torch.rand(7)  # What others draw in the new process must not matter.
    assert Frequent(file).resume(again) == (step > 0)
    assert again.course.steps == step
    assert bits(again) == whole


def test_history_and_reason_are_those_of_the_whole_training(tmp_path: Path) -> None:
    file = tmp_path / "checkpoint.pt"
    wanted = fresh().run()
    with pytest.raises(KilledError):
        fresh().run(checkpoints=Frequent(file, die_after=7))
    again = fresh()
    Frequent(file).resume(again)
    found = again.run()
    assert found.reason == wanted.reason
    strip = [replace(e, elapsed_s=0.0) for e in wanted.epochs]
    assert [replace(e, elapsed_s=0.0) for e in found.epochs] == strip


def test_time_that_was_spent_before_the_kill_counts(tmp_path: Path) -> None:
    file = tmp_path / "checkpoint.pt"
    with pytest.raises(KilledError):
        fresh().run(checkpoints=Frequent(file, die_after=7))
    again = fresh()
    Frequent(file).resume(again)
    spent = again.course.elapsed_s
    assert spent == 2.0
    assert again.run().epochs[-1].elapsed_s == spent + 1.0


def test_an_older_checkpoint_outlives_a_writing_that_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, trainer = tmp_path / "checkpoint.pt", fresh()
    keeper = Checkpoints(file)
    keeper.save(trainer)
    before = file.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(models.checkpoint.torch, "save", full)
    with pytest.raises(OSError, match="No space"):
        keeper.save(trainer)
    assert file.read_bytes() == before
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"seed": 4}, "its settings differ"),
        ({"weighting": "uncertainty"}, "its settings differ"),
    ],
)
def test_a_checkpoint_of_other_settings_is_refused(tmp_path: Path, other: dict[str, object], message: str) -> None:
    keeper = Checkpoints(tmp_path / "checkpoint.pt")
    keeper.save(fresh())
    with pytest.raises(ValueError, match=message):
        Checkpoints(keeper.file).resume(fresh(**other))


def test_a_checkpoint_of_other_items_is_refused(tmp_path: Path) -> None:
    keeper = Checkpoints(tmp_path / "checkpoint.pt")
    keeper.save(fresh())
    other = fresh()
    other.train.windows["two"][3, 0, 0] += np.float32(1e-3)
    with pytest.raises(ValueError, match="its items differ"):
        Checkpoints(keeper.file).resume(other)


def test_a_checkpoint_of_another_number_of_threads_is_refused(tmp_path: Path) -> None:
    keeper = Checkpoints(tmp_path / "checkpoint.pt")
    keeper.save(fresh())
    torch.set_num_threads(2)
    with pytest.raises(ValueError, match=r"its threads differ \('1', now '2'\)"):
        Checkpoints(keeper.file).resume(fresh())


@pytest.mark.parametrize("spoilt", [b"", b"PK\x03\x04", b"no checkpoint at all"])
def test_a_file_that_is_no_checkpoint_is_refused_by_name(tmp_path: Path, spoilt: bytes) -> None:
    file = tmp_path / "checkpoint.pt"
    file.write_bytes(spoilt)
    with pytest.raises(ValueError, match=r"checkpoint\.pt is no checkpoint that can be read"):
        Checkpoints(file).resume(fresh())


def test_a_truncated_checkpoint_is_refused_wherever_it_ends(tmp_path: Path) -> None:
    keeper = Checkpoints(tmp_path / "checkpoint.pt")
    keeper.save(fresh())
    whole = keeper.file.read_bytes()
    for share in (0.1, 0.5, 0.9, 0.999):
        keeper.file.write_bytes(whole[: int(share * len(whole))])
        with pytest.raises(ValueError, match="no checkpoint that can be read"):
            Checkpoints(keeper.file).resume(fresh())


def train_to_the_end(file: Path, weighting: str, began: Event) -> None:
    torch.set_num_threads(1)
    trainer = fresh(weighting)
    keeper = Frequent(file)
    keeper.resume(trainer)
    began.set()
    network = trainer.run(checkpoints=keeper).network
    beside = file.with_suffix(".part")
    torch.save(network.state_dict(), beside)
    beside.replace(file.with_suffix(".done"))


@pytest.fixture
def server() -> multiprocessing.context.ForkServerContext:
    """Starts processes that have torch already, with what its optimisers import: a kill hits a training, not an import."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["torch._dynamo", "tests.models.test_checkpoint"])
    return context


@pytest.mark.slow
def test_fifty_real_kills_at_random_moments_leave_the_same_bits(
    tmp_path: Path, server: multiprocessing.context.ForkServerContext
) -> None:
    """Moments are drawn over the time that a whole training takes, from when it has begun: each may save something."""
    random = np.random.default_rng(0)
    whole, took = {}, {}
    for name in ("fixed", "uncertainty"):
        start = time.perf_counter()
        whole[name] = bits(fresh(name))
        took[name] = time.perf_counter() - start
    kills = number = 0
    while kills < 50:
        number += 1
        weighting = ("fixed", "uncertainty")[number % 2]
        file = tmp_path / f"{number}.pt"
        while not file.with_suffix(".done").exists():
            began = server.Event()
            child = server.Process(target=train_to_the_end, args=(file, weighting, began))
            child.start()
            assert began.wait(60.0)
            child.join(random.uniform(0.0, took[weighting]))
            if child.exitcode is None:
                os.kill(child.pid or 0, signal.SIGKILL)
                kills += 1
            child.join()
            assert child.exitcode in (0, -signal.SIGKILL)
        found = torch.load(file.with_suffix(".done"), weights_only=True)
        assert [v.numpy().tobytes() for v in found.values()] == whole[weighting]
