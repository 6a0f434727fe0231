"""What faults of a sensor do to the verdicts of a station."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.deciding import Deciding
from models.injection import Dataset
from models.robustness import RobustnessSettings, robustness_report
from models.robustness.report import Verdicts
from models.scorers import MAIN, class_task
from qc_station.config.station import CostsConfig, StationConfig
from qc_station.verdict import Policy


def robustness_of(
    deciding: Deciding,
    val: Dataset,
    train: Dataset,
    config: StationConfig,
    settings: RobustnessSettings | None = None,
) -> dict[str, Any] | None:
    """The robustness report of a trained network as JSON takes it, with the verdicts that the station would give.

    Args:
        deciding: Calibrated, in evaluation mode.
        val: Validation items.
        train: Training items, for the scale of each stream.
        config: The station: classes of good parts and what errors cost.
        settings: How hard the streams are perturbed; None: the usual.

    Returns:
        See `models.robustness.Robustness`; None where the network has no classes of the whole part, or no validation item
        has one.
    """
    tasks = {task.name for task in deciding.network.tasks if task.classes}
    if MAIN not in tasks or np.isnan(val.targets[MAIN]).all():
        return None
    good = np.array([name in config.ok_classes for name in class_task(deciding).classes])
    verdicts = verdicts_of(config.costs, good)
    return robustness_report(deciding, val, train, settings, ok_classes=config.ok_classes, verdicts=verdicts).as_json()


def verdicts_of(costs: CostsConfig, good: NDArray[np.bool_]) -> Verdicts:
    """From probabilities, shape (items, classes), to PASS, REJECT or REVIEW, shape (items,).

    Args:
        costs: Of the station.
        good: Which classes mean a good part, shape (classes,).
    """
    policy = Policy(escape=costs.escape, overkill=costs.overkill, review=costs.review)

    def decide(probabilities: NDArray[np.float64]) -> NDArray[Any]:
        bad = probabilities[:, ~good].sum(axis=1).clip(0.0, 1.0)
        return np.array([policy.decide(float(one)).value for one in bad])

    return decide
