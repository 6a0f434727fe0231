"""The tables of accepted parts and their decisions: each part gets exactly one, or a row that says why not."""

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from qc_station.errors import PartKnownError, StoreError


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What was decided about a part."""

    part: str
    """Name of the part."""
    verdict: str
    """PASS, REJECT or REVIEW."""
    reason: str
    """Why, for people."""
    scores: Mapping[str, Any] = field(default_factory=dict)
    """Calibrated probabilities and novelty, as JSON takes them."""
    bundle: str | None = None
    """Digest of the bundle that scored; None where none did."""
    latency_ms: Mapping[str, float] = field(default_factory=dict)
    """Milliseconds by step."""
    decided_ns: int | None = None
    """Wall clock in nanoseconds, for display; None in a decision that is about to be recorded: now."""


AtLast = Callable[[Decision], Decision]
"""What a decision becomes when its turn to be written has come: other processes may have held the database for long."""


def accept(database: sqlite3.Connection, part: str, now_ns: int) -> None:
    """Note that a trigger was accepted."""
    try:
        database.execute("INSERT INTO parts (part, accepted_ns) VALUES (?, ?)", (part, now_ns))
    except sqlite3.IntegrityError as error:
        raise PartKnownError(f"part {part!r} was accepted already; allowed: a name that no other part has") from error


def record(database: sqlite3.Connection, decision: Decision, now_ns: int, at_last: AtLast) -> Decision:
    """Note a part's decision, as it is at last; a part that nobody accepted is accepted with it."""
    when = now_ns if decision.decided_ns is None else decision.decided_ns
    database.execute("INSERT OR IGNORE INTO parts (part, accepted_ns) VALUES (?, ?)", (decision.part, when))
    _check_open(database, decision.part)
    decision = at_last(decision)
    if decision.verdict not in {"PASS", "REJECT", "REVIEW"}:
        raise StoreError(f"part {decision.part!r}: verdict {decision.verdict!r}; allowed: PASS, REJECT, REVIEW")
    scores, latency = (json.dumps(dict(values)) for values in (decision.scores, decision.latency_ms))
    database.execute(
        "INSERT INTO decisions (part, verdict, reason, scores, bundle, latency_ms, decided_ns) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (decision.part, decision.verdict, decision.reason, scores, decision.bundle, latency, when),
    )
    return replace(decision, decided_ns=when)


def leave_undecided(database: sqlite3.Connection, part: str, reason: str) -> None:
    """Note why an accepted part gets no decision."""
    _check_open(database, part)
    if database.execute("UPDATE parts SET undecided = ? WHERE part = ?", (reason, part)).rowcount != 1:
        raise StoreError(f"part {part!r} was never accepted")


def still_open(database: sqlite3.Connection) -> list[str]:
    """Accepted parts with neither a decision nor a reason, oldest first."""
    query = """SELECT part FROM parts WHERE undecided IS NULL AND part NOT IN (SELECT part FROM decisions)
               ORDER BY accepted_ns, part"""
    return [part for (part,) in database.execute(query)]


def recorded(database: sqlite3.Connection, after: int = 0, most: int = -1) -> Iterator[tuple[int, Decision]]:
    """Number and decision in the order in which they were recorded: those above a number, `most` of them or all."""
    query = """SELECT id, part, verdict, reason, scores, bundle, latency_ms, decided_ns FROM decisions
               WHERE id > ? ORDER BY id LIMIT ?"""
    for number, part, verdict, reason, scores, bundle, latency, when in database.execute(query, (after, most)):
        decision = Decision(
            part=part,
            verdict=verdict,
            reason=reason,
            scores=json.loads(scores),
            bundle=bundle,
            latency_ms=json.loads(latency),
            decided_ns=when,
        )
        yield number, decision


def last(database: sqlite3.Connection) -> int:
    """Number of the last decision; 0 before the first."""
    return int(database.execute("SELECT coalesce(max(id), 0) FROM decisions").fetchone()[0])


def _check_open(database: sqlite3.Connection, part: str) -> None:
    query = """SELECT undecided, (SELECT verdict FROM decisions WHERE decisions.part = parts.part)
               FROM parts WHERE part = ?"""
    undecided, verdict = database.execute(query, (part,)).fetchone() or (None, None)
    if verdict is not None:
        raise StoreError(f"part {part!r} is decided already: {verdict}; a decision is never changed")
    if undecided is not None:
        raise StoreError(f"part {part!r} was left undecided: {undecided}")
