"""A station's own verdicts are counted, and the page shows a row for every sensor and fault."""

import json

import msgspec
import numpy as np
import pytest

from models.deciding import Deciding
from models.injection import Dataset
from models.robustness import RobustnessSettings
from qc_station.config.station import CostsConfig, StationConfig
from qc_station.learning.record import TrainingRecord, written
from qc_station.learning.robustness import robustness_of, verdicts_of
from qc_station.report.sections.robustness import section
from tests.qc_station.report.invented import record, training
from tests.synthetic import ENOSE, TABLES, THERMAL, dataset, network, tasks_for

CONFIG = StationConfig(name="line1", streams={name: TABLES[name] for name in ("thermal", "enose")})
SPECS = (THERMAL, ENOSE)
QUICK = RobustnessSettings(noise=(0.5,), radii=(0.1,), steps=1, most_items=30, most_attacked=8)
ROWS = 2 * 6


def deciding() -> Deciding:
    """Untrained, but sure of what it says."""
    net = Deciding(network(SPECS, tasks_for()))
    for name, buffer in net.named_buffers(recurse=False):
        if name.startswith("temperature"):
            buffer.fill_(0.02)
    return net.eval()


def test_the_report_of_a_station_is_kept_in_the_record_and_shown_row_by_row() -> None:
    found = robustness_of(deciding(), dataset(30, seed=3), dataset(30), CONFIG, QUICK)
    assert found is not None
    kept = msgspec.json.decode(written(record(robustness=found)), type=TrainingRecord).robustness
    assert kept == json.loads(json.dumps(found))
    text = str(section(training(robustness=kept)).drawn())
    assert text.count("<tr>") == 1 + ROWS
    for words in ("swapped", "attacked", "verdicts changed", "→"):
        assert words in text


def test_verdicts_are_those_of_the_policy() -> None:
    probabilities = np.array([[0.99, 0.0, 0.01], [0.5, 0.25, 0.25], [0.0, 0.4, 0.6 + 1e-7]])
    found = verdicts_of(CostsConfig(), np.array([True, False, False]))(probabilities)
    assert found.tolist() == ["PASS", "REVIEW", "REJECT"]


@pytest.mark.parametrize(
    ("costs", "decides"),
    [
        (CostsConfig(), True),
        # Where looking is free every part is looked at.
        (CostsConfig(review=0.0), False),
    ],
)
def test_only_verdicts_of_the_station_change(costs: CostsConfig, decides: bool) -> None:
    config = msgspec.structs.replace(CONFIG, costs=costs)
    found = robustness_of(deciding(), dataset(40, seed=3), dataset(30), config, QUICK)
    assert found is not None
    assert len(found["rows"]) == ROWS
    assert (max(row["changed"] for row in found["rows"]) > 0) == decides


def test_a_figure_that_is_not_there_is_a_dash() -> None:
    figures = {"accuracy": 0.5, "auc": None, "log_loss": 0.25}
    row = {"stream": "a", "perturbation": "noisy", "level": 0.3, "items": 7, "clean": figures, "perturbed": figures}
    text = str(section(training(robustness={"rows": [row | {"changed": 0.125}]})).drawn())
    for words in ("0.500 → 0.500", "– → –", "0.3", "12.5 %"):
        assert words in text


@pytest.mark.parametrize("without", ["task", "labels"])
def test_a_network_or_items_without_classes_of_the_part_have_no_report(without: str) -> None:
    tasks, data = tasks_for(), dataset(20)
    if without == "task":
        tasks = tasks[1:]
    else:
        targets = data.targets | {"label": np.full(20, np.nan, np.float32)}
        data = Dataset(windows=data.windows, rows=data.rows, targets=targets)
    assert robustness_of(Deciding(network(SPECS, tasks)).eval(), data, dataset(20), CONFIG, QUICK) is None
