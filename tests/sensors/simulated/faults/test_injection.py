"""Faults are active in their time, act in their order, and do the same again."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.simulated.faults.clock_drift import ClockDrift
from sensors.simulated.faults.clock_reset import ClockReset
from sensors.simulated.faults.duplicates import Duplicates
from sensors.simulated.faults.fault import Fault
from sensors.simulated.faults.frozen_shutter import FrozenShutter
from sensors.simulated.faults.garbage import Garbage
from sensors.simulated.faults.half_frames import HalfFrames
from sensors.simulated.faults.hang import Hang
from sensors.simulated.faults.injection import Injection
from sensors.simulated.faults.not_a_number import NotANumber
from sensors.simulated.faults.overflow import Overflow
from sensors.simulated.faults.resampler import Resampler
from sensors.simulated.faults.saturation import Saturation
from sensors.simulated.faults.unplug import Unplug
from sensors.simulated.faults.wrong_baud import WrongBaud
from sensors.simulated.faults.wrong_rate import WrongRate
from tests.sensors.supervision.scripted import S

EVERY = (
    *(ClockDrift, ClockReset, Duplicates, FrozenShutter, Garbage, HalfFrames, Hang, NotANumber, Overflow, Saturation),
    *(Unplug, WrongBaud, WrongRate),
)
LINE = b"40.000,41.000,42.000,43.000\r\n"


@pytest.mark.parametrize("kind", EVERY)
def test_a_fault_is_active_from_its_start_to_before_its_end(kind: type[Fault]) -> None:
    fault = kind(start_ns=10 * S, duration_s=2.0)
    assert [fault.active(now) for now in (10 * S - 1, 10 * S, 12 * S - 1, 12 * S)] == [False, True, True, False]
    assert kind(start_ns=0, duration_s=float("inf")).active(10**18)


@pytest.mark.parametrize("kind", EVERY)
def test_a_fault_that_is_not_active_changes_nothing(kind: type[Fault]) -> None:
    injection, data = Injection([kind(start_ns=10 * S, duration_s=2.0)]), np.ones((2, 4), np.float32)
    for now_ns in (0, 12 * S):
        assert injection.measured(data, None, now_ns) is data
        assert injection.sent(LINE, 3, now_ns) == LINE
        assert not injection.unplugged(now_ns)
        assert not injection.hanging(now_ns)
        assert (injection.rate(now_ns), injection.lead_ns(now_ns)) == (1.0, 0)


@pytest.mark.parametrize("kind", EVERY)
def test_what_is_given_to_a_fault_is_not_written_to(kind: type[Fault]) -> None:
    data = np.ones((2, 4), np.int16 if kind is Saturation else np.float32)
    data.setflags(write=False)
    fault = kind(start_ns=0, duration_s=1.0)
    changed = fault.measured(data, data)
    assert changed.shape == data.shape
    assert changed.dtype == data.dtype


@given(chunk=st.binary(max_size=300), index=st.integers(0, 1000))
def test_garbage_is_as_long_as_what_it_replaces_and_the_same_again(chunk: bytes, index: int) -> None:
    fault = Garbage(start_ns=0, duration_s=1.0)
    assert len(fault.sent(chunk, index)) == len(chunk)
    assert fault.sent(chunk, index) == fault.sent(chunk, index)


@given(chunk=st.binary(max_size=300))
def test_an_overflow_loses_eight_bytes_after_every_sixteen(chunk: bytes) -> None:
    left = Overflow(start_ns=0, duration_s=1.0).sent(chunk, 0)
    assert len(left) == len(chunk) // 24 * 16 + min(len(chunk) % 24, 16)
    assert left[:16] == chunk[:16]


def test_faults_act_on_what_the_one_before_has_left() -> None:
    twice, half = Duplicates(start_ns=0, duration_s=1.0), HalfFrames(start_ns=0, duration_s=1.0)
    assert Injection([twice, half]).sent(b"abcd", 0, 0) == b"abcd"
    assert Injection([half, twice]).sent(b"abcd", 0, 0) == b"abab"
    rates = [WrongRate(start_ns=0, duration_s=1.0, factor=factor) for factor in (0.5, 3.0)]
    assert Injection(rates).rate(0) == 1.5


def test_a_device_starts_when_it_is_switched_on_reset_or_plugged_in() -> None:
    faults = [
        ClockReset(start_ns=20 * S, duration_s=1.0),
        Unplug(start_ns=30 * S, duration_s=5.0),
        Unplug(start_ns=90 * S, duration_s=float("inf")),
    ]
    injection = Injection(faults)
    started = [injection.started_ns(10 * S, now * S) // S for now in (10, 19, 20, 34, 35, 99)]
    assert started == [10, 10, 20, 20, 35, 35]


def test_a_drift_adds_up_while_it_lasts_and_is_gone_after_it() -> None:
    injection = Injection([ClockDrift(start_ns=10 * S, duration_s=10.0, ppm=100.0)])
    assert [injection.lead_ns(now * S) for now in (9, 10, 15, 20)] == [0, 0, 500_000, 0]


@given(rate=st.floats(0.1, 4.0), blocks=st.lists(st.integers(1, 20), min_size=1, max_size=40))
def test_another_rate_makes_so_many_samples_however_they_are_cut(rate: float, blocks: list[int]) -> None:
    resampler, first, found = Resampler(), 0, []
    for block in blocks:
        found.append(resampler.resampled(np.arange(first, first + block), rate))
        first += block
    made = np.concatenate(found)
    assert abs(len(made) - first * rate) <= 1.0
    assert (np.diff(made) >= 0).all()
