"""Copies that are not equal bit for bit: across the border of splits, and under different labels."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from models.injection import InputSpec
from qc_station.audit.duplicates import equal
from qc_station.audit.finding import Finding, Severity
from qc_station.audit.likeness import likeness
from qc_station.audit.material import Material
from qc_station.audit.neighbours import UNKNOWN, across
from qc_station.audit.sightings import MAIN, Sightings
from qc_station.items import Item
from qc_station.store.digests import window_digest

FEWEST = 2


def copies(seen: Sightings, spec: InputSpec) -> Iterator[Finding]:
    """Near-duplicates of one stream: leaks between splits, and labels that contradict each other.

    Args:
        seen: The stream's windows.
        spec: How they are read.
    """
    told = np.flatnonzero(~seen.blank)
    if len(told) < FEWEST:
        return
    windows = [seen.window(int(number)) for number in told]
    compare = likeness(spec, windows)
    vectors = compare.vectors(windows)
    for kind, sides in (("leakage", _splits(seen, told)), ("label", _labels(seen, told))):
        pairs = [
            (int(told[one]), int(told[other]))
            for one, other in across(vectors, sides, compare.reach)
            if compare.same(windows[one], windows[other])
        ]
        yield from _leaks(seen, pairs) if kind == "leakage" else _contradictions(seen, pairs)


def contradictions(seen: Sightings) -> Iterator[Finding]:
    """Equal windows of one stream under different labels."""
    for members in equal(seen):
        labels = sorted({label for number in members if (label := seen.label(number)) is not None})
        if len(labels) > 1:
            yield _contradiction(seen, members, f"{len(members)} items have the same window, bit for bit", labels)


def part_contradictions(material: Material) -> Iterator[Finding]:
    """Parts of several streams all of whose windows are equal, under different labels of the whole part."""
    by_digests: dict[tuple[tuple[str, str], ...], list[Item]] = defaultdict(list)
    for item in material.items:
        if len(item.windows) > 1 and MAIN in item.labels:
            by_digests[tuple((name, window_digest(data)) for name, data in sorted(item.windows.items()))].append(item)
    for members in by_digests.values():
        labels = sorted({item.labels[MAIN] for item in members})
        if len(labels) > 1:
            yield Finding(
                severity=Severity.FAULT,
                kind="contradiction",
                what=f"{len(members)} parts have the same windows in every stream, and are labelled {' and '.join(labels)}",
                advice="look at the part again, and give it one label",
                items=tuple(item.name for item in members),
            )


def _leaks(seen: Sightings, pairs: Sequence[tuple[int, int]]) -> Iterator[Finding]:
    for one, other in pairs:
        first, second = seen.items[one], seen.items[other]
        if _equal(seen, one, other):
            continue
        what = f"{seen.stream}: two items are one recording (louder, shifted, mirrored or coded again)"
        yield Finding(
            severity=Severity.FAULT,
            kind="leakage",
            what=f"{what}, in {first.split or 'none'} and {second.split or 'none'}",
            advice="keep it in one split, or put both items into one group",
            items=(first.name, second.name),
        )


def _contradictions(seen: Sightings, pairs: Sequence[tuple[int, int]]) -> Iterator[Finding]:
    for pair in pairs:
        if not _equal(seen, *pair):
            labels = [str(seen.label(number)) for number in pair]
            yield _contradiction(seen, pair, "two items are one recording", labels)


def _contradiction(seen: Sightings, members: Sequence[int], what: str, labels: Sequence[str]) -> Finding:
    return Finding(
        severity=Severity.FAULT,
        kind="contradiction",
        what=f"{seen.stream}: {what}, and are labelled {' and '.join(labels)}",
        advice="listen to it or look at it again, and give it one label",
        items=tuple(seen.items[number].name for number in members),
    )


def _equal(seen: Sightings, one: int, other: int) -> bool:
    """Whether two windows are equal bit for bit, which is told elsewhere."""
    return bool(np.array_equal(seen.window(one), seen.window(other)))


def _splits(seen: Sightings, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    return _codes([seen.items[number].split for number in numbers])


def _labels(seen: Sightings, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    return _codes([seen.label(number) for number in numbers])


def _codes(texts: Sequence[str | None]) -> NDArray[np.int64]:
    """A number for each text, `UNKNOWN` for None."""
    known = {text: number for number, text in enumerate(sorted({text for text in texts if text is not None}))}
    return np.array([UNKNOWN if text is None else known[text] for text in texts], np.int64)
