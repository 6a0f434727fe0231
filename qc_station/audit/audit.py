"""The whole audit of one material."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from qc_station.audit.counts import Counts, class_counts, count_findings
from qc_station.audit.duplicates import blanks, duplicates
from qc_station.audit.finding import Finding, Severity, ordered
from qc_station.audit.leakage import contradictions, copies, part_contradictions
from qc_station.audit.material import Material
from qc_station.audit.overlap import overlap_findings, pair_counts, stream_sets
from qc_station.audit.sessions import session_findings
from qc_station.audit.shortcuts import Prediction, predictions, shortcut_findings
from qc_station.audit.sightings import sightings
from qc_station.audit.teaching import Lesson, lesson_findings, lessons
from qc_station.learning.datasets import input_spec


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """What an audit came to."""

    source: str
    """What was audited."""
    items: int
    """Items that could be read."""
    streams: dict[str, int]
    """Items by the streams that they have, joined by "+"."""
    pairs: dict[str, int]
    """Items that have both streams of a pair."""
    counts: Counts
    """Items by label column, class and split."""
    predictions: tuple[Prediction, ...]
    """How well each trivial number predicts a label."""
    lessons: tuple[Lesson, ...]
    """What the floor makes of each stream and pair."""
    findings: tuple[Finding, ...]
    """Faults first."""

    @property
    def passed(self) -> bool:
        """Whether there is no fault."""
        return not any(finding.severity is Severity.FAULT for finding in self.findings)

    def as_json(self) -> dict[str, Any]:
        """Everything, as JSON takes it."""
        plain = {name: getattr(self, name) for name in ("source", "items", "streams", "pairs", "counts", "passed")}
        rows = {name: [asdict(one) for one in getattr(self, name)] for name in ("predictions", "lessons")}
        return plain | rows | {"findings": [finding.as_json() for finding in self.findings]}


def audit(material: Material, report: Callable[[str], None] = lambda _: None) -> Audit:
    """Look at a material from every side.

    Args:
        material: What to look at.
        report: Told what is being looked at.
    """
    counts = class_counts(material)
    findings = [*material.refused, *overlap_findings(material), *count_findings(material, counts)]
    findings += part_contradictions(material)
    for stream in material.config.inspecting:
        report(f"{stream}: looking for copies")
        findings += _copies(material, stream)
    report("looking for shortcuts")
    predicted = predictions(material)
    report("fitting the floor")
    taught = lessons(material)
    findings += [*shortcut_findings(predicted), *session_findings(material), *lesson_findings(taught)]
    return Audit(
        source=material.source,
        items=len(material.items),
        streams=stream_sets(material),
        pairs=pair_counts(material),
        counts=counts,
        predictions=tuple(predicted),
        lessons=tuple(taught),
        findings=ordered(findings),
    )


def _copies(material: Material, stream: str) -> Iterator[Finding]:
    seen = sightings(material, stream)
    if seen.items:
        yield from blanks(seen)
        yield from duplicates(seen)
        yield from contradictions(seen)
        yield from copies(seen, input_spec(stream, material.config.streams[stream]))
