"""Bundles on the same labelled parts that none of them learnt from: exact bounds, and whether two differ by more than chance."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deploy.runtime import Runtime
from qc_station.evaluation import MAIN, run_all, verdict_of
from qc_station.figures.paired import McNemar, mcnemar
from qc_station.figures.rates import Rate, rate
from qc_station.items import Item
from qc_station.store import Store
from qc_station.verdict import Decision, Policy

SPLITS = ("challenge", "test")
"""The first that holds labelled items is the challenge set."""
ALPHA = 0.05
"""Significance of a difference for the worse."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """Labelled parts that no bundle learnt from."""

    split: str
    """Where they stand in the store; "" where there are none."""
    items: tuple[Item, ...]
    """In the order of their names."""

    @property
    def labels(self) -> NDArray[np.str_]:
        """What each part is, shape (items,)."""
        return np.array([item.labels[MAIN] for item in self.items], dtype=np.str_)

    def good(self, ok_classes: Sequence[str]) -> NDArray[np.bool_]:
        """Which parts are good, shape (items,)."""
        return np.isin(self.labels, list(ok_classes))


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What a bundle says of every part of a challenge set."""

    right: NDArray[np.bool_]
    """Whether the class of largest probability is the part's, shape (items,); a class that it does not know is wrong."""
    decisions: NDArray[np.str_]
    """PASS, REJECT or REVIEW, shape (items,)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """A bundle on a challenge set, each with its exact bounds."""

    accuracy: Rate
    """Parts whose class is right."""
    escape: Rate
    """Bad parts that pass."""
    overkill: Rate
    """Good parts that are rejected."""
    review: Rate
    """Parts that a person has to look at."""

    @property
    def rates(self) -> dict[str, Rate]:
        """The figures by name."""
        return {name: getattr(self, name) for name in ("accuracy", "escape", "overkill", "review")}

    def as_json(self) -> dict[str, Any]:
        """Count, total, lower and upper by figure."""
        return {name: asdict(found) for name, found in self.rates.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A candidate less the champion, on the same parts; in each test the candidate is the first."""

    classes: McNemar
    """Of parts whose class is right."""
    caught: McNemar
    """Of bad parts that do not pass."""

    @property
    def faults(self) -> tuple[str, ...]:
        """In which ways the candidate is significantly worse, in words."""
        found = {"class": self.classes, "bad parts held back": self.caught}
        return tuple(
            f"significantly worse than the champion in {what}: {test.only_second} parts right by the champion alone, "
            f"{test.only_first} by the candidate alone (McNemar mid-p {test.p:.3g}, under {ALPHA:g})"
            for what, test in found.items()
            if worse(test)
        )

    def as_json(self) -> dict[str, Any]:
        """Both tests."""
        return {"classes": asdict(self.classes), "caught": asdict(self.caught), "worse": list(self.faults)}


def worse(test: McNemar) -> bool:
    """Whether the first is worse than the second by more than chance."""
    return test.p < ALPHA and test.only_second > test.only_first


def challenge_of(store: Store) -> Challenge:
    """The labelled parts of the split `challenge`, or of `test` where there is none."""
    for split in SPLITS:
        entries = [entry for entry in store.entries((split,)) if MAIN in entry.labels]
        if entries:
            return Challenge(split=split, items=tuple(store.load(entry) for entry in entries))
    return Challenge(split="", items=())


def answers_of(runtime: Runtime, items: Sequence[Item], policy: Policy | None = None) -> Answers:
    """Ask a bundle about every part, as the line would.

    Args:
        runtime: Of a bundle whose streams are the station's.
        items: With windows as the station declares them.
        policy: By what its verdicts are made; None: by its costs alone.
    """
    presence = np.array([[s in item.windows for s in runtime.streams] for item in items], dtype=np.bool_)
    outputs = run_all(runtime, items, presence)
    right, decisions = [], []
    for number, item in enumerate(items):
        own = {name: rows[number] for name, rows in outputs.items()}
        here = tuple(s for s, there in zip(runtime.streams, presence[number], strict=True) if there)
        decision = verdict_of(runtime.manifest, own, here, policy).decision if here else Decision.REVIEW
        right.append(bool(here) and _best(runtime, own) == item.labels[MAIN])
        decisions.append(decision.value)
    return Answers(right=np.array(right, np.bool_), decisions=np.array(decisions, np.str_))


def _best(runtime: Runtime, outputs: dict[str, NDArray[np.float32]]) -> str | None:
    """The most likely class of the part; None where the bundle has no classes of it."""
    task = runtime.manifest.tasks.get(MAIN)
    return task.classes[int(outputs[MAIN].argmax())] if task and task.classes else None


def figures_of(answers: Answers, good: NDArray[np.bool_]) -> Figures:
    """Shares with their exact bounds (Clopper and Pearson, Biometrika 26, 1934).

    Args:
        answers: Of a bundle.
        good: Which parts are good, shape (items,).
    """
    passed, rejected = answers.decisions == Decision.PASS.value, answers.decisions == Decision.REJECT.value
    looked_at = answers.decisions == Decision.REVIEW.value
    return Figures(
        accuracy=rate(int(answers.right.sum()), len(good)),
        escape=rate(int((passed & ~good).sum()), int((~good).sum())),
        overkill=rate(int((rejected & good).sum()), int(good.sum())),
        review=rate(int(looked_at.sum()), len(good)),
    )


def compare(candidate: Answers, champion: Answers, good: NDArray[np.bool_]) -> Compared:
    """Both on the same parts; see `qc_station.figures.paired.mcnemar`.

    Args:
        candidate: Its answers.
        champion: Its answers to the same parts in the same order.
        good: Which parts are good, shape (items,).
    """
    held = [one.decisions[~good] != Decision.PASS.value for one in (candidate, champion)]
    return Compared(classes=mcnemar(candidate.right, champion.right), caught=mcnemar(*held))
