"""The six stages end to end on made-up parts of two streams."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from itertools import count

import numpy as np
import pytest
import torch

from models.adjustment import LEARNING_RATE, PathSettings
from models.history import Epoch, Outcome
from models.injection import Dataset, collate
from models.settings import Settings
from models.trainer import Trainer, planned_epochs
from models.validation import validation_losses
from models.weighting import names
from tests.synthetic import ACOUSTIC, ENOSE, THERMAL, dataset, network, tasks_for, without

SPECS = (THERMAL, ENOSE)
THREE_KINDS = (replace(ACOUSTIC, dtype="float32"), replace(THERMAL, dtype="float32"), ENOSE)
TWO_SERIES = (replace(ENOSE, name="one"), replace(ENOSE, name="two"))


def ticking(step_s: float) -> Callable[[], float]:
    """A clock on which so much time passes between two looks."""
    ticks = count()
    return lambda: next(ticks) * step_s


def quick(data: Dataset | None = None, clock_s: float = 1.0, **settings: object) -> Trainer:
    """A trainer of two small series."""
    items = data or dataset(24, specs=TWO_SERIES)
    chosen = Settings(**{"epochs": 4, "batch": 8, "budget_s": 1e6, **settings})  # type: ignore[arg-type]
    return Trainer(
        TWO_SERIES, tasks_for(TWO_SERIES), items, dataset(12, specs=TWO_SERIES, seed=5), chosen, ticking(clock_s)
    )


def accuracy(outcome: Outcome, data: Dataset, output: str) -> float:
    batch = collate(data, np.arange(len(data)))
    net = outcome.network
    with torch.inference_mode():
        answers = net.answer(net.advance(net.encode(batch), batch.presence(net.streams)))
    target = batch.targets[output.partition(":")[0]]
    return float((answers[output].argmax(dim=1) == target).float().mean())


@pytest.fixture
def frames(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few frames are enough for convolutions, which normalize by the batch."""
    monkeypatch.setattr("models.encoders.image.FEWEST_FRAMES", 1)


@pytest.fixture(scope="module")
def learnt() -> tuple[Outcome, list[Epoch]]:
    torch.set_num_threads(1)
    heard: list[Epoch] = []
    train = without(dataset(160), "enose", list(range(20)))
    # Steps as for many items: ten epochs of small ones would not be enough for what stands in two streams at once.
    paths = {name: PathSettings(lr=LEARNING_RATE) for name in ("thermal", "enose", "shared")}
    settings = Settings(epochs=10, paths=paths)
    trainer = Trainer(SPECS, tasks_for(), train, dataset(60, seed=5), settings, ticking(1.0))
    return trainer.run(heard.append), heard


@pytest.mark.parametrize("output", ["label:joint", "label.thermal", "label.enose"])
def test_it_learns_what_held_out_parts_confirm(learnt: tuple[Outcome, list[Epoch]], output: str) -> None:
    # A guess is right in 3 of 4 parts for the label and in half of them for a stream.
    assert accuracy(learnt[0], dataset(200, seed=77), output) > 0.93


def test_every_epoch_is_reported_as_it_stands_in_the_outcome(learnt: tuple[Outcome, list[Epoch]]) -> None:
    outcome, heard = learnt
    assert tuple(heard) == outcome.epochs
    assert [e.number for e in heard] == list(range(1, len(heard) + 1))
    outputs = {"label:joint", "label:thermal", "label:enose", "label.thermal", "label.enose"}
    assert all(set(e.train) == set(e.weights) == set(e.val) == outputs for e in heard)


def test_the_kept_network_is_the_one_of_the_epoch_that_the_outcome_names(learnt: tuple[Outcome, list[Epoch]]) -> None:
    outcome, heard = learnt
    trainer = Trainer(SPECS, tasks_for(), dataset(8), dataset(60, seed=5), Settings(epochs=1), ticking(1.0))
    trainer.average.network.load_state_dict(outcome.network.state_dict())
    found = validation_losses(trainer.average.network, trainer.pairs, trainer.val)
    means = {output: float(losses.mean()) for output, losses in found.items()}
    assert means == pytest.approx(heard[outcome.best - 1].val, rel=1e-5)


