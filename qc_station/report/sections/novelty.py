"""Whether a part is like anything that the network has seen, and what that judgement is worth."""

from collections.abc import Mapping, Sequence
from typing import Any

from qc_station.report.charts.bars import Bar, bar_chart
from qc_station.report.figure_text import decimals, short
from qc_station.report.markup import Markup, join
from qc_station.report.section import Section, figure, table
from qc_station.report.sections.measured import measured
from qc_station.report.training import Training

TITLE = "Novelty"
WORDS = (
    "A conformal p-value says how many of the validation items look stranger than this part: small means that nothing like it "
    "was seen. Of parts like those of validation about 5 % have a p-value under 0.05, by construction."
)
LEFT_OUT = (
    "Each class below was left out of a training of its own, whose network then judged validation items that it had not seen: "
    "AUROC is the chance that a part of that class looks stranger than a part of the others; 0.5 is none."
)
NOT_LEFT_OUT = "What it is worth on a class that was left out was not measured; `qc-station report BUNDLE --station DIR --leave-out` does."
OUTPUT = "novelty"


def section(training: Training) -> Section:
    """What takes part, and how well classes that were left out of a training are told to be novel."""
    found = training.record.novelty
    if not found or "streams" not in found:
        nothing = "Novelty was not measured in this training."
        return measured(anchor="novelty", title=TITLE, words=WORDS, nothing=nothing, table_of=found)
    rows = [["sensors that are judged", ", ".join(map(str, found["streams"])) or "none"]]
    rows.append(["smallest p-value that a part can get", short(found.get("smallest"))])
    left_out = training.left_out
    words = f"{WORDS} {LEFT_OUT if left_out else NOT_LEFT_OUT}"
    body = join(table(["", ""], rows), _left_out(training, left_out) if left_out else Markup(""))
    return Section(anchor="novelty", title=TITLE, words=words, body=body)


def _left_out(training: Training, found: Sequence[Mapping[str, Any]]) -> Markup:
    """Chance that a part of a class that was never seen looks stranger than a part of the others."""
    bars = [
        Bar(name=str(one["name"]), value=one["auroc"][OUTPUT], words=decimals(one["auroc"][OUTPUT])) for one in found
    ]
    picture = figure(
        "AUROC of each class, left out in turn", bar_chart("Novelty of left-out classes", bars, "AUROC", (0.0, 1.0))
    )
    header = ["class left out", "its parts", "other parts", "all sensors", *training.streams]
    rows = [
        [one["name"], one["novel"], one["known"], *(decimals(one["auroc"].get(o)) for o in _outputs(training))]
        for one in found
    ]
    return join(picture, table(header, rows))


def _outputs(training: Training) -> list[str]:
    return [OUTPUT, *(f"{OUTPUT}:{stream}" for stream in training.streams)]
