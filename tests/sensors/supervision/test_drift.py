"""The measured rate of a device."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensors.readings import Reading
from sensors.supervision.drift import Drift

BLOCK = 1024


def blocks(drift: Drift, ppm: float, seconds: float, delay_ms: float = 5.0, session: int = 0, seed: int = 0) -> None:
    chance = np.random.default_rng(seed)
    data = np.zeros((BLOCK, 1), np.int16)
    real_hz = 48_000.0 * (1 + ppm * 1e-6)
    for number in range(int(seconds * real_hz / BLOCK)):
        arrival_s = (number + 1) * BLOCK / real_hz + 0.008 + chance.exponential(delay_ms / 1e3)
        drift.heard(
            Reading(
                stream="acoustic",
                session=session,
                seq=number * BLOCK,
                arrival_ns=10**12 + round(arrival_s * 1e9),
                device_ns=None,
                data=data,
            )
        )


@settings(max_examples=8)
@given(ppm=st.floats(-200, 200))
def test_a_drift_is_measured_to_a_few_ppm_on_a_busy_host(ppm: float) -> None:
    drift = Drift(48_000.0)
    blocks(drift, ppm, 120.0)
    assert drift.ppm == pytest.approx(ppm, abs=8.0)


def test_nothing_is_said_before_ten_seconds_and_after_a_new_session() -> None:
    drift = Drift(48_000.0)
    blocks(drift, 50.0, 8.0)
    assert drift.ppm is None
    blocks(drift, 50.0, 30.0)
    assert drift.ppm is not None
    blocks(drift, 50.0, 2.0, session=1)
    assert drift.ppm is None


def test_a_sensor_without_a_rate_has_no_drift() -> None:
    drift = Drift(None)
    blocks(drift, 50.0, 30.0)
    assert drift.ppm is None
