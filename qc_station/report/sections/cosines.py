"""Whether the pairs pull together: cosines between their gradients at the shared features, over time."""

from collections.abc import Sequence
from itertools import pairwise
from statistics import fmean

from qc_station.learning.record import EpochRecord
from qc_station.report.charts.lines import Line, line_chart
from qc_station.report.charts.matrix import Cell, matrix
from qc_station.report.markup import Markup
from qc_station.report.section import Section, figure, grid
from qc_station.report.training import Training

TITLE = "Cosines between gradients"
MOST_OUTPUTS = 16
"""Outputs of a matrix: of more, those that conflict most with any other."""
MOST_LINES = 6
"""Pairs of pairs whose cosine is drawn over all epochs: those that conflict most."""


def section(training: Training) -> Section:
    """A matrix for each third of the training, and the strongest conflicts by epoch."""
    measured = [epoch for epoch in training.record.epochs if epoch.cosines]
    if not measured:
        return Section(anchor="cosines", title=TITLE, words="Cosines were not measured in this training.")
    words = (
        "1: two outputs want the same of the shared features; 0: they do not meet; below 0 (marked as a warning): what "
        "helps one harms the other. Means over each third of the epochs that were measured."
    )
    drawn = [figure(_span(part), _picture(part)) for part in thirds(measured)]
    return Section(anchor="cosines", title=TITLE, words=words, body=grid(*drawn, _conflicts(training)))


def thirds(epochs: Sequence[EpochRecord]) -> list[Sequence[EpochRecord]]:
    """First, middle and last third; fewer where there are not so many epochs."""
    cuts = [len(epochs) * part // 3 for part in range(4)]
    return [epochs[a:b] for a, b in pairwise(cuts) if b > a]


def mean_cosines(epochs: Sequence[EpochRecord]) -> dict[tuple[str, str], float]:
    """By both outputs, in the order in which they were recorded."""
    found: dict[tuple[str, str], list[float]] = {}
    for epoch in epochs:
        for name, value in epoch.cosines.items():
            first, _, second = name.partition("|")
            if value is not None:
                found.setdefault((first, second), []).append(value)
    return {pair: fmean(values) for pair, values in found.items()}


def _span(epochs: Sequence[EpochRecord]) -> str:
    first, last = epochs[0].number, epochs[-1].number
    return f"epoch {first}" if first == last else f"epochs {first} to {last}"


def _picture(epochs: Sequence[EpochRecord]) -> Markup:
    found = mean_cosines(epochs)
    names = _chosen(found)
    return matrix(
        f"Cosines between gradients, {_span(epochs)}",
        names,
        names,
        [[_cell(found, row, column) for column in names] for row in names],
        ("", ""),
    )


def _chosen(found: dict[tuple[str, str], float]) -> list[str]:
    """Names in the order in which they were recorded."""
    lowest: dict[str, float] = {}
    for pair, value in found.items():
        for name in pair:
            lowest[name] = min(value, lowest.get(name, value))
    kept = sorted(lowest, key=lambda name: lowest[name])[:MOST_OUTPUTS]
    return [name for name in lowest if name in kept]


def _cell(found: dict[tuple[str, str], float], row: str, column: str) -> Cell:
    if row == column:
        return Cell(shade=0.0, words="", said=row)
    value = found.get((row, column), found.get((column, row)))
    if value is None:
        return Cell(shade=0.0, words="", said=f"{row} and {column}: not measured")
    return Cell(shade=value, words=f"{round(value, 2) + 0.0:.2f}", said=f"{row} and {column}: {value:.3f}")


def _conflicts(training: Training) -> Markup:
    epochs = training.record.epochs
    means = mean_cosines(epochs)
    # Pairs that share no neuron have a cosine of exactly zero, which is no news.
    met = [pair for pair, mean in means.items() if mean != 0] or list(means)
    lowest = sorted(met, key=lambda pair: means[pair])[:MOST_LINES]
    lines = [
        Line(name=f"{a} and {b}", values=[epoch.cosines.get(f"{a}|{b}") for epoch in epochs], colour=colour)
        for colour, (a, b) in enumerate(lowest)
    ]
    numbers = [float(epoch.number) for epoch in epochs]
    chart = line_chart("Lowest cosines by epoch", numbers, lines, ("epoch", "cosine"), limits=(-1.0, 1.0), whole=True)
    return figure("those that agree least", chart)
