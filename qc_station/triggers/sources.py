"""Several sources of triggers as one."""

from collections.abc import Mapping
from types import TracebackType
from typing import Self

from qc_station.triggers.contract import Deliver, Listener, TriggerSource
from sensors.readings import Reading


class TriggerSources:
    """Started, looked at and stopped together; `with` stops them."""

    def __init__(self, sources: Mapping[str, TriggerSource]) -> None:
        """Args: sources: By a name for people; none is as good as many."""
        self._sources = dict(sources)
        self._listeners = [source for source in self._sources.values() if isinstance(source, Listener)]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def counters(self) -> dict[str, dict[str, int]]:
        """Counters by source."""
        return {name: source.counters for name, source in self._sources.items()}

    @property
    def why(self) -> dict[str, str]:
        """What keeps a source from triggering at this moment, by source; those that work are not in it."""
        return {name: source.why for name, source in self._sources.items() if source.why}

    def start(self, deliver: Deliver) -> None:
        """Start all of them.

        Args:
            deliver: Takes the triggers, from several threads.

        Raises:
            SensorError: one of them cannot; those before it run until `stop`.
        """
        for source in self._sources.values():
            source.start(deliver)

    def hear(self, reading: Reading) -> None:
        """Let those listen that trigger by what sensors deliver."""
        for listener in self._listeners:
            listener.hear(reading)

    def look(self, now_ns: int) -> None:
        """Deliver what is due at this CLOCK_MONOTONIC."""
        for source in self._sources.values():
            source.look(now_ns)

    def stop(self) -> None:
        """Stop all of them; may be called twice."""
        for source in self._sources.values():
            source.stop()
