"""The network beside a simple classifier on simple features: what it has to beat."""

from collections.abc import Mapping
from typing import Any

from qc_station.report.figure_text import decimals, short
from qc_station.report.markup import Markup, element, join
from qc_station.report.section import Section, table
from qc_station.report.sections.measured import measured
from qc_station.report.training import Training

TITLE = "The classical floor"
WORDS = (
    "Beside every network a shrinkage discriminant is fitted on simple features of each sensor, in seconds. Both answer the "
    "same validation items; the intervals are from a bootstrap over groups, at 95 %. A network that does not beat its floor "
    "is not worth its weight."
)
NAMES = {
    "accuracy": "right class",
    "macro_f1": "macro F1",
    "auc": "AUC",
    "log_loss": "log loss, nats",
    "ece": "calibration error",
}
DIFFERENCES = {"auc_difference": "AUC", "log_loss_difference": "log loss, nats"}


def section(training: Training) -> Section:
    """Figures of both sides, and whether the difference is more than chance."""
    found = training.record.floor
    figures = (found or {}).get("validation")
    if not found or not isinstance(figures, Mapping):
        nothing = "No classical floor was fitted beside this network."
        return measured(anchor="floor", title=TITLE, words=WORDS, nothing=nothing, table_of=found)
    body = join(
        element("p", verdict(training), class_="verdict"),
        table(["", *figures], [[words, *_both(figures, name)] for name, words in NAMES.items()], "Validation items"),
        _tests(found),
    )
    return Section(anchor="floor", title=TITLE, words=WORDS, body=body)


def verdict(training: Training) -> str:
    """Both sides in one sentence; empty where no floor was fitted."""
    message = str((training.record.floor or {}).get("message", ""))
    return f"{message[:1].upper()}{message[1:]}." if message else ""


def _both(figures: Mapping[str, Any], name: str) -> list[str]:
    return [decimals(side.get(name)) for side in figures.values()]


def _tests(found: Mapping[str, Any]) -> Markup:
    """Differences, network less floor, and the items on which one side alone is right."""
    rows: list[list[object]] = []
    for name, words in DIFFERENCES.items():
        if difference := found.get(name):
            value, lower, upper = (f"{difference[k]:+.3f}" for k in ("value", "lower", "upper"))
            # A bootstrap over one group always draws that group.
            between = f"{lower} to {upper}" if difference["lower"] < difference["upper"] else "none: too few groups"
            rows.append([f"{words}: network less floor", value, between])
    if test := found.get("mcnemar"):
        alone = f"{test['only_first']} against {test['only_second']}"
        rows.append(
            ["items that one side alone gets right: network against floor", alone, f"McNemar mid-p {short(test['p'])}"]
        )
    return table(["difference", "value", "95 % interval or p"], rows, "More than chance?")
