"""The whole explanation in words."""

from typing import Any

import numpy as np

from qc_station.explaining.explanation import Explanation, Reason

SHOWN = 3
"""Places of each stream."""
WORTH = 0.1
"""Fall of the log-odds from which a place is named."""
BAR = 24
"""Characters of the longest bar."""


def asked(found: Explanation) -> str:
    """The target and its probability."""
    unit = f" ({found.target.unit})" if found.target.unit else ""
    return f"{found.target.text} {found.probability:.2f}{unit}"


def led(found: Explanation) -> str:
    """What the answer hangs on, in one sentence."""
    one = found.responsible
    place, left = one.places[one.most], one.probabilities[one.most]
    without = "" if np.isnan(one.without) else f" (without {one.stream} {one.without:.2f})"
    if one.falls[one.most] < WORTH:
        return f"{asked(found)} hangs most on {one.stream}{without}, and there on no single place."
    return f"{asked(found)} hangs most on {one.stream}{without}, there on {place.text}: {left:.2f} with that {one.way}."


def said(found: Explanation, one: Reason) -> str:
    """A stream in words."""
    if found.target.stream:
        return f"{found.target.text}: {one.alone:.2f} ({found.target.unit}); no other stream has a say in that"
    without = "the only stream" if np.isnan(one.without) else f"without it {one.without:.2f}"
    return f"{found.target.text}: by {one.stream} alone {one.alone:.2f}, {without}"


def text_of(found: Explanation) -> str:
    """The explanation for a terminal."""
    strongest = max(WORTH, *(float(one.falls.max()) for one in found.reasons))
    lines = [f"{found.name}: {found.verdict.decision.value}: {found.verdict.reason}", led(found)]
    for one in found.reasons:
        lines += ["", said(found, one) + ("   <- most" if one is found.responsible else "")]
        for number in worth(one):
            bar = "#" * max(1, round(BAR * one.falls[number] / strongest))
            lines.append(f"  {one.places[number].text:36}{one.probabilities[number]:.2f} {one.way}  {bar}")
        if not worth(one):
            lines.append("  no place of it matters")
    return "\n".join(lines)


def worth(one: Reason) -> list[int]:
    """The places of a stream that are named, the largest fall first."""
    return [n for n in one.order(whole=one.kind != "image") if one.falls[n] >= WORTH][:SHOWN]


def record_of(found: Explanation) -> dict[str, Any]:
    """The explanation for programs; `fall` is that of the log-odds, and of novelty the probability is 1 - p."""
    return {
        "part": found.name,
        "verdict": found.verdict.decision.value,
        "reason": found.verdict.reason,
        "asked": found.target.text,
        "output": found.target.output,
        "novel_stream": found.target.stream,
        "probability": found.probability,
        "responsible": found.responsible.stream,
        "streams": {one.stream: _stream(one) for one in found.reasons},
    }


def _stream(one: Reason) -> dict[str, Any]:
    places = [
        {
            "place": place.text,
            "x": place.x,
            "y": place.y,
            "whole": place.whole,
            "fall": float(fall),
            "without": float(left),
        }
        for place, fall, left in zip(one.places, one.falls, one.probabilities, strict=True)
    ]
    return {
        "kind": one.kind,
        "alone": one.alone,
        "without": one.without,
        "fall": one.fall,
        "instead": one.way,
        "most": places[one.most],
        "places": places,
    }
