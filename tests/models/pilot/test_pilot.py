"""The pilot on made-up parts of which it is known who helps whom."""

from dataclasses import replace
from itertools import count

import numpy as np
import pytest
import torch

from models.adjustment import LEARNING_RATE, PathSettings
from models.injection import ABSENT, Dataset
from models.pilot import Pilot, Probe, Together, pilot
from models.pilot.probing import _trainings_worth, subsets
from models.pilot.subsets import having_all, having_any
from models.pilot.worth import worths
from models.settings import Settings
from tests.synthetic import ENOSE, dataset, raw_windows, tasks_for

ONE, TWO = (replace(ENOSE, name=name) for name in ("one", "two"))
DEAF = replace(ENOSE, name="deaf")
"""Its windows say nothing."""
SPECS = (ONE, TWO, DEAF)
FAST = {name: PathSettings(lr=LEARNING_RATE) for name in ("one", "two", "deaf", "shared")}


def parts(items: int, seed: int = 0) -> Dataset:
    """A part is bad where stream one or stream two shows it."""
    data = dataset(items, specs=(ONE, TWO), seed=seed)
    windows = data.windows | {"deaf": raw_windows(DEAF, items, seed + 9)}
    return replace(data, windows=windows, rows=data.rows | {"deaf": np.arange(items)})


@pytest.fixture(scope="module")
def found() -> tuple[Pilot, list[Probe]]:
    torch.set_num_threads(1)
    heard: list[Probe] = []
    settings = Settings(paths=FAST, batch=32, budget_s=1e6)
    tasks = tasks_for((ONE, TWO))
    return pilot(SPECS, tasks, parts(160), parts(80, seed=5), settings, report=heard.append, clock=lambda: 0.0), heard


def between(result: Pilot, *streams: str) -> Together:
    (pair,) = (p for p in result.pairs if p.streams == streams)
    return pair


def test_every_stream_every_two_and_all_are_tried(found: tuple[Pilot, list[Probe]]) -> None:
    result, heard = found
    assert tuple(reversed(heard)) == result.probes
    assert [p.streams for p in result.probes] == [
        ("one",),
        ("two",),
        ("deaf",),
        ("one", "two"),
        ("one", "deaf"),
        ("two", "deaf"),
        ("one", "two", "deaf"),
    ]
    assert result.skipped == {}
    assert all(p.epochs == 8 and set(p.val) == set(p.train) == set(p.errors) for p in heard)


def test_two_that_know_different_halves_help_one_another(found: tuple[Pilot, list[Probe]]) -> None:
    pair = between(found[0], "one", "two")
    assert pair.verdict == "help"
    assert pair.loss < min(pair.alone.values()) - 0.2
    assert pair.gain == pytest.approx(min(pair.alone.values()) - pair.loss, abs=1e-6)
    assert pair.items == 80
    assert "label: one and two help one another" in pair.words()


@pytest.mark.parametrize("other", ["one", "two"])
def test_a_stream_that_says_nothing_helps_nobody(found: tuple[Pilot, list[Probe]], other: str) -> None:
    assert between(found[0], other, "deaf").verdict != "help"


def test_the_weights_are_by_column_and_the_first_tasks_is_one(found: tuple[Pilot, list[Probe]]) -> None:
    weights = found[0].weights
    assert list(weights) == ["label", "label.one", "label.two"]
    assert weights["label"] == 1.0
    assert all(0.1 <= w <= 3.0 for w in weights.values())


def probe(streams: tuple[str, ...], val: dict[str, float], train: dict[str, float]) -> Probe:
    errors = dict.fromkeys(val, 0.01)
    return Probe(streams=streams, network=None, epochs=1, train=train, val=val, errors=errors)  # type: ignore[arg-type]


def test_weights_are_gain_by_squared_overfitting_of_the_network_that_was_asked() -> None:
    wide = probe(("one", "two"), {"label:joint": 0.4, "label.one": 0.0}, {"label:joint": 0.3, "label.one": 0.0})
    own = probe(("one",), {"label:joint": 0.9, "label.one": 0.5}, {"label:joint": 0.9, "label.one": 0.2})
    label, single = worths([own, wide], tasks_for((ONE,)))
    assert (label.column, label.streams, single.streams) == ("label", ("one", "two"), ("one",))
    assert (label.gain, label.overfit) == pytest.approx((0.6, 0.1))
    assert (single.gain, single.overfit) == pytest.approx((0.5, 0.3))
    # Errors of 0.01 are under the least overfitting of 0.02.
    wanted = (0.49 / 0.32**2) / (0.59 / 0.12**2)
    assert single.weight == pytest.approx(wanted, rel=0.05)