def test_it_ends_at_the_end_of_the_schedule_in_words(learnt: tuple[Outcome, list[Epoch]]) -> None:
    assert learnt[0].reason == "end of the schedule; 10 epochs"
    assert learnt[0].skipped == 0


@pytest.mark.parametrize("weighting", names())
def test_the_same_seed_gives_the_same_bits_and_another_does_not(weighting: str) -> None:
    def weights(seed: int) -> dict[str, torch.Tensor]:
        return quick(seed=seed, weighting=weighting).run().network.state_dict()

    first, again, other = weights(3), weights(3), weights(4)
    assert all(torch.equal(first[n], again[n]) for n in first)
    assert not all(torch.equal(first[n], other[n]) for n in first)


def test_what_others_draw_from_torch_before_changes_nothing() -> None:
    first = quick().run().network.state_dict()
    torch.manual_seed(99)
    torch.rand(5)
    assert all(torch.equal(v, first[n]) for n, v in quick().run().network.state_dict().items())


def test_the_budget_shortens_the_plan_and_is_named() -> None:
    """One look at the clock an epoch: ten seconds each, thirty-five allowed."""
    outcome = quick(epochs=50, budget_s=35.0, clock_s=10.0).run()
    assert len(outcome.epochs) == 3
    assert outcome.reason == "budget of 35 s; 3 epochs"


def test_a_budget_under_one_epoch_still_gives_a_network() -> None:
    outcome = quick(epochs=50, budget_s=1.0, clock_s=10.0).run()
    assert len(outcome.epochs) == 1
    assert outcome.reason == "budget of 1 s; 1 epochs"


def test_a_clock_that_stands_still_ends_no_training() -> None:
    assert len(quick(clock_s=0.0).run().epochs) == 4


@pytest.mark.parametrize("budget_s", [35.0, 1e6])
def test_the_schedule_ends_at_its_end_also_when_the_plan_was_cut(budget_s: float) -> None:
    trainer = quick(epochs=12, budget_s=budget_s, clock_s=10.0)
    trainer.run()
    assert trainer.progress == pytest.approx(1.0)


def of_three_kinds(weighting: str = "fixed", value: float = 1.0, labelled: bool = True, **settings: object) -> Trainer:
    """A trainer of streams that normalize by their batch, all in float32; the sixth part has a window of one value."""
    data = dataset(24, specs=THREE_KINDS)
    if not labelled:
        for targets in data.targets.values():
            targets[:] = np.nan
    chosen = Settings(**{"epochs": 3, "batch": 8, "weighting": weighting, **settings})  # type: ignore[arg-type]
    val = dataset(12, specs=THREE_KINDS, seed=5)
    trainer = Trainer(THREE_KINDS, tasks_for(THREE_KINDS), data, val, chosen, ticking(1.0))
    data.windows["acoustic"][5] = value
    return trainer


def everything(trainer: Trainer) -> dict[str, torch.Tensor]:
    """Parameters, statistics and their running averages."""
    average = {f"average.{n}": v for n, v in trainer.average.network.state_dict().items()}
    return {n: v.clone() for n, v in (trainer.network.state_dict() | average).items()}


@pytest.mark.usefixtures("frames")
@pytest.mark.parametrize("weighting", names())
def test_a_part_without_a_finite_window_is_skipped_and_learning_goes_on(weighting: str) -> None:
    trainer = of_three_kinds(weighting, np.inf, accumulation=2)
    outcome = trainer.run()
    assert outcome.skipped == 3
    assert all(v.isfinite().all() for v in everything(trainer).values())
    assert all(np.isfinite(list(epoch.val.values())).all() for epoch in outcome.epochs)


@pytest.mark.usefixtures("frames")
@pytest.mark.parametrize("stream", ["acoustic", "thermal", "enose"])
@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
def test_a_step_that_is_not_finite_leaves_all_as_if_it_had_not_been(stream: str, value: float) -> None:
    trainer, other = of_three_kinds(), of_three_kinds()
    first, second, third = trainer.sampler.epoch()
    spoilt = replace(second, windows=second.windows | {stream: second.windows[stream].clone()})
    spoilt.windows[stream][3] = value
    torch.manual_seed(1)
    for batch in (first, spoilt, third):
        trainer.step([batch])
    torch.manual_seed(1)
    other.step([first])
    before = deepcopy(other.state())
    other.step([second])
    # The noise of that step has been drawn, nothing else has happened.
    other.load_state(before | {"generator": torch.get_rng_state()})
    other.step([third])
    assert (trainer.paths.skipped, other.paths.skipped) == (1, 0)
    wanted = everything(other)
    assert all(value.isfinite().all() for value in wanted.values())
    assert all(torch.equal(value, wanted[name]) for name, value in everything(trainer).items())


