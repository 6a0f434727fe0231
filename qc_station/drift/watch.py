"""Follows the decisions of a station, live or afterwards: the same decisions give the same alarms."""

import logging
from pathlib import Path
from typing import Final

from deploy.bundle import Bundle
from qc_station.bundles import FOLDER
from qc_station.drift.reference import p_values, reference_of
from qc_station.drift.state import DriftState, read_state, write_state
from qc_station.drift.stream import Alarm, Question, StreamDrift
from qc_station.store import Store
from qc_station.store.decisions import Decision

LOG = logging.getLogger(__name__)
LOOK_NS: Final = 1_000_000_000
"""Decisions are looked at so often."""
AT_ONCE: Final = 40
"""Decisions that are read at once, a few milliseconds' work; looking never takes the line longer than these do."""
READ: Final = 5000
"""Decisions that are held in memory at once where nobody waits."""
SAVED: Final = 1000
"""Parts after which the state is written; what a kill loses is read again from the decisions."""


class DriftWatch:
    """Every stream of the bundle that decides now."""

    def __init__(self, folder: Path, store: Store, running: Bundle | None = None) -> None:
        """Go on from the state that was saved.

        Args:
            folder: Of the station.
            store: Of the station.
            running: The bundle that decides now, which may lie anywhere; others are looked for in the station's folder.
        """
        state = read_state(folder)
        if state.number > store.last_decision():
            # The store was replaced by an older one, or another one.
            state = DriftState()
        self._folder, self._store, self._running = folder, store, running
        self.number, self.bundle, self._saved, self._looked_ns = state.number, state.bundle, state.number, 0
        self._reference: dict[str, list[float]] | None = None
        self._texts: dict[tuple[str, Alarm], str] = {}
        self.streams = {name: StreamDrift.restored(name, one) for name, one in state.streams.items()}

    def look(self, now_ns: int) -> list[str]:
        """Look at some new decisions, if the last look is long enough ago; returns what is to be said of new alarms."""
        if now_ns - self._looked_ns < LOOK_NS:
            return []
        self._looked_ns = now_ns
        said = self.advance()
        if self.number - self._saved >= SAVED:
            self.save()
        return said

    def advance(self) -> list[str]:
        """Look at the next decisions; returns what is to be said of new alarms."""
        return self._advance(AT_ONCE)

    def catch_up(self) -> None:
        """Look at every decision there is."""
        before = -1
        while before < self.number:
            before = self.number
            self._advance(READ)

    @property
    def standing(self) -> list[str]:
        """What is to be said of every alarm that stands."""
        return [self._said(n, alarm) for n, stream in self.streams.items() for alarm in stream.alarms.values()]

    def save(self) -> None:
        """Write the state; where that fails, the decisions are read again at the next start."""
        streams = {name: one.state() for name, one in self.streams.items()}
        try:
            write_state(self._folder, DriftState(number=self.number, bundle=self.bundle, streams=streams))
        except OSError as error:
            LOG.warning("drift cannot be saved: %s", error)
        self._saved = self.number

    def decision(self, number: int) -> Decision:
        """The decision of a number, or the next that is still stored."""
        return self._store.decisions_after(number - 1, 1)[0][1]

    def _advance(self, most: int) -> list[str]:
        raised = []
        for number, decision in self._store.decisions_after(self.number, most):
            self.number = number
            raised += self._add(number, decision)
        return [self._said(stream, alarm) for stream, alarm in raised]

    def _add(self, number: int, decision: Decision) -> list[tuple[str, Alarm]]:
        if decision.bundle is None:
            return []
        if decision.bundle != self.bundle:
            self.bundle, self.streams, self._reference = decision.bundle, {}, None
        raised = []
        for name, p_value in p_values(decision.scores).items():
            if name not in self.streams:
                self.streams[name] = StreamDrift(name, self._known(name))
            raised += [(name, alarm) for alarm in self.streams[name].add(decision.part, p_value, number)]
        return raised

    def _known(self, stream: str) -> list[float]:
        """P-values of the bundle's validation items in a stream."""
        if self._reference is None:
            self._reference = reference_of(self._deciding())
        return self._reference.get(stream, [])

    def _deciding(self) -> Path | Bundle:
        """The bundle whose decisions are followed."""
        if self._running is not None and self._running.manifest.digest == self.bundle:
            return self._running
        return self._folder / FOLDER / self.bundle[:12]

    def _said(self, stream: str, alarm: Alarm) -> str:
        """An alarm in words, which name a part and are therefore looked up once."""
        if (stream, alarm) not in self._texts:
            than = "before" if alarm.question is Question.BEFORE else "in training"
            since = self.decision(alarm.begun).part
            self._texts[stream, alarm] = f"drift: {stream} {alarm.word} than {than} since part {since}"
        return self._texts[stream, alarm]
