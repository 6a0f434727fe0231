"""The essentials of a training as text: how it ended, what it is worth, and its neuron sets."""

from collections.abc import Sequence

from qc_station.report.figure_text import decimals
from qc_station.report.sections.floor import verdict
from qc_station.report.sections.headline import ended, right_classes, verdict_rates
from qc_station.report.sections.losses import in_unit
from qc_station.report.sections.neurons import neuron_table
from qc_station.report.sections.novelty import OUTPUT
from qc_station.report.training import Training

WIDEST = 24
"""Characters of the longest bar."""


def report_text(training: Training) -> str:
    """What `qc-station report --text` prints."""
    manifest = training.manifest
    lines = [f"station {manifest.station}, bundle {manifest.digest[:12]}", ended(training), ""]
    lines.append(f"validation: {len(training.record.validation.presence)} items; exact bounds at 95 %")
    lines += [f"  {name.lower()} ({meaning}): {found}" for name, meaning, found in verdict_rates(training)]
    right = right_classes(training)
    lines += [f"  right class: {right}"] if right else []
    floor = verdict(training)
    lines += ["", floor] if floor else []
    return "\n".join([*lines, *_left_out(training), "", _losses(training), "", neuron_text(training)])


def _left_out(training: Training) -> list[str]:
    """How surely a class that was never learnt looks novel, where that was measured."""
    header = ["class left out", "its parts", "other parts", "AUROC of novelty"]
    rows = [[r["name"], str(r["novel"]), str(r["known"]), decimals(r["auroc"].get(OUTPUT))] for r in training.left_out]
    return ["", *aligned([header, *rows])] if rows else []


def neuron_text(training: Training) -> str:
    """The neuron sets as a table, with a bar for each set in proportion to its neurons."""
    header, *rows = neuron_table(training)
    most = max(int(cell) for row in rows for cell in row[2:])
    bars = [" ".join(_bar(int(cell), most) for cell in row[2:]) for row in rows]
    table = aligned([header, *rows])
    return "\n".join([table[0], *(f"{line}   {bar}".rstrip() for line, bar in zip(table[1:], bars, strict=True))])


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Columns of equal width; all but the first two set right."""
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    return [
        "  ".join(
            cell.ljust(w) if n < 2 else cell.rjust(w) for n, (cell, w) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]


def _bar(count: int, most: int) -> str:
    return ("█" * max(bool(count), round(WIDEST * count / most))).ljust(WIDEST)


def _losses(training: Training) -> str:
    rows = [["output", "unit", "training", "validation", "validation, own unit", "no skill", "weight"]]
    kept = training.kept
    for output, pair in training.record.pairs.items():
        task, val = training.record.tasks[pair.task], kept.val.get(output)
        own = in_unit(val, task.no_skill_val)
        shown = (kept.train.get(output), val, own, task.no_skill_val, kept.weights.get(output))
        rows.append([output, task.unit, *(decimals(x) for x in shown)])
    return "\n".join([f"losses of epoch {training.record.best} (1 is no skill)", *aligned(rows)])
