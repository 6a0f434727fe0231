"""Readings and triggers in the order of time, through an aligner, as fast as the snapshots are consumed."""

from collections.abc import Iterable, Iterator
from heapq import merge

from qc_station.align.aligner import Aligner
from qc_station.align.snapshot import Snapshot
from qc_station.align.trigger import Trigger
from qc_station.line.in_order import Event, InOrder, came_ns
from qc_station.view.placement import Placement
from sensors.driver import Driver
from sensors.readings import Reading


def feed(
    drivers: Iterable[Driver], triggers: Iterable[Trigger], aligner: Aligner, placement: Placement | None = None
) -> Iterator[Snapshot]:
    """Run a line that is not bound to real time: simulated or recorded.

    Each reading is pushed at its arrival and each trigger at its time; a part that is due between two of them is
    emitted then, before what arrived later. The drivers are opened here and closed in any case.

    Args:
        drivers: One per stream of the aligner, and the belt's encoder; each delivers in the order of arrival.
        triggers: In the order of their times.
        aligner: Fresh; it is shut down at the end.
        placement: Whose rules the aligner has; None: snapshots are what the sensors delivered, untouched.

    Yields:
        One snapshot per part.
    """
    line = InOrder(aligner, placement)
    flows: list[Iterator[Event]] = [iter(triggers), *(readings(driver) for driver in drivers)]
    now_ns = 0
    # merge keeps the first of two at the same time in front: a trigger goes before what arrives with it.
    for event in merge(*flows, key=came_ns):
        now_ns = came_ns(event)
        line.take(event, now_ns)
        if line.ready:
            yield from line.fetch()
    line.shutdown(now_ns)
    yield from line.fetch()


def readings(driver: Driver) -> Iterator[Reading]:
    """Everything that a driver delivers until its EOFError; opens and closes it."""
    driver.open()
    try:
        while True:
            reading = driver.read()
            if reading is not None:
                yield reading
    except EOFError:
        return
    finally:
        driver.close()
