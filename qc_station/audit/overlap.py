"""Which streams stand side by side on the same items: what can be learnt about them together."""

from collections import Counter
from collections.abc import Iterator
from itertools import combinations

from qc_station.audit.finding import Finding, Severity
from qc_station.audit.material import Material


def stream_sets(material: Material) -> dict[str, int]:
    """Items by the streams that they have, joined by "+", the most frequent set first."""
    order = list(material.config.inspecting)
    found = Counter("+".join(name for name in order if name in item.windows) for item in material.items)
    return dict(found.most_common())


def pair_counts(material: Material) -> dict[str, int]:
    """Items that have both streams of a pair, by "one+other"; a stream with itself counts its own."""
    names = list(material.config.inspecting)
    pairs = [(name, name) for name in names] + list(combinations(names, 2))
    return {
        one if one == other else f"{one}+{other}": sum(
            one in item.windows and other in item.windows for item in material.items
        )
        for one, other in pairs
    }


def overlap_findings(material: Material) -> Iterator[Finding]:
    """Pairs of streams that no training item has together, and streams that training or the other splits lack."""
    learning = [item for item in material.items if item.split in ("train", None)]
    judged = [item for item in material.items if item.split in ("val", "test")]
    names = list(material.config.inspecting)
    for name in names:
        there = any(name in item.windows for item in learning)
        if not there or (judged and not any(name in item.windows for item in judged)):
            lacking = "val and test" if there else "training"
            what = f"{name}: no item of {lacking} has this stream"
            yield Finding(severity=Severity.WARNING, kind="overlap", what=what, advice="record it there too")
    for one, other in combinations(names, 2):
        alone = all(any(name in item.windows for item in learning) for name in (one, other))
        if alone and not any(one in item.windows and other in item.windows for item in learning):
            yield Finding(
                severity=Severity.WARNING,
                kind="overlap",
                what=f"{one} and {other}: no training item has both",
                advice="record parts with both sensors; what they show only together cannot be learnt otherwise",
            )