def test_what_was_learnt_by_no_network_gets_the_least_weight_and_is_told() -> None:
    own = probe(("one",), {"label:joint": 0.5, "label.one": 1.1}, {"label:joint": 0.5, "label.one": 0.3})
    result = Pilot(probes=(own,), pairs=(), worths=worths([own], tasks_for((ONE,))), skipped={})
    assert result.weights == {"label": 1.0, "label.one": 0.1}
    assert "label.one: learnt by no network" in result.words()[0]


def test_the_first_task_stays_the_measure_where_it_was_not_learnt() -> None:
    own = probe(("one",), {"label:joint": 1.2, "label.one": 0.2}, {"label:joint": 0.9, "label.one": 0.2})
    label, single = worths([own], tasks_for((ONE,)))
    assert (label.weight, single.weight) == (1.0, 1.0)


def test_streams_that_never_meet_are_named_and_the_others_are_tried() -> None:
    train, val = parts(24), parts(12, seed=5)
    train.rows["one"][:12], train.rows["two"][12:] = ABSENT, ABSENT
    settings = Settings(budget_s=1e6, batch=8)
    result = pilot((ONE, TWO), tasks_for((ONE, TWO)), train, val, settings, epochs=1, clock=lambda: 0.0)
    assert [p.streams for p in result.probes] == [("one",), ("two",)]
    assert result.skipped == {("one", "two"): "no training part has both"}
    assert result.pairs == ()
    assert result.words()[-1] == "one and two: no training part has both"


def test_without_a_task_of_the_whole_part_only_single_streams_are_tried() -> None:
    tasks = tasks_for((ONE, TWO))[1:]
    settings = Settings(budget_s=1e6, batch=8)
    result = pilot(SPECS[:2], tasks, parts(24), parts(12, seed=5), settings, epochs=1, clock=lambda: 0.0)
    assert [p.streams for p in result.probes] == [("one",), ("two",)]
    assert result.skipped == {("one", "two"): "no task asks anything of both"}


def test_a_stream_without_a_part_or_a_task_is_named() -> None:
    train = parts(24)
    train.rows["deaf"][:] = ABSENT
    settings = Settings(budget_s=1e6, batch=8)
    tasks = tasks_for((ONE,))
    result = pilot((ONE, DEAF), tasks, train, parts(12, seed=5), settings, epochs=1, clock=lambda: 0.0)
    assert result.skipped[("deaf",)] == "no training part has it"
    assert result.skipped[("one", "deaf")] == "one of them is in no training part"


@pytest.mark.parametrize(("budget_s", "fits"), [(60.0, 6), (1.0, 1), (1e6, 7)])
def test_the_widest_is_cut_to_its_share_and_the_others_get_as_many_epochs(budget_s: float, fits: int) -> None:
    """Five seconds an epoch; two streams together, and each alone, are worth two trainings of both."""
    ticks = count()
    settings = Settings(budget_s=budget_s, batch=8)
    tasks, data = tasks_for((ONE, TWO)), parts(24)
    result = pilot((ONE, TWO), tasks, data, parts(12, seed=5), settings, epochs=7, clock=lambda: 5.0 * next(ticks))
    assert [p.epochs for p in result.probes] == [fits] * 3


def test_a_network_costs_what_its_streams_cost() -> None:
    for streams in (1, 2, 3, 4, 5):
        cost = sum(len(s) for s in subsets("abcde"[:streams]))
        widest = len(subsets("abcde"[:streams])[-1])
        assert _trainings_worth(streams) == cost / widest


def test_subsets_keep_items_windows_and_names_together() -> None:
    data = replace(parts(6), names=tuple("abcdef"), weights={"": np.arange(6, dtype=np.float32)})
    data.rows["one"][[0, 1]], data.rows["two"][[1, 2]] = ABSENT, ABSENT
    some, both = having_any(data, ("one", "two")), having_all(data, ("one", "two"))
    assert ("".join(some.names), "".join(both.names)) == ("acdef", "def")
    assert set(both.windows) == set(both.rows) == {"one", "two"}
    assert both.rows["one"].tolist() == data.rows["one"][3:].tolist()
    assert both.weights[""].tolist() == [3, 4, 5]
    assert data.taken(np.array([2]), ("one",)).targets["label"].tolist() == [data.targets["label"][2]]
