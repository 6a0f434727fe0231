"""Learning on: new kinds are learnt, old ones are kept, and what was lost is said."""

from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from models.adjustment import LEARNING_RATE, PathSettings
from models.checkpoint import Checkpoints
from models.continual import fine_tuning
from models.continual.ewc import Elastic, fisher
from models.continual.fine_tuning import (
    FEW_OF_A_CLASS,
    FEWEST_EPOCHS,
    MOST_EPOCHS,
    MOST_JUDGING,
    Keeping,
    fine_tune,
    gentle,
)
from models.continual.forgetting import decided, forgetting
from models.continual.insertion import inserted
from models.continual.moments import carry_moments
from models.continual.places import places
from models.continual.replay import REPLAYED
from models.injection import ABSENT, Dataset
from models.losses.agreement import agreements
from models.network import MultimodalNetwork
from models.settings import Settings
from models.tasks import Task
from models.trainer import Trainer
from tests.synthetic import ENOSE, raw_windows

A, B, C = (replace(ENOSE, name=name) for name in "abc")
SPECS = (A, B)
CLASSES = ("ok", "crack", "leak", "burr", "chip")
OLD, NEW = (0, 1, 2), (3, 4)
SHARE = 1 / len(CLASSES)
NONE = Keeping(share=0.0, distillation=0.0)


def parts(items: int, kinds: tuple[int, ...], seed: int, *, third: bool = False) -> Dataset:
    """A crack shows in the early readings of one stream, a leak in those of the other; a burr and a chip in the late ones."""
    random = np.random.default_rng(seed)
    label = random.choice(kinds, items)
    windows = {n: random.uniform(1.0, 3.0, (items, 3, 8)).astype(np.float32) for n in ("a", "b", "c")[: 2 + third]}
    windows["a"][label == 1, :, :4] /= 3
    windows["b"][label == 2, :, :4] /= 3
    windows["a"][label == 3, :, 6:] *= 2.5
    windows["b"][label == 4, :, 6:] *= 2.5
    rows = {name: np.arange(items) for name in windows}
    return Dataset(windows=windows, rows=rows, targets={"label": label.astype(np.float32)})


def tasks(known: int) -> tuple[Task, ...]:
    return (Task(name="label", stream=None, classes=CLASSES[:known], frequencies=(1 / known,) * known),)


def right(network: MultimodalNetwork, data: Dataset) -> float:
    truth = np.array(CLASSES)[data.targets["label"].astype(int)]
    return float((decided(network, data)["label"] == truth).mean())


@pytest.fixture(scope="module")
def champion() -> MultimodalNetwork:
    torch.set_num_threads(1)
    settings = Settings(epochs=6, budget_s=1e9)
    trained = Trainer(SPECS, tasks(3), parts(600, OLD, 0), parts(90, OLD, 1), settings, clock()).run().network
    assert right(trained, parts(300, OLD, 3)) > 0.99
    return trained


def clock():  # type: ignore[no-untyped-def]
    ticks = count()
    return lambda: float(next(ticks))


@pytest.fixture(scope="module", params=[0, pytest.param(1, marks=pytest.mark.slow)])
def sequential(request: pytest.FixtureRequest, champion: MultimodalNetwork) -> dict[str, MultimodalNetwork]:
    """Two kinds come that the champion never saw, and nothing else: naively, and with 5 % of the old items."""
    torch.set_num_threads(1)
    new, old, val = parts(60, NEW, 2), parts(600, OLD, 0), parts(40, NEW, 5)
    settings = Settings(seed=request.param, budget_s=1e9)
    found = {}
    for name, keeping in (("naive", NONE), ("replayed", Keeping(share=0.05, least=0, beside_few=0))):
        tuned = fine_tune(champion, SPECS, tasks(5), new, old, val, settings, keeping, clock=clock())
        assert tuned.replayed == (30 if name == "replayed" else 0)
        found[name] = tuned.outcome.network
    return found


def test_with_five_per_cent_replayed_at_most_two_points_are_forgotten(
    champion: MultimodalNetwork, sequential: dict[str, MultimodalNetwork]
) -> None:
    old = parts(600, OLD, 3)
    assert forgetting(champion, sequential["replayed"], old)["label"].whole.points <= 2.0


