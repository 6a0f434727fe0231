"""A tap is one event at its beginning, in whatever kind of stream; silence and steady noise have none."""

import numpy as np
import pytest

from qc_station.errors import CalibrationError
from qc_station.sync.activity import Activity, ActivityMeter
from qc_station.sync.events import events
from sensors.readings import Reading
from sensors.streams import Stream

S, MS = 1_000_000_000, 1_000_000
HEAT = Stream(name="heat", kind="image", shape=(4, 5), nominal_rate_hz=10.0, units=("1",))
SOUND = Stream(name="sound", kind="waveform", shape=(2,), nominal_rate_hz=8000.0, units=("1", "1"))


def reading(stream: Stream, seq: int, end_s: float, data: np.ndarray, session: int = 0) -> Reading:
    arrival_ns = round(end_s * S)
    return Reading(stream=stream.name, session=session, seq=seq, arrival_ns=arrival_ns, device_ns=None, data=data)


def frames(levels: np.ndarray) -> Activity:
    """One frame every tenth of a second, with noise."""
    rng, meter = np.random.default_rng(1), ActivityMeter(HEAT)
    for number, level in enumerate(levels):
        data = (level + rng.normal(0, 2, (1, 4, 5))).astype("uint16")
        meter.push(reading(HEAT, number, number / 10, data))
    return meter.activity()


def test_a_frame_that_jumps_is_an_event_half_a_period_before_it() -> None:
    levels = np.full(60, 3000.0)
    levels[20:] += 500
    found = events("image", frames(levels))
    assert found.tolist() == [round(1.95 * S)]


def test_what_goes_on_is_one_event_and_what_comes_after_a_pause_another() -> None:
    levels = np.full(100, 3000.0)
    levels[20:26] += 300 * (np.arange(6) % 2)
    levels[60:] += 400
    assert len(events("image", frames(levels))) == 2


@pytest.mark.parametrize("blocks", [100, 77, 800])
def test_a_burst_of_sound_is_found_to_a_millisecond_however_it_is_cut(blocks: int) -> None:
    rng, meter = np.random.default_rng(1), ActivityMeter(SOUND)
    wave = rng.normal(0, 20, (16000, 2))
    for at in (4000, 9000):
        wave[at : at + 300] += rng.normal(0, 5000, (300, 2)) * np.exp(-np.arange(300) / 60)[:, None]
    for begin in range(0, 16000, blocks):
        data = wave[begin : begin + blocks].astype("int16")
        meter.push(reading(SOUND, begin, (begin + len(data)) / 8000, data))
    found = events("waveform", meter.activity())
    assert len(found) == 2
    np.testing.assert_allclose(found / MS, [500, 1125], atol=1.3)


def test_steady_noise_has_no_event() -> None:
    rng, meter = np.random.default_rng(3), ActivityMeter(SOUND)
    meter.push(reading(SOUND, 0, 4.0, rng.normal(0, 300, (32000, 2)).astype("int16")))
    assert len(events("waveform", meter.activity())) == 0
    assert len(events("image", frames(np.full(200, 3000.0)))) == 0


def test_the_two_sides_of_a_gap_or_of_a_new_session_are_no_event() -> None:
    rng, meter, seq = np.random.default_rng(1), ActivityMeter(HEAT), 0
    for number in range(90):
        seq += 5 if number == 30 else 1
        level = 3000 + 700 * (number >= 30) + 700 * (number >= 60)
        data = (level + rng.normal(0, 2, (1, 4, 5))).astype("uint16")
        meter.push(reading(HEAT, seq, number / 10, data, session=number // 60))
    assert len(events("image", meter.activity())) == 0


def test_a_reading_without_numbers_says_nothing() -> None:
    meter = ActivityMeter(HEAT)
    meter.push(reading(HEAT, 0, 0.0, np.full((1, 4, 5), np.nan, "float32")))
    meter.push(reading(HEAT, 1, 0.1, np.zeros((0, 4, 5), "float32")))
    with pytest.raises(CalibrationError, match="0 moments in less than 1 s"):
        events("image", meter.activity())
