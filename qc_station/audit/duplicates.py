"""Windows that are equal bit for bit, and windows in which there is nothing at all."""

from collections import defaultdict
from collections.abc import Iterator

from qc_station.audit.finding import Finding, Severity
from qc_station.audit.sightings import Sightings
from qc_station.store.digests import window_digest


def duplicates(seen: Sightings) -> Iterator[Finding]:
    """Equal windows of one stream in different groups: a fault across splits, a warning within one.

    Items of one group may share a window, e.g. one gas cycle of several parts; that is what groups are for.
    """
    for members in equal(seen):
        items = [seen.items[number] for number in members]
        splits = sorted({item.split or "none" for item in items})
        if len({item.group for item in items}) == 1:
            continue
        names = tuple(item.name for item in items)
        what = f"{seen.stream}: {len(items)} items have the same window, bit for bit"
        if len(splits) > 1:
            yield Finding(
                severity=Severity.FAULT,
                kind="leakage",
                what=f"{what}, in {' and '.join(splits)}",
                advice="keep it in one split, or put these items into one group",
                items=names,
            )
        else:
            yield Finding(
                severity=Severity.WARNING,
                kind="duplicate",
                what=f"{what}, all in {splits[0]}",
                advice="keep one of them, or give them one group so that they are not counted as independent",
                items=names,
            )


def equal(seen: Sightings) -> list[list[int]]:
    """Numbers of the items whose windows are equal, in lists of two and more; blank windows say nothing."""
    by_digest: dict[str, list[int]] = defaultdict(list)
    for number, blank in enumerate(seen.blank):
        if not blank:
            by_digest[window_digest(seen.window(number))].append(number)
    return [members for members in by_digest.values() if len(members) > 1]


def blanks(seen: Sightings) -> Iterator[Finding]:
    """Windows of one value throughout, in which no part was heard or seen."""
    names = tuple(item.name for item, blank in zip(seen.items, seen.blank, strict=True) if blank)
    if names:
        yield Finding(
            severity=Severity.WARNING,
            kind="blank",
            what=f"{seen.stream}: {len(names)} of {len(seen.items)} windows hold one value throughout",
            advice="was the sensor dead or covered? empty the cell, so that the part counts as without this stream",
            items=names,
        )
