"""What the station can still tell with some of its sensors."""

from qc_station.figures.rates import rate
from qc_station.report.figure_text import bounds, decimals, percent
from qc_station.report.section import Section, table
from qc_station.report.training import Training

FIGURES = ("auc", "macro_f1", "log_loss", "ece")


def section(training: Training) -> Section:
    """A row for every set of streams."""
    record = training.record
    words = "The label as it is answered when only these streams take part, over the validation items that have all of them."
    if not record.subsets:
        words = "There is no label with classes on a validation item, so no set of streams was measured."
        return Section(anchor="subsets", title="Sensors that take part", words=words)
    rows = []
    for subset in record.subsets:
        right = rate(subset.correct, subset.items)
        share = percent(subset.correct / subset.items)
        others = (decimals(subset.figures.get(name)) for name in FIGURES)
        rows.append([" + ".join(subset.streams), subset.items, share, bounds(right), *others])
    header = ["streams", "items", "right class", "95 %", "AUC", "macro F1", "log loss, nats", "calibration error"]
    return Section(anchor="subsets", title="Sensors that take part", words=words, body=table(header, rows))
