"""The aligner of a station, the same live and from a recording."""

from qc_station.align.aligner import Aligner
from qc_station.align.bounds import Bounds
from qc_station.config.station import BuffersConfig, StationConfig
from qc_station.view.placement import Placement

RESERVE_MS = 50.0
"""Of the deadline, at most a fifth of it: kept for scoring and storing a part that waited for evidence until the last moment."""
MIB = 2**20


def aligner_of(station: StationConfig, placement: Placement) -> Aligner:
    """The aligner that the configuration asks for.

    Args:
        station: Of which deadline and buffers are taken.
        placement: Of the same station; says how each stream is cut.

    Raises:
        ConfigError: a window ends after the deadline, less what is kept of it for the decision.
    """
    reserve_ms = min(RESERVE_MS, station.deadline_ms / 5)
    deadline_ns = round((station.deadline_ms - reserve_ms) * 1e6)
    return Aligner(placement.rules, deadline_ns=deadline_ns, bounds=bounds_of(station.buffers))


def bounds_of(buffers: BuffersConfig) -> Bounds:
    """The table in bytes and nanoseconds."""
    return Bounds(
        max_bytes=round(buffers.stream_mib * MIB),
        max_ns=round(buffers.stream_s * 1e9),
        history_ns=round(buffers.history_s * 1e9),
        reorder_ns=round(buffers.reorder_ms * 1e6),
        max_open=buffers.open_parts,
    )