def test_naively_more_than_ten_points_are_forgotten(
    champion: MultimodalNetwork, sequential: dict[str, MultimodalNetwork]
) -> None:
    assert forgetting(champion, sequential["naive"], parts(600, OLD, 3))["label"].whole.points > 10.0


def test_the_new_kinds_are_learnt_either_way(sequential: dict[str, MultimodalNetwork]) -> None:
    assert all(right(network, parts(300, NEW, 4)) > 0.95 for network in sequential.values())


@pytest.mark.slow
def test_a_stream_that_is_added_teaches_what_the_others_cannot_tell(champion: MultimodalNetwork) -> None:
    """Burrs that only the third stream shows; old items do not have it."""

    def seen_by_c(items: int, seed: int) -> Dataset:
        data = parts(items, (0, 3), seed, third=True)
        bad = data.targets["label"] == 3
        data.windows["a"][bad, :, 6:] /= 2.5
        data.windows["c"][bad, :, :4] /= 3
        return data

    val, settings = seen_by_c(60, 5), Settings(epochs=15, budget_s=1e9)
    tuned = fine_tune(
        champion, (A, B, C), tasks(4), seen_by_c(120, 2), parts(600, OLD, 0), val, settings, clock=clock()
    )
    old = parts(300, OLD, 3)
    whole = replace(old, windows=old.windows | {"c": val.windows["c"][:0]}, rows=old.rows | {"c": np.full(300, ABSENT)})
    assert right(tuned.outcome.network, seen_by_c(200, 6)) > 0.95
    assert forgetting(champion, tuned.outcome.network, whole)["label"].whole.points <= 2.0


def test_elastic_weights_hold_what_the_old_answers_hang_on(champion: MultimodalNetwork) -> None:
    importance = fisher(champion, parts(100, OLD, 7))

    def moved(ewc: float) -> float:
        settings, keeping = Settings(epochs=20, budget_s=1e9), replace(NONE, ewc=ewc)
        new, old = parts(60, NEW, 2), parts(40, OLD, 0)
        tuned = fine_tune(champion, SPECS, tasks(5), new, old, parts(40, NEW, 5), settings, keeping, clock=clock())
        return Elastic(champion, importance).penalty(tuned.outcome.network).item()

    assert 0 < moved(1e5) < 0.5 * moved(0.0)


def test_validation_without_the_new_kinds_neither_ends_the_learning_nor_chooses_an_epoch(
    champion: MultimodalNetwork,
) -> None:
    new, old, val = parts(60, NEW, 2), parts(200, OLD, 0), parts(1200, OLD, 5)
    settings = Settings(epochs=6, patience=1, budget_s=1e9)
    found = fine_tune(champion, SPECS, tasks(5), new, old, val, settings, clock=clock())
    assert found.outcome.best == len(found.outcome.epochs) == 6
    assert found.outcome.epochs[-1].val
    assert found.forgetting["label"].whole.items == 1200


