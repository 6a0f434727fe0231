"""From the readings of two streams to the lag between them."""

from collections.abc import Iterable, Mapping

from qc_station.errors import CalibrationError
from qc_station.sync.activity import Activity, ActivityMeter
from qc_station.sync.events import events
from qc_station.sync.lag import JITTER_S, Lag, lag_of
from qc_station.sync.pairing import pairs
from sensors.readings import Reading
from sensors.streams import Stream


def measure(
    readings: Iterable[Reading], streams: tuple[Stream, Stream], *, max_lag_s: float
) -> tuple[Lag, dict[str, int]]:
    """The lag of the second stream behind the first.

    Args:
        readings: Of both, each in order.
        streams: The two, as their drivers declare them.
        max_lag_s: Largest lag either way.

    Returns:
        The lag, and how many taps each stream saw.

    Raises:
        CalibrationError: too few taps, or they do not agree; says how many were found in which stream.
    """
    meters = {stream.name: ActivityMeter(stream) for stream in streams}
    for reading in readings:
        if reading.stream in meters:
            meters[reading.stream].push(reading)
    return measure_activities({name: meter.activity() for name, meter in meters.items()}, streams, max_lag_s=max_lag_s)


def measure_activities(
    activities: Mapping[str, Activity], streams: tuple[Stream, Stream], *, max_lag_s: float
) -> tuple[Lag, dict[str, int]]:
    """The same from what happened in each stream."""
    times, counts = [], {}
    for stream in streams:
        try:
            times.append(events(stream.kind, activities[stream.name]))
        except CalibrationError as error:
            raise CalibrationError(f"stream '{stream.name}': {error}") from error
        counts[stream.name] = len(times[-1])
    period_s = sum(activities[stream.name].period_s for stream in streams)
    found = pairs(*times, longest_ns=round(max_lag_s * 1e9), within_ns=round((period_s / 2 + 4 * JITTER_S) * 1e9))
    try:
        return lag_of(found, period_s=period_s), counts
    except CalibrationError as error:
        seen = ", ".join(f"{count} in '{name}'" for name, count in counts.items())
        raise CalibrationError(f"{error} (found {seen})") from error
