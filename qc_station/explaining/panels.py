"""A stream's window with what the answer hangs on: spectrogram, frames or curves."""

import cv2
import numpy as np
from numpy.typing import NDArray

from qc_station.explaining import canvas
from qc_station.explaining.canvas import GRID, INK, LINES, SOFT, Box, Colour, Picture
from qc_station.explaining.explanation import Reason
from qc_station.explaining.frame import heat
from qc_station.explaining.sound import band_edges
from qc_station.explaining.text import WORTH

RANGE_DB = 50.0
"""Between white and the loudest, as much as a spectrogram shows."""
CELSIUS = {"cK": 0.01, "K": 1.0}
"""Kelvins in units of temperature that people would rather read in degrees Celsius."""
BAR_WIDTH = 250
"""Of the longest bar, in pixels."""


def strengths(reason: Reason, strongest: float) -> NDArray[np.float64]:
    """Falls as shares of the strongest of the whole part, 0 to 1, shape (places,)."""
    return np.asarray(np.clip(reason.falls / strongest, 0.0, 1.0))


def within(reason: Reason, strengths: NDArray[np.float64]) -> NDArray[np.float64]:
    """Strengths of the blocks of bands and channels, the strongest as strong as its whole band or channel.

    A block alone moves the answer much less than the whole; it is to show where on the axis of time the whole matters.
    """
    whole = np.array([place.whole for place in reason.places])
    blocks, most = np.clip(reason.falls[~whole], 0.0, None), float(strengths[whole].max())
    return np.asarray(blocks / max(float(blocks.max()), 1e-9) * most)


def marked(reason: Reason) -> int | None:
    """The place that is marked; None where no place matters."""
    return reason.most if reason.falls[reason.most] >= WORTH else None


