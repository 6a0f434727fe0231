"""Labels that a trivial number predicts on groups that it was not fitted on."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from qc_station.audit.facts import ADVICE, ALLOWED, Fact, facts
from qc_station.audit.finding import Finding, Severity
from qc_station.audit.material import Material
from qc_station.audit.sightings import MAIN
from qc_station.figures.paired import FEWEST_GROUPS, auc_interval
from qc_station.items import Item

FOLDS: Final = 5
BINS: Final = 8
FEWEST: Final = 20
"""Items without which nothing is said."""
RESAMPLES: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """How well one fact alone tells bad parts from good ones."""

    fact: str
    """See `facts.ALLOWED`."""
    stream: str | None
    """Of which stream; None: of the item."""
    column: str
    """The label that it predicts."""
    auc: float
    """On held-out groups; 0.5 is chance."""
    lower: float
    """Lower end of its 95 % interval over groups."""
    upper: float
    """Upper end."""
    items: int
    """Items that have the fact and the label."""

    @property
    def allowed(self) -> float:
        """What the lower end may reach."""
        return ALLOWED[self.fact]


def predictions(material: Material) -> list[Prediction]:
    """Every fact against the label, on training and validation items; test items are never looked at."""
    found = []
    for fact in facts(material):
        column = _column(material, fact.stream)
        if (prediction := predicted(fact, material.items, column, material.config.ok_classes)) is not None:
            found.append(prediction)
    return found


def shortcut_findings(found: Sequence[Prediction]) -> Iterator[Finding]:
    """A warning for each fact that surely predicts more than it should."""
    for one in found:
        if one.lower > one.allowed:
            name = one.fact if one.stream is None else f"{one.stream}: {one.fact}"
            yield Finding(
                severity=Severity.WARNING,
                kind="shortcut",
                what=(
                    f"{name} alone predicts {one.column} on held-out groups: AUC {one.auc:.2f} "
                    f"({one.lower:.2f} to {one.upper:.2f}, {one.items} items)"
                ),
                advice=ADVICE[one.fact],
            )


def predicted(fact: Fact, items: Sequence[Item], column: str, ok_classes: Sequence[str]) -> Prediction | None:
    """Fit the share of bad parts in bins of the fact on four fifths of the groups, and predict the fifth.

    Args:
        fact: The number of each item.
        items: The same items.
        column: Label to predict: good classes against the others, or the most frequent class where none is good.
        ok_classes: Classes that mean good.

    Returns:
        None where the fact never varies, one class is missing, or there is too little.
    """
    learning = np.array([item.split != "test" and column in item.labels for item in items])
    here = np.flatnonzero(learning & np.isfinite(fact.values))
    chosen = [items[int(n)] for n in here]
    groups = [item.group for item in chosen]
    if len(here) < FEWEST or len(set(groups)) < FEWEST_GROUPS or np.ptp(fact.values[here]) == 0:
        return None
    labels = [item.labels[column] for item in chosen]
    good = set(ok_classes) & set(labels) or {max(sorted(set(labels)), key=labels.count)}
    bad = np.array([label not in good for label in labels])
    scores = _held_out(fact.values[here], bad, np.array([_fold(group) for group in groups]))
    interval = auc_interval(scores, bad, groups, resamples=RESAMPLES)
    if interval is None:
        return None
    auc, lower, upper = (0.5 + value for value in (interval.value, interval.lower, interval.upper))
    return Prediction(
        fact=fact.name, stream=fact.stream, column=column, auc=auc, lower=lower, upper=upper, items=len(here)
    )


def _held_out(values: NDArray[np.float64], bad: NDArray[np.bool_], folds: NDArray[np.int64]) -> NDArray[np.float64]:
    """For each item, how much more often the other folds are bad in its bin than as a whole."""
    scores = np.zeros(len(values))
    for fold in np.unique(folds):
        held = folds == fold
        edges = (
            np.unique(np.quantile(values[~held], np.linspace(0, 1, BINS + 1)[1:-1])) if (~held).any() else np.empty(0)
        )
        place, own = (
            np.searchsorted(edges, values[~held], side="right"),
            np.searchsorted(edges, values[held], side="right"),
        )
        total = np.bincount(place, minlength=len(edges) + 1)
        hits = np.bincount(place, bad[~held], minlength=len(edges) + 1)
        base = bad[~held].mean() if (~held).any() else 0.5
        # A bin of few items is drawn to what all items are (one item's worth of prior).
        scores[held] = ((hits + base) / (total + 1) - base)[own]
    return scores


def _fold(group: str) -> int:
    """A group's fold, the same in every run."""
    return int.from_bytes(hashlib.sha256(group.encode()).digest()[:4], "big") % FOLDS


def _column(material: Material, stream: str | None) -> str:
    """The stream's own label where it has one, else the part's."""
    own = f"{MAIN}.{stream}"
    return own if stream is not None and any(own in item.labels for item in material.items) else MAIN
