"""The state of every sensor as a person reads it."""

from dataclasses import asdict, dataclass

from qc_station.sensing.rates import RateMeter
from qc_station.sensing.signal import shown
from sensors.supervision.station import Supervision


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorStatus:
    """One line of the table."""

    stream: str
    """Name of the stream."""
    state: str
    """starting, warming, live, stale, dead or reopening."""
    rate_hz: float | None
    """Samples a second over the last seconds."""
    declared_hz: float | None
    """Samples a second as declared."""
    age_s: float
    """Since the newest reading."""
    drift_ppm: float | None
    """How much faster than declared the device counts."""
    signal: str
    """Level, range or last values."""
    counters: dict[str, int]
    """What has happened since the start, the driver's own counters among them."""
    why: str
    """What keeps it from being live, or what is wrong with what it delivers; empty where nothing is."""


class StatusBoard:
    """Looks at all sensors; each look measures the rates since the looks before it."""

    def __init__(self, supervision: Supervision) -> None:
        """Args: supervision: Of the station."""
        self._supervision = supervision
        self._meters = {name: RateMeter() for name in supervision.healths}

    def look(self, now_ns: int) -> list[SensorStatus]:
        """The state of every sensor at this moment, in the order of the configuration."""
        states, found = self._supervision.look(), []
        for name, health in self._supervision.healths.items():
            counters = asdict(health.counters)
            found.append(
                SensorStatus(
                    stream=name,
                    state=str(states[name]),
                    rate_hz=self._meters[name].hz(now_ns, health.counters.samples),
                    declared_hz=health.stream.nominal_rate_hz,
                    age_s=health.age_ns(now_ns) / 1e9,
                    drift_ppm=health.drift.ppm,
                    signal=shown(health.stream, self._supervision.last(name)),
                    counters=counters | counters.pop("driver"),
                    why=health.why(now_ns) or "; ".join(health.doubts),
                )
            )
        return found