@pytest.mark.usefixtures("frames")
@pytest.mark.parametrize(("value", "labelled"), [(np.inf, False), (1e30, True)])
def test_a_batch_whose_statistics_alone_are_not_finite_is_skipped(value: float, labelled: bool) -> None:
    """There is no gradient, or it is finite."""
    trainer = of_three_kinds("fixed", value, labelled)
    trainer.run()
    assert trainer.paths.skipped == 3
    assert all(v.isfinite().all() for v in everything(trainer).values())


def test_modality_dropout_never_takes_the_last_stream() -> None:
    data = without(without(dataset(200, specs=TWO_SERIES), "one", list(range(50))), "two", list(range(50, 100)))
    trainer, batch = quick(data), collate(data, np.arange(200))
    before, after = batch.presence(("one", "two")), trainer._dropped(batch)
    assert after.any(dim=1).all()
    assert not (after & ~before).any()
    assert torch.equal(after[:100], before[:100])
    assert not torch.equal(after[100:], before[100:])


def test_a_last_batch_that_does_not_fill_the_accumulation_is_still_learnt_from() -> None:
    seen: list[int] = []
    trainer = quick(accumulation=2, epochs=1)
    step = trainer.step
    trainer.step = lambda batches: seen.append(sum(b.size for b in batches)) or step(batches)  # type: ignore[method-assign]
    trainer.run()
    assert seen == [16, 8]


def test_more_items_are_seen_fewer_times() -> None:
    plans = [planned_epochs(n) for n in (1, 100, 1000, 10_000, 10**6)]
    assert plans == sorted(plans, reverse=True)
    assert plans[-1] >= 1


def test_an_unknown_weighting_is_refused_before_training() -> None:
    with pytest.raises(ValueError, match="no weighting 'magic'"):
        quick(weighting="magic")


@pytest.mark.parametrize("weighting", ["fixed", "upgrad"])
def test_a_batch_in_which_no_part_has_a_stream_is_learnt_from(weighting: str) -> None:
    """Also the last of an epoch, whose gradients at the features the report shows."""
    trainer = quick(without(dataset(24, specs=TWO_SERIES), "one", list(range(24))), weighting=weighting)
    before = {n: p.clone() for n, p in trainer.network.named_parameters()}
    trainer.run()
    moved = {n for n, p in trainer.network.named_parameters() if not torch.equal(p, before[n])}
    assert not any(name.startswith("encoders.one.") for name in moved)
    assert any(name.startswith("encoders.two.") for name in moved)


def test_validation_items_without_any_label_do_not_pick_the_first_epoch() -> None:
    blind = dataset(12, specs=TWO_SERIES, seed=5)
    for values in blind.targets.values():
        values[:] = np.nan
    chosen = Settings(epochs=3, batch=8)
    trainer = Trainer(TWO_SERIES, tasks_for(TWO_SERIES), dataset(24, specs=TWO_SERIES), blind, chosen, ticking(1.0))
    assert trainer.run().best == 3


def test_describe_names_every_set() -> None:
    assert all(set(layer) == {"thermal", "enose", "all"} for layer in network(SPECS, tasks_for()).describe())


@pytest.mark.parametrize("stream", ["thermal", "enose"])
def test_few_items_slow_the_training_only_where_something_can_be_known_by_heart(stream: str) -> None:
    spec = next(spec for spec in SPECS if spec.name == stream)
    train = dataset(160).taken(np.arange(160), (stream,))
    tasks = tuple(task for task in tasks_for() if task.stream in (None, stream))
    trainer = Trainer([spec], tasks, train, train, Settings(epochs=1))
    assert set(trainer.paths.largest.values()) == {LEARNING_RATE * (1.0 if stream == "thermal" else 0.16)}
