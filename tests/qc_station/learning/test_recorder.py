"""The record of a training holds what the kept network answers, with the streams that are there and with fewer."""

from copy import deepcopy
from dataclasses import replace

import numpy as np
import pytest
import torch

from models.calibration import calibrate
from models.deciding import Deciding
from models.discrepancy import pairs_of
from models.history import Epoch, Outcome
from models.injection import ABSENT, Dataset
from models.novelty.fitting import fit_novelty
from models.tasks import Task
from qc_station.config.station import StationConfig
from qc_station.figures.scoring import auc
from qc_station.learning.record import TrainingRecord, written
from qc_station.learning.recorder import record_of
from tests.synthetic import ENOSE, TABLES, THERMAL, dataset, network, tasks_for, without

SEVERITY = Task(name="severity", stream=None, classes=(), frequencies=(2.0, 0.5))
ITEMS, GONE = 40, [3, 7, 11]
STATION = StationConfig(name="made up", streams={name: TABLES[name] for name in (THERMAL.name, ENOSE.name)})
FLOOR = {"beaten": True}


@pytest.fixture(scope="module")
def val() -> Dataset:
    """Items of which some lack the thermal stream, one its label, and one its severity."""
    whole = without(dataset(ITEMS), THERMAL.name, GONE)
    targets = {name: values.copy() for name, values in whole.targets.items()}
    targets["label"][5] = np.nan
    targets["severity"] = np.linspace(-1, 1, ITEMS, dtype=np.float32)
    targets["severity"][6] = np.nan
    return replace(whole, targets=targets)


@pytest.fixture(scope="module")
def deciding(val: Dataset) -> Deciding:
    built = Deciding(network((THERMAL, ENOSE), (*tasks_for(), SEVERITY))).eval()
    calibrate(built, val)
    return built


def outcome(deciding: Deciding) -> Outcome:
    names = [pair.output for pair in pairs_of(deciding.network)]
    epochs = tuple(
        Epoch(
            number=n,
            planned=3,
            train=dict.fromkeys(names, 1.0 / n),
            weights=dict.fromkeys(names, 1.0),
            val=dict.fromkeys(names, float("nan") if n == 2 else 1.1 / n),
            elapsed_s=1.23456 * n,
            cosines={f"{names[0]}|{names[1]}": 0.25},
            rates={"shared": 0.003},
        )
        for n in (1, 2, 3)
    )
    return Outcome(network=deciding.network, epochs=epochs, best=3, reason="made up", skipped=1, notes=("a note",))


@pytest.fixture(scope="module")
def record(deciding: Deciding, val: Dataset) -> TrainingRecord:
    return record_of(outcome(deciding), deciding, val, val, STATION, FLOOR)


def graph(deciding: Deciding, data: Dataset, mask: np.ndarray) -> dict[str, np.ndarray]:
    """The graph's own answers to raw windows under a mask."""
    windows = []
    for name in deciding.network.streams:
        rows = data.rows[name]
        filled = data.windows[name][np.where(rows == ABSENT, 0, rows)].astype(np.float32)
        windows.append(torch.from_numpy(filled))
    with torch.inference_mode():
        answers = deciding(*windows, torch.from_numpy(mask))
    return {name: a.numpy() for name, a in zip(deciding.output_names(), answers, strict=True)}


def test_answers_are_those_of_the_graph_and_none_where_the_stream_is_absent(
    record: TrainingRecord, deciding: Deciding, val: Dataset
) -> None:
    wanted = graph(deciding, val, val.presence())
    assert set(record.validation.answers) == {
        *("label", "label:joint", "label:thermal", "label:enose", "label.thermal", "label.enose"),
        *("severity", "severity:joint", "severity:thermal", "severity:enose"),
    }
    for output, rows in record.validation.answers.items():
        needs_thermal = output in ("label:thermal", "severity:thermal", "label.thermal")
        assert [n for n, row in enumerate(rows) if row is None] == (GONE if needs_thermal else [])
        for number, row in enumerate(rows):
            if row is not None:
                np.testing.assert_allclose(row, wanted[output][number], atol=1e-5)


def test_targets_stand_in_their_own_unit_and_are_none_where_unknown(record: TrainingRecord, val: Dataset) -> None:
    found = record.validation.targets
    assert [n for n, t in enumerate(found["label"]) if t is None] == [5]
    assert [n for n, t in enumerate(found["severity"]) if t is None] == [6]
    assert found["severity"][0] == pytest.approx(2.0 - 0.5)
    assert found["severity"][-1] == pytest.approx(2.0 + 0.5)
    assert list(found["label.enose"]) == val.targets["label.enose"].tolist()


def test_presence_is_one_character_a_stream(record: TrainingRecord) -> None:
    assert record.validation.streams == ("thermal", "enose")
    assert [n for n, bits in enumerate(record.validation.presence) if bits == "01"] == GONE
    assert set(record.validation.presence) == {"01", "11"}


