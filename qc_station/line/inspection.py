"""From the windows of a part to its durable decision, live."""

import logging
import math
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, replace

from deploy.errors import InputError
from deploy.runtime import Runtime
from qc_station.align.snapshot import Reason, Snapshot
from qc_station.align.trigger import Trigger
from qc_station.config.station import StationConfig
from qc_station.errors import DiskFullError, PartKnownError, StoreError
from qc_station.evaluation import kept_scores, verdict_of
from qc_station.operating.point import policy_of
from qc_station.store import Decision as Row
from qc_station.store import Store
from qc_station.verdict import Decision, Policy, Verdict

LOG = logging.getLogger(__name__)
NAN = float("nan")


@dataclass(frozen=True, slots=True, kw_only=True)
class NotedTrigger(Trigger):
    """A trigger that is on its way to the disk."""

    receipt: "Future[None]"
    """Is done once the trigger is on the disk; raises StoreError where it is not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspected:
    """One part of the live line."""

    part: str
    """Its name."""
    verdict: str
    """PASS, REJECT or REVIEW."""
    reason: str
    """Why, for people."""
    bad: float
    """Calibrated probability that it is not good; NaN where nothing was scored."""
    reasons: dict[str, str]
    """What became of each stream's window."""
    latency_ms: dict[str, float]
    """`scores`: of the network; `decision`: from the closed windows to the verdict on disk; `trigger`: from the trigger
    until only the commit was to come, which is when the deadline was asked."""


class Inspector:
    """Accepts triggers and decides about parts; each gets exactly one row in the store, whatever happens in between."""

    def __init__(
        self,
        store: Store,
        config: StationConfig,
        runtime: Runtime | None,
        *,
        clock: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        """Close the books of a run that was interrupted.

        Args:
            store: Of the station.
            config: Of the station.
            runtime: The verified bundle; None sends every part to review.
            clock: CLOCK_MONOTONIC in ns.

        Raises:
            ConfigError: the operating point of the bundle cannot be trusted.
        """
        self._store, self._config, self._runtime, self._clock = store, config, runtime, clock
        self._policy = self._policy_of(runtime)
        self.interrupted = store.open_parts()
        """Parts that the run before had accepted and not decided."""
        self.not_accepted: dict[str, int] = {}
        """Triggers that could not be noted on disk, by reason."""
        for part in self.interrupted:
            store.leave_undecided(part, "the line stopped before it was decided")

    def swap(self, runtime: Runtime) -> None:
        """Decide with another bundle from the next part on; in the thread of `inspect`, so that no part sees two."""
        self._runtime, self._policy = runtime, self._policy_of(runtime)

    def note(self, trigger: Trigger) -> NotedTrigger:
        """Begin to note on disk that a part came, without waiting; any thread may call it."""
        receipt = self._store.begin_to_accept(trigger.part)
        return NotedTrigger(part=trigger.part, time_ns=trigger.time_ns, receipt=receipt)

    def accept(self, trigger: Trigger) -> bool:
        """Whether it is on disk that a part came; one that came before keeps its decision, any other failure is logged."""
        try:
            noted = trigger if isinstance(trigger, NotedTrigger) else self.note(trigger)
            noted.receipt.result()
        except PartKnownError:
            return self._missed("came before")
        except StoreError as error:
            LOG.error("part %s came and is not inspected: %s", trigger.part, error)
            return self._missed("disk full" if isinstance(error, DiskFullError) else "store failed")
        return True

    def turn_away(self, trigger: Trigger) -> None:
        """Note on disk why a part that was accepted gets no decision: too many wait already."""
        try:
            self._store.leave_undecided(trigger.part, "too many parts waited; see open_parts in [buffers]")
        except StoreError as error:
            LOG.error("part %s stays open until the next start: %s", trigger.part, error)

    def inspect(self, snapshot: Snapshot) -> Inspected:
        """Score, decide, store.

        Whether the deadline has passed is asked when the database is ours and only the commit is to come. What the
        commit's own sync takes is not in it: a PASS is late by that at most, which `latency_ms` tells.

        Raises:
            StoreError: the disk refuses; the part stays open and is closed as undecided at the next start.
        """
        begun_ns = self._clock()
        verdict, scores = self._verdict(snapshot)
        scored_ns = self._clock()
        stored = self._store.record_decision(
            part=snapshot.part,
            verdict=verdict.decision.value,
            reason=verdict.reason,
            scores=scores,
            bundle=None if self._runtime is None else self._runtime.manifest.digest,
            latency_ms={"scores": (scored_ns - begun_ns) / 1e6},
            at_last=lambda row: self._in_time(row, snapshot.time_ns),
        )
        return Inspected(
            part=snapshot.part,
            verdict=stored.verdict,
            reason=stored.reason,
            bad=verdict.bad,
            reasons={name: str(reason) for name, reason in snapshot.reasons.items()},
            latency_ms={**stored.latency_ms, "decision": (self._clock() - begun_ns) / 1e6},
        )

    def _missed(self, reason: str) -> bool:
        self.not_accepted[reason] = self.not_accepted.get(reason, 0) + 1
        return False

    def _verdict(self, snapshot: Snapshot) -> tuple[Verdict, dict[str, object]]:
        """What the network says of the windows that are whole and healthy; the others are no evidence."""
        lost = {name: reason for name, reason in snapshot.reasons.items() if reason is not Reason.OK}
        said = ", ".join(f"{name} {reason}" for name, reason in lost.items())
        if self._runtime is None:
            return _review("; ".join(filter(None, ("no model yet", said)))), {}
        here = {n: w.data for n, w in snapshot.windows.items() if n not in lost and n in self._runtime.streams}
        if not here:
            return _review(f"no evidence: {said}"), {}
        try:
            scores = self._runtime.scores(here)
        except InputError as error:
            return _review(str(error)), {}
        verdict = verdict_of(self._runtime.manifest, scores.outputs, scores.streams, self._policy)
        missing = [name for name, stream in self._config.inspecting.items() if stream.required and name not in here]
        if missing and verdict.decision is Decision.PASS:
            verdict = _review(f"required {', '.join(missing)} missing; {verdict.reason}", verdict.bad)
        kept = kept_scores(self._runtime, scores)
        return Verdict(decision=verdict.decision, reason=_joined(verdict.reason, said), bad=verdict.bad), kept

    def _policy_of(self, runtime: Runtime | None) -> Policy | None:
        """The thresholds that were proved for a bundle, else its costs."""
        return None if runtime is None else policy_of(self._store.folder, runtime.manifest)

    def _in_time(self, row: Row, trigger_ns: int) -> Row:
        """A decision after the deadline is none to let a part pass by."""
        age_ms, allowed_ms = (self._clock() - trigger_ns) / 1e6, self._config.deadline_ms
        row = replace(row, latency_ms={**row.latency_ms, "trigger": age_ms})
        if row.verdict != Decision.PASS.value or age_ms <= allowed_ms:
            return row
        late = f"late: decided {math.ceil(age_ms - allowed_ms)} ms after the deadline of {allowed_ms:g} ms"
        return replace(row, verdict=Decision.REVIEW.value, reason=f"{late}; {row.reason}")


def _review(reason: str, bad: float = NAN) -> Verdict:
    return Verdict(decision=Decision.REVIEW, reason=reason, bad=bad)


def _joined(reason: str, lost: str) -> str:
    return f"{reason} ({lost})" if lost else reason