def sound_panel(picture: Picture, box: Box, reason: Reason, strongest: float, mark: Colour) -> None:
    """Spectrogram on an axis of mel bands, reddened where the answer hangs on it, with the bands beside it."""
    rate_hz = reason.rate_hz or 1.0
    plot = Box(left=box.left + 62, top=box.top, width=box.width - 62 - 420, height=box.height - 24)
    canvas.paste(picture, plot, spectrogram(reason.window, rate_hz, plot.height), smooth=True)
    edges = band_edges(rate_hz)
    count, strength = len(edges) - 1, strengths(reason, strongest)
    # Places stand block by block, each from the lowest band to the highest.
    canvas.tint(picture, plot, within(reason, strength).reshape(-1, count).T[::-1].copy())
    length_ms = 1e3 * reason.window.shape[-1] / rate_hz
    canvas.ticks_below(
        picture, plot, [(n / 5, f"{length_ms * n / 5:.0f}" + (" ms" if n == 5 else "")) for n in range(6)]
    )
    canvas.ticks_left(
        picture, plot, [(n / count, f"{edges[n]:.0f}" + " Hz" * (n == count)) for n in range(0, count + 1, 2)]
    )
    canvas.said_below(picture, plot, "time; mel frequency")
    most = marked(reason)
    band = Box(left=plot.left, top=plot.y(((most or 0) + 1) / count), width=plot.width, height=plot.height // count + 1)
    canvas.frame_of(picture, plot)
    if most is not None:
        canvas.frame_of(picture, band, mark, 2)
    for number in range(count):
        row = Box(
            left=plot.right + 14, top=plot.y((number + 1) / count) + 3, width=BAR_WIDTH, height=plot.height // count - 5
        )
        label = f"{edges[number]:.0f} to {edges[number + 1]:.0f} Hz"
        _measure(
            picture, row, label, float(strength[number]), reason.probabilities[number], mark if number == most else None
        )


def frame_panel(picture: Picture, box: Box, reason: Reason, strongest: float, mark: Colour) -> None:
    """The middle frame in colours, the same in grey reddened where the answer hangs on it, and the patches beside it."""
    image, unit = shown(reason.window[len(reason.window) // 2].astype(np.float64), reason.unit)
    rows, columns = image.shape
    side = min((box.height - 24) / rows, (box.width - 62 - 420 - 110) / 2 / columns)
    size = round(columns * side), round(rows * side)
    plain = Box(left=box.left + 62, top=box.top, width=size[0], height=size[1])
    beside = Box(left=plain.right + 110, top=box.top, width=size[0], height=size[1])
    grey = levels(image)
    canvas.paste(picture, plain, cv2.applyColorMap(grey, cv2.COLORMAP_INFERNO))
    canvas.paste(picture, beside, cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR))
    strength = strengths(reason, strongest)
    warmth = heat((rows, columns), reason.places, strength)
    # Where many patches overlap their mean is far under the strongest, which is to be seen all the same.
    canvas.tint(picture, beside, warmth * float(strength.max()) / max(float(warmth.max()), 1e-9))
    _scale(picture, Box(left=plain.right + 12, top=plain.top, width=14, height=plain.height), image, unit)
    place = reason.places[reason.most]
    for number, one in enumerate((plain, beside)):
        canvas.frame_of(picture, one)
        patch = Box(
            left=one.x(place.x[0] / columns),
            top=one.y(1.0 - place.y[0] / rows),
            width=round((place.x[1] - place.x[0]) * side),
            height=round((place.y[1] - place.y[0]) * side),
        )
        if marked(reason) is not None:
            canvas.frame_of(picture, patch, mark if number else canvas.PAPER, 2)
        canvas.ticks_below(picture, one, [(0.0, "0"), (1.0, f"{columns} columns")])
        canvas.said_below(picture, one, "where the answer hangs" if number else "as the camera saw it")
    canvas.ticks_left(picture, plain, [(1.0, "0"), (0.0, f"{rows} rows")])
    for line, number in enumerate(apart(reason)):
        row = Box(left=box.right - 406, top=box.top + 4 + 44 * line, width=BAR_WIDTH, height=16)
        label = reason.places[number].text
        _measure(
            picture,
            row,
            label,
            float(strength[number]),
            reason.probabilities[number],
            mark if number == marked(reason) else None,
            above=True,
        )


def curves_panel(picture: Picture, box: Box, reason: Reason, strongest: float, mark: Colour) -> None:
    """Curves in parts of their first value, the responsible one thick, spans reddened, and the channels beside it."""
    plot = Box(left=box.left + 62, top=box.top, width=box.width - 62 - 420, height=box.height - 24)
    curves = reason.window.astype(np.float64)
    count, steps = curves.shape
    strength = strengths(reason, strongest)
    spans = within(reason, strength).reshape(-1, count)
    canvas.tint(picture, plot, spans.max(axis=1)[None].repeat(8, axis=1) * 0.4)
    relative, unit = changed(curves)
    low, spread = float(relative.min()), max(float(np.ptp(relative)), 1e-9)
    low, spread = low - 0.06 * spread, 1.12 * spread
    ticks = [((value - low) / spread, f"{value:g}{unit}") for value in even(low, low + spread)]
    canvas.ticks_left(picture, plot, ticks)
    for share, _ in ticks:
        cv2.line(picture, (plot.left, plot.y(share)), (plot.right - 1, plot.y(share)), GRID, 1)
    period = f"{(steps - 1) / reason.rate_hz:.3g} s" if reason.rate_hz else f"{steps - 1} steps"
    canvas.ticks_below(picture, plot, [(0.0, "0"), (1.0, period)])
    canvas.said_below(picture, plot, f"time; {'change since the first sample' if unit else f'value in {reason.unit}'}")
    for channel in range(count):
        thick = 3 if channel == marked(reason) else 1
        x = np.linspace(0.0, 1.0, steps) if steps > 1 else np.zeros(1)
        canvas.curve(picture, plot, x, (relative[channel] - low) / spread, LINES[channel % len(LINES)], thick)
    canvas.frame_of(picture, plot)
    step = min(44, plot.height // max(count, 1))
    for channel, name in enumerate(reason.channels):
        row = Box(left=plot.right + 14, top=plot.top + 8 + step * channel, width=BAR_WIDTH, height=min(16, step - 4))
        colour = LINES[channel % len(LINES)]
        most = mark if channel == marked(reason) else None
        _measure(picture, row, name, float(strength[channel]), reason.probabilities[channel], most, colour=colour)


def spectrogram(window: NDArray[np.generic], rate_hz: float, rows: int) -> Picture:
    """Level of the first channel by mel and time, dark where loud, shape (rows, frames, 3).

    A Hann window of 16 ms, moved by an eighth of it.
    """
    wave = window[0].astype(np.float64)
    size = min(len(wave), max(16, round(0.016 * rate_hz)))
    cut = np.lib.stride_tricks.sliding_window_view(wave, size)[:: max(1, size // 8)]
    power = np.abs(np.fft.rfft(cut * np.hanning(size), n=4 * size)) ** 2
    level = 10.0 * np.log10(np.maximum(power, 1e-12))
    share = np.clip(1.0 + (level - level.max()) / RANGE_DB, 0.0, 1.0)
    middle_hz = band_edges(rate_hz, 2 * rows)[1::2][::-1]
    bins = np.clip(np.rint(middle_hz * 4 * size / rate_hz).astype(int), 0, power.shape[1] - 1)
    grey = (255 - np.rint(235 * share[:, bins].T)).astype(np.uint8)
    return np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), np.uint8)


def shown(image: NDArray[np.float64], unit: str) -> tuple[NDArray[np.float64], str]:
    """An image in the unit that people read."""
    if unit in CELSIUS:
        return image * CELSIUS[unit] - 273.15, "C"
    return image, "" if unit == "1" else unit


def even(low: float, high: float) -> list[float]:
    """Three to seven round values between two."""
    rough = (high - low) / 6.0
    unit = 10.0 ** np.floor(np.log10(rough))
    step = next(s * unit for s in (1.0, 2.0, 5.0, 10.0) if s * unit >= rough)
    return [float(f"{step * n:.6g}") for n in range(int(np.ceil(low / step)), int(np.floor(high / step)) + 1)]


def levels(image: NDArray[np.float64]) -> NDArray[np.uint8]:
    """An image between its least and greatest value, shape (height, width)."""
    low, spread = float(image.min()), max(float(np.ptp(image)), 1e-9)
    return np.rint(255.0 * (image - low) / spread).astype(np.uint8)


def changed(curves: NDArray[np.float64]) -> tuple[NDArray[np.float64], str]:
    """Curves as their change from the first value in percent, or as they are where one begins at 0."""
    first = curves[:, :1]
    if (np.abs(first) < 1e-9).any():
        return curves, ""
    return 100.0 * (curves / first - 1.0), "%"


def apart(reason: Reason, most: int = 4) -> list[int]:
    """Patches with the largest fall that do not overlap."""
    chosen: list[int] = []
    for number in reason.order(whole=False):
        place = reason.places[number]
        others = [reason.places[other] for other in chosen]
        if all(
            place.x[0] >= o.x[1] or o.x[0] >= place.x[1] or place.y[0] >= o.y[1] or o.y[0] >= place.y[1] for o in others
        ):
            chosen.append(number)
        if len(chosen) == most:
            break
    return chosen


def _measure(
    picture: Picture,
    row: Box,
    label: str,
    strength: float,
    without: float,
    most: Colour | None,
    *,
    above: bool = False,
    colour: Colour = INK,
) -> None:
    """What is left of the probability without a place: a bar for the fall, in the colour of the strongest if it is that."""
    base = row.top + row.height // 2 + 5
    if above:
        row = Box(left=row.left, top=row.top + 14, width=row.width, height=row.height)
        canvas.write(picture, label, (row.left, row.top - 4), size=0.42, colour=colour, bold=most is not None)
        base = row.top + row.height // 2 + 5
    bar = row if above else Box(left=row.left + 140, top=row.top, width=row.width - 90, height=row.height)
    if not above:
        canvas.write(picture, label, (row.left, base), size=0.42, colour=colour, bold=most is not None)
    canvas.bar(picture, bar, strength, most or canvas.FAINT)
    cv2.line(picture, (bar.left, bar.top - 2), (bar.left, bar.bottom + 1), SOFT, 1)
    canvas.write(
        picture, f"{without:.2f}", (bar.x(min(strength, 1.0)) + 8, base), size=0.42, colour=INK if most else SOFT
    )


def _scale(picture: Picture, box: Box, image: NDArray[np.float64], unit: str) -> None:
    """The colours of a frame with the values that they stand for."""
    ramp = np.arange(255, -1, -1, dtype=np.uint8)[:, None]
    canvas.paste(picture, box, cv2.applyColorMap(ramp, cv2.COLORMAP_INFERNO), smooth=True)
    canvas.frame_of(picture, box)
    for share in (0.0, 0.5, 1.0):
        value = image.min() + share * np.ptp(image)
        canvas.write(
            picture, f"{value:.1f} {unit}", (box.right + 5, box.y(share) + (10 if share == 1.0 else 0)), size=0.38
        )
