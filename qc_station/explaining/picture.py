"""The whole explanation as a picture."""

from collections.abc import Callable
from typing import Final

import numpy as np

from qc_station.explaining import canvas
from qc_station.explaining.canvas import ASIDE, INK, MARK, SOFT, Box, Colour, Picture
from qc_station.explaining.explanation import Explanation, Reason
from qc_station.explaining.panels import curves_panel, frame_panel, sound_panel
from qc_station.explaining.text import asked, led, said
from qc_station.verdict import Decision

WIDTH, PANEL, TITLE, SIDE = 1500, 330, 44, 28
"""Pixels: of the picture, of one stream, of its title, of the margins."""
COLOURS: Final = {Decision.PASS: (60, 140, 40), Decision.REJECT: MARK, Decision.REVIEW: (0, 140, 220)}
PANELS: Final[dict[str, Callable[[Picture, Box, Reason, float, Colour], None]]] = {
    "waveform": sound_panel,
    "image": frame_panel,
    "series": curves_panel,
}
LEAST: Final = 1.0
"""Fall of the log-odds that is coloured in full at least: what is smaller everywhere stays pale."""


def draw(found: Explanation) -> Picture:
    """The picture, shape (height, width, 3), BGR."""
    words = canvas.wrapped(led(found), WIDTH - 2 * SIDE, 0.55)
    reason = canvas.wrapped(found.verdict.reason, WIDTH - 2 * SIDE, 0.5)
    head = 78 + 24 * len(reason) + 26 * len(words)
    picture = canvas.sheet(WIDTH, head + len(found.reasons) * (PANEL + TITLE) + 30)
    _head(picture, found, reason, words)
    strongest = max(LEAST, *(float(one.falls.max()) for one in found.reasons))
    for number, one in enumerate(found.reasons):
        _stream(picture, head + number * (PANEL + TITLE), found, one, strongest)
    note = (
        "Red: what the answer hangs on; grey: most in another stream. Bars: fall of the log-odds; figures: what is left "
        f"of {found.target.unit or 'the probability'}."
    )
    canvas.write(picture, note, (SIDE, picture.shape[0] - 12), size=0.42, colour=SOFT)
    return picture


def _head(picture: Picture, found: Explanation, reason: list[str], words: list[str]) -> None:
    decision = found.verdict.decision
    canvas.write(picture, decision.value, (SIDE, 42), size=0.95, colour=COLOURS[decision], bold=True)
    canvas.write(picture, found.name, (SIDE + 150, 41), size=0.75)
    for number, line in enumerate(reason):
        canvas.write(picture, line, (SIDE, 72 + 24 * number), size=0.5, colour=SOFT)
    for number, line in enumerate(words):
        canvas.write(picture, line, (SIDE, 80 + 24 * len(reason) + 26 * number), size=0.55)


def _stream(picture: Picture, top: int, found: Explanation, one: Reason, strongest: float) -> None:
    most = one is found.responsible
    picture[top : top + 1, SIDE : WIDTH - SIDE] = np.array(canvas.GRID, np.uint8)
    if most:
        picture[top + 8 : top + PANEL + TITLE - 12, 10:16] = np.array(MARK, np.uint8)
    canvas.write(picture, one.stream, (SIDE, top + 27), size=0.62, colour=MARK if most else INK, bold=most)
    canvas.write(picture, said(found, one), (SIDE + 170, top + 27), size=0.5, colour=SOFT)
    canvas.write(
        picture, f"{asked(found)} with a place {one.way}", (WIDTH - SIDE - 406, top + 27), size=0.42, colour=SOFT
    )
    box = Box(left=SIDE, top=top + TITLE, width=WIDTH - 2 * SIDE, height=PANEL - 20)
    PANELS[one.kind](picture, box, one, strongest, MARK if most else ASIDE)
