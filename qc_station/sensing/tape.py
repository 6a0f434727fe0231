"""Hands readings to a recorder, and says in the recording when a device was opened or lost."""

import threading
from collections.abc import Callable
from functools import partial

from sensors.readings import Reading
from sensors.recordings.errors import RecordingError
from sensors.recordings.recorder import Recorder
from sensors.supervision.health import Health, State


class Tape:
    """Sits between supervision and a recorder; a recorder that stops does not stop the sensors."""

    def __init__(self, recorder: Recorder, tell: Callable[[str], None]) -> None:
        """Nothing was recorded yet.

        Args:
            recorder: Fresh.
            tell: Is told, once, why recording has stopped.
        """
        self._recorder, self._tell = recorder, tell
        self._lock = threading.Lock()
        self._sessions: dict[str, int] = {}
        self._closed: set[tuple[str, int]] = set()
        self.counts: dict[str, int] = {}

    def take(self, reading: Reading) -> None:
        """Record a reading, in the thread of its sensor."""
        if self._sessions.get(reading.stream) != reading.session:
            self._sessions[reading.stream] = reading.session
            self._guarded(
                lambda: self._recorder.event(reading.stream, reading.session, "opened", "", reading.arrival_ns)
            )
        self._guarded(lambda: self._recorder.reading(reading))
        self.counts[reading.stream] = self.counts.get(reading.stream, 0) + 1

    def look(self, healths: dict[str, Health], now_ns: int) -> None:
        """Note which devices were lost since the last look."""
        for name, health in healths.items():
            lost = (name, self._sessions.get(name, -1))
            if health.state(now_ns) in (State.REOPENING, State.DEAD) and lost[1] >= 0 and lost not in self._closed:
                self._closed.add(lost)
                reason = health.why(now_ns)
                self._guarded(partial(self._recorder.event, *lost, "closed", reason, now_ns))

    def trigger(self, part: str, time_ns: int) -> None:
        """Record that a part stood in front of the sensors."""
        self._guarded(lambda: self._recorder.trigger(part, time_ns))

    def _guarded(self, record: Callable[[], None]) -> None:
        try:
            record()
        except RecordingError as error:
            # The recorder raises once and then counts what it drops.
            with self._lock:
                self._tell(str(error))
