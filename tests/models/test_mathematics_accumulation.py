"""In double precision a step cut into any chunks has the gradient of the whole batch, to rounding."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from models.adjustment import PathSettings
from models.injection import ABSENT, Batch, Dataset, InputSpec, collate
from models.settings import Settings
from models.trainer import Trainer
from models.weighting import names
from tests.models.double import Double
from tests.synthetic import ACOUSTIC, ENOSE, THERMAL, dataset, tasks_for

# In training batch statistics differ with the cut by design: every test here is in evaluation mode, where they stand still.
SPECS = tuple(replace(ENOSE, name=name, augment=()) for name in ("one", "two", "three"))
KINDS = tuple(replace(spec, augment=()) for spec in (ACOUSTIC, THERMAL, ENOSE))
ITEMS = 14
STILL = PathSettings(optimizer="sgd", lr=0.0, weight_decay=0.0, clip_norm=1e18)
FINEST = 1e-12


@pytest.fixture(autouse=True)
def _double() -> Iterator[None]:
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def holed(seed: int, specs: tuple[InputSpec, ...] = SPECS) -> Dataset:
    """Parts of which three in ten labels of every task are missing, and a third of the streams."""
    random = np.random.default_rng(seed)
    data = dataset(ITEMS, specs=specs, seed=seed)
    for values in data.targets.values():
        values[random.random(ITEMS) < 0.3] = np.nan
    rows = {name: np.where(random.random(ITEMS) < 0.33, ABSENT, row) for name, row in data.rows.items()}
    return replace(data, rows=rows)


def batch_of(data: Dataset, items: Sequence[int]) -> Batch:
    batch = collate(data, np.array(items))
    return replace(batch, windows={name: window.double() for name, window in batch.windows.items()})


def trainer(weighting: str, specs: tuple[InputSpec, ...] = SPECS) -> Trainer:
    """A trainer without dropout of any kind whose steps leave gradients and change no parameter."""
    paths = dict.fromkeys((*(s.name for s in specs), "shared"), STILL)
    data = dataset(16, specs=specs)
    built = Double(specs, tasks_for(specs), data, data, Settings(weighting=weighting, paths=paths, drop_stream=0.0))
    built.network.eval()
    return built


def of_all_kinds(weighting: str) -> Trainer:
    """One of a waveform, an image and a series, whose layers of batch normalization have seen something."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("models.encoders.image.FEWEST_FRAMES", 1)
        built = trainer(weighting, KINDS)
    layers = [m for m in built.network.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    assert len(layers) > 10
    random = torch.Generator().manual_seed(1)
    for layer in layers:
        assert layer.running_mean is not None
        assert layer.running_var is not None
        layer.running_mean.normal_(generator=random)
        layer.running_var.uniform_(0.5, 2.0, generator=random)
    return built


@cache
def fixed() -> Trainer:
    """One for all cuts: fixed priorities remember nothing."""
    return trainer("fixed")


def gradient(data: Dataset, chunks: Sequence[Sequence[int]], one: Trainer) -> torch.Tensor:
    """Of all parameters, after one step from these chunks."""
    one.step([batch_of(data, chunk) for chunk in chunks])
    return torch.cat([(torch.zeros_like(p) if p.grad is None else p.grad).flatten() for p in one.network.parameters()])


def splits() -> st.SearchStrategy[list[list[int]]]:
    """All items in any order, cut anywhere, chunks of one included."""

    def cut(order: list[int], places: set[int]) -> list[list[int]]:
        return [order[a:b] for a, b in pairwise([0, *sorted(places), ITEMS])]

    return st.builds(cut, st.permutations(range(ITEMS)), st.sets(st.integers(1, ITEMS - 1)))


def same(found: torch.Tensor, wanted: torch.Tensor) -> None:
    assert wanted.dtype == torch.float64
    assert wanted.norm() > 0
    assert (found - wanted).norm() <= FINEST * wanted.norm()


@settings(max_examples=8)
@given(splits(), st.integers(0, 1000))
def test_any_ragged_split_has_the_gradient_of_the_whole_batch(chunks: list[list[int]], seed: int) -> None:
    data = holed(seed)
    same(gradient(data, chunks, fixed()), gradient(data, [range(ITEMS)], fixed()))


@pytest.mark.parametrize("weighting", names())
def test_under_every_weighting_chunks_of_one_have_the_gradient_of_the_whole_batch(weighting: str) -> None:
    data = holed(7)
    same(
        gradient(data, [[n] for n in range(ITEMS)], trainer(weighting)),
        gradient(data, [range(ITEMS)], trainer(weighting)),
    )


@pytest.mark.parametrize("weighting", ["fixed", "uncertainty", "upgrad", "aligned_mtl", "grad_norm"])
@pytest.mark.parametrize("cuts", [range(ITEMS + 1), (0, 1, 8, 9, ITEMS)])
def test_with_still_batch_statistics_waveforms_and_images_have_it_too(weighting: str, cuts: Sequence[int]) -> None:
    data = holed(7, KINDS)
    data.rows["acoustic"][1:8] = ABSENT
    data.rows["thermal"][8] = ABSENT
    chunks = [range(a, b) for a, b in pairwise(cuts)]
    same(gradient(data, chunks, of_all_kinds(weighting)), gradient(data, [range(ITEMS)], of_all_kinds(weighting)))


def test_in_training_statistics_of_a_batch_are_its_own() -> None:
    """The exception that `Settings.accumulation` names."""
    data, one = holed(7, KINDS), of_all_kinds("fixed")
    one.network.encoders["acoustic"].train()
    whole, cut = gradient(data, [range(ITEMS)], one), gradient(data, [range(7), range(7, ITEMS)], one)
    assert (cut - whole).norm() > 1e-3 * whole.norm()


@pytest.mark.parametrize("weighting", names())
def test_a_stream_that_a_whole_chunk_lacks_changes_nothing(weighting: str) -> None:
    data = holed(3)
    data.rows["one"][:5] = ABSENT
    data.targets["label"][5:9] = np.nan
    chunks = [range(5), range(5, 9), range(9, ITEMS)]
    same(gradient(data, chunks, trainer(weighting)), gradient(data, [range(ITEMS)], trainer(weighting)))


@pytest.mark.parametrize(("batches", "accumulation"), [(7, 3), (6, 3), (5, 1), (2, 4), (4, 4)])
def test_an_epoch_makes_as_many_steps_as_batches_by_accumulation_rounded_up(batches: int, accumulation: int) -> None:
    torch.set_default_dtype(torch.float32)
    chosen = Settings(epochs=1, batch=4, accumulation=accumulation)
    data = dataset(4 * batches, specs=SPECS)
    one, seen = Trainer(SPECS, tasks_for(SPECS), data, data, chosen), list[int]()
    step = one.paths.step

    def counted(progress: float, sound: bool) -> bool:
        seen.append(one.sampler.position)
        return step(progress, sound)

    one.paths.step = counted  # type: ignore[method-assign]
    one.run()
    assert len(seen) == -(-batches // accumulation)
    assert seen[-1] == batches


def test_the_last_batch_alone_has_its_full_gradient_not_a_share_of_it() -> None:
    """What is left of an epoch after full steps is divided by its own items, not by those of a full step."""
    data = holed(2)
    tail = [9, 10, 11, 12, 13]
    alone = trainer("fixed")
    batch = batch_of(data, tail)
    alone.step([batch])
    found = [p.grad.clone() for p in alone.network.parameters() if p.grad is not None]
    alone.network.zero_grad()
    net = alone.network
    presence = batch.presence(net.streams)
    answers = net.answer(net.advance(net.encode(batch), presence))
    total = torch.zeros(())
    for pair in alone.pairs:
        known = ~batch.targets[pair.task.name].isnan()
        known &= presence.any(dim=1) if pair.stream is None else presence[:, pair.stream]
        if known.any():
            items = pair.loss.items(answers[pair.output][known], batch.targets[pair.task.name][known])
            total = total + pair.weight * items.mean() / pair.loss.no_skill
    total.backward()
    wanted = [p.grad for p in net.parameters() if p.grad is not None]
    same(torch.cat([g.flatten() for g in found]), torch.cat([g.flatten() for g in wanted]))
