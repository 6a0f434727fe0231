"""What the demo records and what it inspects."""

from itertools import islice
from pathlib import Path

from qc_station.demo import record_shift
from qc_station.line.simulation import shift, station
from qc_station.store import Store

RECORDED, INSPECTED = 40, 10


def test_what_is_inspected_passes_the_same_line_after_what_was_recorded(tmp_path: Path) -> None:
    line, config = shift(3, RECORDED + INSPECTED), station()
    with Store.open(tmp_path) as store:
        counts = record_shift(store, config, islice(line, RECORDED))
        recorded = {item.name for item in store.items()}
    later = [snapshot for snapshot, _ in line]
    assert sum(counts.values()) == len(recorded) == RECORDED
    assert [snapshot.part for snapshot in later] == [f"part-{n:05d}" for n in range(RECORDED, RECORDED + INSPECTED)]
    assert not recorded & {snapshot.part for snapshot in later}
    assert all(snapshot.windows for snapshot in later)
