import numpy as np
import pytest

from qc_station.align.clock import SampleClock
from qc_station.align.rate import Rate
from sensors.readings import Reading

RATE = Rate.of(1000.0)


def block(seq: int, arrival_ns: int, session: int = 1) -> Reading:
    data = np.zeros((100, 1), np.int16)
    return Reading(stream="a", session=session, seq=seq, arrival_ns=arrival_ns, device_ns=None, data=data)


def arrival_ns(seq: int, *, ppm: float = 0.0, delay_ns: int = 0) -> int:
    return 5_000_000_000 + round((seq + 99) * 1_000_000 * (1.0 + ppm * 1e-6)) + delay_ns


def test_a_delayed_block_does_not_move_the_clock() -> None:
    clock = SampleClock(RATE)
    assert clock.origin_ns(block(0, arrival_ns(0))) == 5_000_000_000
    assert clock.origin_ns(block(100, arrival_ns(100, delay_ns=40_000_000))) == 5_000_000_000


def test_an_earlier_block_corrects_the_clock() -> None:
    clock = SampleClock(RATE)
    clock.origin_ns(block(0, arrival_ns(0, delay_ns=40_000_000)))
    assert clock.origin_ns(block(100, arrival_ns(100))) == 5_000_000_000


@pytest.mark.parametrize("ppm", [-100.0, 100.0])
def test_the_clock_follows_a_drift_of_100_ppm_within_its_uncertainty(ppm: float) -> None:
    clock = SampleClock(RATE)
    for seq in range(0, 600_000, 500):
        taken_ns = clock.origin_ns(block(seq, arrival_ns(seq, ppm=ppm))) + RATE.span_ns(seq + 99)
        assert abs(taken_ns - arrival_ns(seq, ppm=ppm)) <= clock.uncertainty_ns


def test_a_lost_block_does_not_move_the_clock() -> None:
    clock = SampleClock(RATE)
    clock.origin_ns(block(0, arrival_ns(0)))
    assert clock.origin_ns(block(700, arrival_ns(700))) == 5_000_000_000


def test_a_new_session_forgets_the_old_clock() -> None:
    clock = SampleClock(RATE)
    clock.origin_ns(block(0, arrival_ns(0)))
    assert clock.origin_ns(block(0, arrival_ns(0) + 7_000_000_000, session=2)) == 12_000_000_000