def test_a_large_validation_split_is_not_asked_whole_after_every_epoch(
    champion: MultimodalNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    judging: list[int] = []

    def built(*given: Any, **named: Any) -> Trainer:
        judging.append(len(given[3]))
        return Trainer(*given, **named)

    monkeypatch.setattr(fine_tuning, "Trainer", built)
    for items in (100, 3000):
        settings = Settings(epochs=1, budget_s=1e9)
        fine_tune(champion, SPECS, tasks(5), parts(20, NEW, 2), parts(40, OLD, 0), parts(items, OLD, 5), settings)
    assert judging[0] == 100
    assert MOST_JUDGING / 2 < judging[1] <= MOST_JUDGING


def test_the_terms_are_reported_beside_the_pairs(champion: MultimodalNetwork) -> None:
    new, old = parts(40, NEW, 2), parts(40, OLD, 0)
    settings = Settings(epochs=1, budget_s=1e9)
    found = fine_tune(champion, SPECS, tasks(5), new, old, parts(20, NEW, 5), settings, clock=clock())
    assert set(found.outcome.epochs[0].extra) == {"distillation"}
    assert found.outcome.epochs[0].extra["distillation"] > 0
    assert (found.new, found.replayed) == (40, 40)


def test_a_term_that_is_asked_for_stands_beside_those_against_forgetting(champion: MultimodalNetwork) -> None:
    new, old = parts(40, NEW, 2), parts(40, OLD, 0)
    terms = agreements(0.3, ("a", "b"), tasks(5))
    settings = Settings(epochs=1, budget_s=1e9)
    found = fine_tune(champion, SPECS, tasks(5), new, old, parts(20, NEW, 5), settings, terms=terms, clock=clock())
    extra = found.outcome.epochs[0].extra
    assert set(extra) == {"distillation", "agreement:a+b"}
    assert extra["agreement:a+b"] > 0


def test_the_same_seed_gives_the_same_bits(champion: MultimodalNetwork) -> None:
    def tuned() -> dict[str, torch.Tensor]:
        new, old = parts(40, NEW, 2), parts(40, OLD, 0)
        settings = Settings(epochs=2, budget_s=1e9)
        found = fine_tune(champion, SPECS, tasks(5), new, old, parts(20, NEW, 5), settings, clock=clock())
        return found.outcome.network.state_dict()

    before = {n: v.clone() for n, v in champion.state_dict().items()}
    first, second = tuned(), tuned()
    assert all(torch.equal(first[n], second[n]) for n in first)
    assert all(torch.equal(before[n], v) for n, v in champion.state_dict().items())


def test_a_fine_tuning_that_was_killed_goes_on_where_it_was(champion: MultimodalNetwork, tmp_path: Path) -> None:
    def tuned(checkpoints: Checkpoints | None, stop: bool = False) -> dict[str, torch.Tensor]:
        def report(epoch: object) -> None:
            if stop and epoch.number == 2:  # type: ignore[attr-defined]
                raise KeyboardInterrupt

        found = fine_tune(
            champion,
            SPECS,
            tasks(5),
            parts(40, NEW, 2),
            parts(40, OLD, 0),
            parts(20, NEW, 5),
            Settings(epochs=4, budget_s=1e9),
            report=report,
            checkpoints=checkpoints,
            clock=clock(),
        )
        return found.outcome.network.state_dict()

    file = tmp_path / "training.pt"
    with pytest.raises(KeyboardInterrupt):
        tuned(Checkpoints(file, every_s=0.0), stop=True)
    assert file.exists()
    resumed, straight = tuned(Checkpoints(file, every_s=1e9)), tuned(None)
    assert all(torch.equal(straight[n], v) for n, v in resumed.items())


def test_a_running_training_gains_a_stream_and_keeps_its_moments() -> None:
    """Insertion in the middle of a training, with the trainer's own optimisers."""
    settings = Settings(epochs=2, budget_s=1e9)
    first = Trainer(SPECS, tasks(3), parts(40, OLD, 0), parts(20, OLD, 1), settings, clock())
    first.run()
    grown = inserted(first.network, C, raw_windows(C, 9))
    data = parts(40, OLD, 0, third=True)
    second = Trainer(
        (A, B, C), tasks(3), data, parts(20, OLD, 1, third=True), settings, clock(), start=grown.state_dict()
    )
    carry_moments(first.network, first.paths.optimisers, second.network, second.paths.optimisers)
    where, named = places(first.network, second.network), dict(second.network.named_parameters())
    compared = 0
    for path, optimiser in first.paths.optimisers.items():
        for name, parameter in first.network.named_parameters():
            if parameter in optimiser.state:
                memory = second.paths.optimisers[path].state[named[where[name].name]]
                assert all(torch.equal(memory[what], value) for what, value in optimiser.state[parameter].items())
                compared += 1
    assert compared == len(list(first.network.parameters()))
    assert len(second.run().epochs) == 2


@pytest.mark.parametrize(("distinct", "share"), [(5, 0.1), (300, 0.3), (5000, 1.0)])
def test_steps_are_small_where_few_items_differ_unless_someone_says_otherwise(distinct: int, share: float) -> None:
    asked = Settings(paths={"a": PathSettings(lr=0.5), "b": PathSettings(optimizer="sgd")})
    found = gentle(asked, 9000, distinct, ("a", "b", "shared")).paths
    rate = pytest.approx(share * LEARNING_RATE)
    assert {name: path.lr for name, path in found.items()} == {"a": 0.5, "b": rate, "shared": rate}
    assert found["b"].optimizer == "sgd"


@pytest.mark.parametrize(("items", "epochs"), [(10, MOST_EPOCHS), (300, 15), (10**6, FEWEST_EPOCHS)])
def test_fewer_epochs_are_planned_for_more_items(items: int, epochs: int) -> None:
    assert gentle(Settings(), items, 9, ()).epochs == epochs
    assert gentle(Settings(epochs=7), items, 9, ()).epochs == 7


def test_few_examples_of_a_new_class_are_seen_more_often() -> None:
    planned = [gentle(Settings(), 500, 9, (), rarest=rarest).epochs or 0 for rarest in (FEW_OF_A_CLASS, 49, 1)]
    assert planned[0] < planned[1] == planned[2]


@pytest.mark.parametrize(("old", "examples", "share"), [(100, 20, 1.0), (3000, 20, 1 / 3), (3000, 60, 1.0)])
def test_encoders_that_learnt_from_many_items_learn_slowly_from_few_examples_of_a_new_class(
    champion: MultimodalNetwork, monkeypatch: pytest.MonkeyPatch, old: int, examples: int, share: float
) -> None:
    planned: list[Settings] = []

    def noted(*asked: Any, **more: Any) -> None:
        planned.append(gentle(*asked, **more))
        raise StopIteration

    monkeypatch.setattr(fine_tuning, "gentle", noted)
    asked = Settings(paths={"b": PathSettings(lr=0.5)})
    new, replayed = parts(examples, (3,), 2, third=True), parts(old, OLD, 0)
    with pytest.raises(StopIteration):
        fine_tune(champion, (A, B, C), tasks(4), new, replayed, parts(9, OLD, 5), asked)
    rates = {name: path.lr for name, path in planned[0].paths.items()}
    assert rates["a"] == pytest.approx(share * (rates["shared"] or 0.0))
    assert rates["c"] == rates["shared"]
    assert rates["b"] == 0.5


@pytest.mark.parametrize(("examples", "replayed", "new"), [(60, 30, 60), (20, 300, 60), (45, 300, 60)])
def test_few_examples_of_a_new_class_stand_beside_half_of_the_old_items_and_are_drawn_more_often(
    champion: MultimodalNetwork, monkeypatch: pytest.MonkeyPatch, examples: int, replayed: int, new: int
) -> None:
    joined: list[Dataset] = []

    def planned(train: Dataset, *_: object, **__: object) -> object:
        joined.append(train)
        raise StopIteration

    monkeypatch.setattr("models.continual.fine_tuning._distinct", planned)
    keeping = Keeping(share=0.05, least=0)
    with pytest.raises(StopIteration):
        fine_tune(
            champion, SPECS, tasks(4), parts(examples, (3,), 2), parts(600, OLD, 0), parts(9, OLD, 5), None, keeping
        )
    (train,) = joined
    again = ~np.isnan(train.targets[REPLAYED])
    assert (~again).sum() == new
    assert len(np.unique(train.rows["a"][again])) == replayed


def test_only_classes_that_the_champion_lacks_are_counted_among_the_few(champion: MultimodalNetwork) -> None:
    counted = []

    def planned(*_: object, rarest: int, **__: object) -> Settings:
        counted.append(rarest)
        raise StopIteration

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("models.continual.fine_tuning.gentle", planned)
        for known, kinds in ((5, NEW), (4, (3,)), (3, OLD)):
            with pytest.raises(StopIteration):
                fine_tune(champion, SPECS, tasks(known), parts(60, kinds, 2), parts(60, OLD, 0), parts(9, OLD, 5))
    labels = parts(60, NEW, 2).targets["label"]
    assert counted == [min((labels == 3).sum(), (labels == 4).sum()), 60, FEW_OF_A_CLASS]
