"""How many items of each class there are in each split, and what that is too few for."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Final

from qc_station.audit.finding import Finding, Severity
from qc_station.audit.material import Material

SPLITS: Final = ("train", "val", "test", "none")
FEWEST_TRAIN: Final = 10
"""Training items of a class under which hardly anything is learnt about it."""
FEWEST_GROUPS: Final = 3
"""Training groups of a class under which the network may learn the session or the one object instead of the class."""
Counts = dict[str, dict[str, dict[str, int]]]


def class_counts(material: Material) -> Counts:
    """Items by label column, class and split; columns whose every value is a number of its own are left out."""
    found: dict[str, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    for item in material.items:
        for column, text in item.labels.items():
            if column.partition(".")[0] == "label":
                found[column][text][item.split or "none"] += 1
    return {
        column: {text: {split: counts[split] for split in SPLITS} for text, counts in sorted(classes.items())}
        for column, classes in sorted(found.items())
    }


def count_findings(material: Material, counts: Counts) -> Iterator[Finding]:
    """Splits that are missing, classes that are rare or absent, items that nobody labelled."""
    splits = Counter(item.split or "none" for item in material.items)
    learning = "train" if splits["train"] else "none"
    if learning == "train" and not splits["val"]:
        what, advice = "no item in val", "a fifth of the training groups will be held back; name a split to choose them"
        yield _said(Severity.NOTE, "split", what, advice)
    if not splits["test"]:
        what = "no item in test"
        yield _said(
            Severity.NOTE, "split", what, "keep some groups for the last measurement; nothing may learn from them"
        )
    unlabelled = tuple(item.name for item in material.items if not item.labels)
    if unlabelled:
        what = f"{len(unlabelled)} of {len(material.items)} items have no label"
        yield _said(Severity.NOTE, "label", what, "label them, or leave them out", *unlabelled)
    for column, classes in counts.items():
        yield from _classes(material, column, classes, learning)


def _classes(material: Material, column: str, classes: dict[str, dict[str, int]], learning: str) -> Iterator[Finding]:
    if len(classes) == 1:
        what = f"{column}: every item is {next(iter(classes))!r}"
        yield _said(Severity.WARNING, "class", what, "nothing can be learnt from one class; record the others too")
    for text, by_split in classes.items():
        names = tuple(i.name for i in material.items if i.labels.get(column) == text)
        here = by_split[learning]
        if here < FEWEST_TRAIN:
            what = f"{column}: {here} training items of class {text!r}"
            yield _said(Severity.WARNING, "class", what, f"record at least {FEWEST_TRAIN}, better a hundred", *names)
        groups = {i.group for i in material.items if i.labels.get(column) == text and (i.split or "none") == learning}
        if here >= FEWEST_TRAIN and len(groups) < FEWEST_GROUPS:
            what = f"{column}: the {here} training items of class {text!r} come from {len(groups)} group(s)"
            advice = (
                "record it in other sessions and of other parts; what they have in common may be taken for the class"
            )
            yield _said(Severity.WARNING, "session", what, advice, *names)
        for split in ("val", "test"):
            if not by_split[split] and any(counts[split] for counts in classes.values()):
                what = f"{column}: no {split} item of class {text!r}"
                yield _said(Severity.WARNING, "class", what, "its figures cannot be known; move whole groups", *names)


def _said(severity: Severity, kind: str, what: str, advice: str, *items: str) -> Finding:
    return Finding(severity=severity, kind=kind, what=what, advice=advice, items=items)
