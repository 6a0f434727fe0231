"""Groups that tell the class: what the parts of one session have in common may be learnt in place of the defect.

Figures on held-out groups do not show that where a class has few sessions: those may share more than the defect, such as a
gain that was set for the day on which defects were recorded.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from qc_station.audit.counts import FEWEST_TRAIN
from qc_station.audit.finding import Finding, Severity
from qc_station.audit.material import Material
from qc_station.audit.shortcuts import FEWEST
from qc_station.audit.sightings import MAIN
from qc_station.figures.paired import FEWEST_GROUPS
from qc_station.items import Item
from qc_station.manifest.structure import WINDOW

SURE: Final = 0.9
"""Share of the way from what chance gives to every part from which on a group all but determines the class."""
TINY: Final = 5
"""A group of at most so many recordings is rather one part, shown several times, than a session."""
SHUFFLES: Final = 500
WHOLE: Final = "have one class"
ADVICE: Final = (
    "record every class in several sessions and several classes in each session; now the network may learn the session "
    "(its background, its temperature, its gain) in place of the class, and no figure of this set can tell"
)
BY_DESIGN: Final = (
    "as it should be where a group is one part and its repetitions, or was cut by class; where it is a session, record "
    "several classes in each"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """How well the group alone tells one class from all others, or all classes from one another."""

    right: int
    """Recordings that the majority of their own group is right about."""
    chance: float
    """The same, were the classes dealt out to the groups at random."""
    pure: int
    """Groups whose majority is right about all of theirs."""
    sure: bool
    """Whether that is all but all of them, and more than ever by chance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sessions:
    """The labelled recordings of all groups that have more than one."""

    groups: NDArray[np.int64]
    """Number of each recording's group, shape (recordings,)."""
    labels: NDArray[np.int64]
    """Number of its class, shape (recordings,)."""
    classes: tuple[str, ...]
    """By number."""

    def told(self) -> list[Told]:
        """Of each class, told from all others; last of all classes at once."""
        random = np.random.default_rng(0)
        by_group = _right(self.groups, self.labels)
        dealt = np.stack([_right(self.groups, random.permutation(self.labels)).sum(axis=0) for _ in range(SHUFFLES)])
        right, chance = by_group.sum(axis=0), dealt.mean(axis=0)
        sure = (right > dealt.max(axis=0)) & (right - chance >= SURE * (len(self.labels) - chance))
        pure = (by_group == np.bincount(self.groups)[:, None]).sum(axis=0)
        rows = zip(right.tolist(), chance.tolist(), pure.tolist(), sure.tolist(), strict=True)
        return [Told(right=r, chance=c, pure=p, sure=s) for r, c, p, s in rows]

    def groups_of(self) -> dict[str, int]:
        """In how many groups each class stands that has enough recordings."""
        found = {}
        for number, name in enumerate(self.classes):
            here = self.groups[self.labels == number]
            if len(here) >= FEWEST_TRAIN:
                found[name] = len(np.unique(here))
        return found


def session_findings(material: Material) -> Iterator[Finding]:
    """Where the group all but determines the class: a warning where a class has few groups, else a note.

    What all groups of a class have in common by chance becomes less with their number. A note it is, too, where groups are
    of a few recordings: they are rather one part than a session. Test items are never looked at. Windows of one recording
    have one class because it has one, and count once.
    """
    for column in _columns(material):
        sessions = sessions_of(material.items, column)
        if len(sessions.labels) < FEWEST or len(sessions.classes) < 2:
            continue
        *single, whole = sessions.told()
        groups = sessions.groups_of()
        if whole.sure and groups:
            yield _finding(sessions, whole, min(groups, key=groups.__getitem__), column, WHOLE)
            continue
        for name, one in zip(sessions.classes, single, strict=True):
            if one.sure and name in groups:
                what = f"whether {column} is {name!r}"
                yield _finding(sessions, one, name, what, f"have {name!r} alone or not at all")


def sessions_of(items: Sequence[Item], column: str) -> Sessions:
    """The recordings that one label of training and validation items is known of."""
    seen = {(i.group, _recording(i.name), i.labels[column]) for i in items if i.split != "test" and column in i.labels}
    sizes = Counter(group for group, _, _ in seen)
    kept = sorted(one for one in seen if sizes[one[0]] > 1)
    classes = tuple(sorted({label for _, _, label in kept}))
    names = sorted({group for group, _, _ in kept})
    group, label = ({name: n for n, name in enumerate(these)} for these in (names, classes))
    return Sessions(
        groups=np.array([group[one[0]] for one in kept], np.int64),
        labels=np.array([label[one[2]] for one in kept], np.int64),
        classes=classes,
    )


def _right(groups: NDArray[np.int64], labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Recordings that the majority of each group is right about, shape (groups, classes + 1).

    Asked of each class against all others, and last of all classes at once.
    """
    width = int(labels.max()) + 1
    counts = np.bincount(groups * width + labels, minlength=(int(groups.max()) + 1) * width).reshape(-1, width)
    others = counts.sum(axis=1, keepdims=True) - counts
    return np.column_stack([np.maximum(counts, others), counts.max(axis=1)])


def _finding(sessions: Sessions, told: Told, rarest: str, what: str, pure: str) -> Finding:
    """In words that need no statistics; `rarest` is the class of the fewest groups."""
    sizes, groups = np.bincount(sessions.groups), sessions.groups_of()[rarest]
    mild = float(np.median(sizes)) <= TINY or groups >= FEWEST_GROUPS
    held = f"every group has one class: {len(sizes)} groups" if pure == WHOLE and told.pure == len(sizes) else ""
    held = held or f"{told.pure} of {len(sizes)} groups {pure}"
    return Finding(
        severity=Severity.NOTE if mild else Severity.WARNING,
        kind="session" if mild else "shortcut",
        what=f"{held}, of {np.median(sizes):g} recordings as a rule, {groups} with {rarest!r}; the group (lot, session) alone "
        f"tells {what} of {told.right} of {len(sessions.labels)} recordings, {told.chance:.0f} by chance",
        advice=BY_DESIGN if mild else ADVICE,
    )


def _columns(material: Material) -> list[str]:
    """The label of the part, or where nobody gave one, those of the single streams."""
    columns = {column for item in material.items for column in item.labels if column.partition(".")[0] == MAIN}
    return [MAIN] if MAIN in columns else sorted(columns)


def _recording(item: str) -> str:
    """Name of the recording that an item was cut out of; its own where it was not."""
    window = WINDOW.fullmatch(item)
    return window[1] if window else item