def test_every_set_of_streams_is_measured_on_the_items_that_have_it(
    record: TrainingRecord, deciding: Deciding, val: Dataset
) -> None:
    assert [s.streams for s in record.subsets] == [("thermal", "enose"), ("enose",), ("thermal",)]
    for subset in record.subsets:
        mask = np.array([[s in subset.streams for s in deciding.network.streams]] * ITEMS)
        here = ~np.isnan(val.targets["label"]) & (val.presence() | ~mask).all(axis=1)
        answers, targets = graph(deciding, val, mask)["label"][here], val.targets["label"][here].astype(int)
        assert subset.items == here.sum()
        assert subset.correct == (answers.argmax(axis=1) == targets).sum()
        assert subset.figures["accuracy"] == pytest.approx(subset.correct / subset.items, abs=1e-5)
        assert subset.figures["auc"] == pytest.approx(auc(answers[:, 1], targets == 1), abs=1e-5)


def test_contributions_add_up_to_what_all_streams_gain(record: TrainingRecord) -> None:
    assert {c.figure for c in record.contributions} == {"log_likelihood", "accuracy"}
    for found in record.contributions:
        assert found.items == ITEMS - 1
        assert sum(found.streams.values()) == pytest.approx(found.whole - found.prior)


def test_epochs_keep_every_table_and_what_is_not_finite_is_none(record: TrainingRecord) -> None:
    assert [e.number for e in record.epochs] == [1, 2, 3]
    assert record.epochs[0].train["label:joint"] == 1.0
    assert record.epochs[1].val["label:joint"] is None
    assert record.epochs[2].cosines == {"label:joint|label:thermal": 0.25}
    assert record.epochs[2].rates == {"shared": 0.003}
    assert (record.best, record.ended, record.skipped, record.notes) == (3, "made up", 1, ("a note",))
    assert record.seconds == pytest.approx(3 * 1.23456)


def test_tasks_and_pairs_say_how_to_read_a_loss(record: TrainingRecord) -> None:
    label, severity = record.tasks["label"], record.tasks["severity"]
    entropy = -(0.25 * np.log(0.25) + 0.75 * np.log(0.75))
    assert (label.loss, label.unit) == ("cross_entropy", "nats")
    assert label.no_skill_val == pytest.approx(entropy)
    assert (severity.loss, severity.unit) == ("huber", "squared unit of the label")
    assert severity.no_skill == pytest.approx(0.5**2)
    assert record.pairs["label:enose"].stream == "enose"
    assert record.pairs["label:joint"].stream is None
    assert record.pairs["label:enose"].weight == pytest.approx(0.25)
    assert record.neurons == tuple(network((THERMAL, ENOSE), tasks_for()).describe())


def test_the_same_training_is_written_in_the_same_bytes(deciding: Deciding, val: Dataset) -> None:
    first, second = (record_of(outcome(deciding), deciding, val, val, STATION) for _ in range(2))
    assert written(first) == written(second)


def test_a_training_without_a_label_has_no_subsets_and_no_contributions(val: Dataset) -> None:
    alone = Deciding(network((THERMAL, ENOSE), (SEVERITY,))).eval()
    data = replace(val, targets={"severity": val.targets["severity"]})
    found = record_of(outcome(alone), alone, data, data, STATION)
    assert found.subsets == ()
    assert found.contributions == ()
    assert found.robustness is None
    assert found.learning_curve == ()
    assert set(found.validation.answers) == {"severity", "severity:joint", "severity:thermal", "severity:enose"}


def test_the_floor_is_kept_as_it_was_given(record: TrainingRecord) -> None:
    assert record.floor == FLOOR
    assert [p.items for p in record.learning_curve] == [20, 39]
    assert record.novelty is None


def test_every_stream_is_perturbed_and_its_removal_is_what_the_graph_says_without_it(
    record: TrainingRecord, deciding: Deciding, val: Dataset
) -> None:
    assert record.robustness is not None
    rows = {(row["stream"], row["perturbation"]): row for row in record.robustness["rows"]}
    assert {stream for stream, _ in rows} == {"thermal", "enose"}
    assert {p for _, p in rows} == {"removed", "constant", "saturated", "swapped", "noisy", "attacked"}
    here = ~np.isnan(val.targets["label"]) & val.presence().all(axis=1)
    without_thermal = graph(deciding, val, np.array([[False, True]] * ITEMS))["label"][here]
    assert rows["thermal", "removed"]["items"] == here.sum()
    assert rows["thermal", "removed"]["perturbed"]["accuracy"] == pytest.approx(
        (without_thermal.argmax(axis=1) == val.targets["label"][here]).mean()
    )


def test_a_novelty_names_its_streams_and_changes_no_answer(
    record: TrainingRecord, deciding: Deciding, val: Dataset
) -> None:
    judging = deepcopy(deciding)
    fit_novelty(judging, val, val)
    found = record_of(outcome(judging), judging, val, val, STATION)
    assert found.novelty is not None
    assert found.novelty["streams"] == ["thermal", "enose"]
    assert 0 < found.novelty["smallest"] < 0.1
    assert found.validation.answers == record.validation.answers
    assert record.validation.novelty == {}
    wanted = graph(judging, val, val.presence())
    for output, rows in found.validation.novelty.items():
        assert [n for n, p in enumerate(rows) if p is None] == (GONE if output == "novelty:thermal" else [])
        known = [(p, w) for p, w in zip(rows, wanted[output][:, 0], strict=True) if p is not None]
        np.testing.assert_allclose([p for p, _ in known], [w for _, w in known], atol=1e-3)
    assert set(found.validation.novelty) == {"novelty", "novelty:thermal", "novelty:enose"}
    assert found.subsets == record.subsets
