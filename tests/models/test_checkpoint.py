"""A training that was killed ends with the bits of one that was not."""

import io
import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from functools import cache
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


def die() -> None:
    """As the kernel would end it: nothing is flushed, closed or tidied up."""
    os.kill(os.getpid(), signal.SIGKILL)


def between_batches(trainer: Trainer, nth: int) -> None:
    """Die with the gradients of the first of two batches in the parameters, those of the second not.

    Args:
        trainer: An epoch of it has five batches, which make steps of two, two and one.
        nth: Epoch, from 1, in whose second step it dies.
    """
    backwards = count(1)
    shared = trainer.network.paths()["shared"][0]
    shared.register_post_accumulate_grad_hook(lambda _: die() if next(backwards) == 5 * nth - 2 else None)


def half_written(_: Trainer, nth: int) -> None:
    """Die in the nth writing, with half of the bytes on disk."""
    write, saved = torch.save, count(1)

    def save(state: object, out: io.BufferedWriter) -> None:
        whole = io.BytesIO()
        write(state, whole)
        if next(saved) < nth:
            out.write(whole.getvalue())
        else:
            out.write(whole.getvalue()[: len(whole.getvalue()) // 2])
            out.flush()
            os.fsync(out.fileno())
            die()

    models.checkpoint.torch.save = save  # type: ignore[assignment]


def not_yet_in_place(_: Trainer, nth: int) -> None:
    """Die in the nth writing, with all bytes on disk beside the file."""
    replace, saved = Path.replace, count(1)
    Path.replace = lambda self, to: replace(self, to) if next(saved) < nth else die()  # type: ignore[method-assign, assignment]


def train_to_the_end(
    file: Path, weighting: str, began: Event, mine: Callable[[Trainer, int], None] | None = None, nth: int = 0
) -> None:
    """What a process does: go on from the file, and leave the network beside it."""
    torch.set_num_threads(1)
    trainer = fresh(weighting)
    keeper = Frequent(file)
    keeper.resume(trainer)
    if mine:
        mine(trainer, nth)
    began.set()
    network = trainer.run(checkpoints=keeper).network
    beside = file.with_suffix(".part")
    torch.save(network.state_dict(), beside)
    beside.replace(file.with_suffix(".done"))


def ended(file: Path) -> list[bytes]:
    return [v.numpy().tobytes() for v in torch.load(file.with_suffix(".done"), weights_only=True).values()]


@cache
def unkilled(weighting: str) -> tuple[list[bytes], float]:
    """The bits of a training that nobody killed, and how long one takes once all is imported and built."""
    whole, trainer = bits(fresh(weighting)), fresh(weighting)
    start = time.perf_counter()
    trainer.run()
    return whole, time.perf_counter() - start


@pytest.fixture
def server() -> multiprocessing.context.ForkServerContext:
    """Starts processes that have torch already, with what its optimisers and weightings import: a kill hits a training, not an import."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(
        ["torch._dynamo", "scipy.optimize", "torchjd.aggregation", "tests.models.test_checkpoint"]
    )
    return context


KILLS = 4
"""Random ones of each weighting; more than fifty in all."""


@pytest.mark.slow
@pytest.mark.parametrize("weighting", names())
def test_real_kills_at_random_moments_leave_the_same_bits(
    tmp_path: Path, server: multiprocessing.context.ForkServerContext, weighting: str
) -> None:
    """Moments are drawn over the time that a whole training takes, from when it has begun: each may save something."""
    assert KILLS * len(names()) >= 50
    random = np.random.default_rng(names().index(weighting))
    whole, took = unkilled(weighting)
    kills = number = 0
    while kills < KILLS:
        number += 1
        file = tmp_path / f"{number}.pt"
        while not file.with_suffix(".done").exists():
            began = server.Event()
            child = server.Process(target=train_to_the_end, args=(file, weighting, began))
            child.start()
            assert began.wait(60.0)
            # The last file is brought to its end once there are kills enough.
            child.join(random.uniform(0.0, took) if kills < KILLS else None)
            if child.exitcode is None:
                os.kill(child.pid or 0, signal.SIGKILL)
                kills += 1
            child.join()
            assert child.exitcode in (0, -signal.SIGKILL)
        assert ended(file) == whole


@pytest.mark.slow
@pytest.mark.parametrize("weighting", names())
def test_kills_in_the_middle_of_a_step_and_of_a_writing_leave_the_same_bits(
    tmp_path: Path, server: multiprocessing.context.ForkServerContext, weighting: str
) -> None:
    """Nine steps, a checkpoint after each: dead in the second and, gone on after the first, in the fifth and seventh."""
    file, steps = tmp_path / "checkpoint.pt", []
    for mine, nth in ((between_batches, 1), (half_written, 4), (not_yet_in_place, 3), (None, 0)):
        began = server.Event()
        child = server.Process(target=train_to_the_end, args=(file, weighting, began, mine, nth))
        child.start()
        child.join(60.0)
        assert child.exitcode == (-signal.SIGKILL if mine else 0)
        steps.append(torch.load(file, weights_only=True)["state"]["course"]["steps"])
    assert steps == [1, 4, 6, 9]
    assert ended(file) == unkilled(weighting)[0]
