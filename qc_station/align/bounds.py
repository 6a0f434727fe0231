"""What an aligner may hold."""

from dataclasses import dataclass

from qc_station.align.rate import SECOND_NS


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Limits; what goes beyond them is counted with its reason."""

    max_bytes: int = 64 * 1024 * 1024
    """Of one stream's readings, the overhead of each included; the oldest go first, as overflow_bytes."""
    history_ns: int = 5 * SECOND_NS
    """How late a trigger may come and still find its data."""
    max_ns: int = 60 * SECOND_NS
    """How much older than a stream's newest sample a reading may be while nobody advances, as overflow_seconds.

    Never less than the stream's own window with history and deadline needs.
    """
    max_open: int = 64
    """Parts that wait; with one more, the oldest is emitted at the next advance with `Reason.OVERLOAD`.

    With twice as many waiting, further triggers are refused and counted.
    """
    reorder_ns: int = 0
    """How long a reading waits for what it has overtaken; 0: until the next advance."""
    remembered: int = 4096
    """Names of parts that are remembered after they were emitted, so that none is emitted twice."""
    max_late: int = 256
    """Notes of late samples that are kept until somebody takes them; the oldest go first."""
