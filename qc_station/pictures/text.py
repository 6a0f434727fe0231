"""A part's alignment for a terminal."""

import numpy as np

from qc_station.pictures.part import AlignedPart
from qc_station.pictures.timeline import Timeline, timelines

WIDTH = 72
"""Characters of the time axis."""
NOTHING, SAMPLES, WINDOW, LOST, TRIGGER = "·", "─", "█", "x", "│"


def text_of(part: AlignedPart) -> str:
    """One axis per stream, from the first to the last moment that was kept; the part's own time in the middle."""
    around_s = part.around_ns / 1e9
    lines = [f"part {part.snapshot.part}", f"{'':12}{-around_s:<+{WIDTH // 2}.2f}0{around_s:>+{WIDTH // 2 - 1}.2f} s"]
    for one in timelines(part):
        lines += [f"{one.name:12.12}{axis(one, around_s)}", f"{'':12}{one.text}"]
    lines.append(f"{'':12}{SAMPLES} samples  {WINDOW} window  {LOST} lost  {NOTHING} nothing  {TRIGGER} the part")
    return "\n".join(lines)


def axis(one: Timeline, around_s: float) -> str:
    """What lies in each cell of the axis."""
    cells = np.full(WIDTH, NOTHING)
    place = _cells(one.times_s, around_s)
    cells[place[(place >= 0) & (place < WIDTH)]] = SAMPLES
    for mark, spans in ((WINDOW, [one.window_s] if one.window_s else []), (LOST, one.gaps_s)):
        for begin_s, end_s in spans:
            first, last = _cells(np.array([begin_s, end_s]), around_s)
            cells[max(0, first) : max(0, last + 1)] = mark
    if cells[WIDTH // 2] != WINDOW:
        cells[WIDTH // 2] = TRIGGER
    return "".join(cells)


def _cells(times_s: "np.typing.NDArray[np.float64]", around_s: float) -> "np.typing.NDArray[np.int64]":
    return np.asarray(np.floor((times_s / around_s + 1.0) * WIDTH / 2.0).astype(np.int64))
