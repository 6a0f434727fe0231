"""Onsets in a stream: found at their sample, once, however the stream is cut."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from qc_station.align.trigger import Trigger
from qc_station.triggers.contract import Listener
from qc_station.triggers.onset import OnsetSource
from sensors.readings import Reading, Samples

RATE_HZ = 8000.0
S = 1_000_000_000
KNOCKS = (9000, 17777, 26000, 33333)


def signal(knocks: Sequence[int] = KNOCKS, length: int = 40_000, seed: int = 1) -> NDArray[np.int16]:
    """Noise with a constant offset, and decaying tones 40 dB above it that begin at once."""
    noise = np.random.default_rng(seed).normal(0.0, 10.0, length) + 500.0
    decay = 1000.0 * np.exp(-np.arange(1600) / 200.0) * np.cos(2 * np.pi * 1000.0 * np.arange(1600) / RATE_HZ)
    for knock in knocks:
        noise[knock : knock + 1600] += decay[: length - knock]
    return noise.astype(np.int16).reshape(-1, 1)


def readings(
    data: Samples, cuts: Sequence[int], *, session: int = 0, stream: str = "acoustic", first: int = 0
) -> Iterator[Reading]:
    """The samples in blocks; each arrives when its last sample was taken, and the first sample was at 0."""
    edges = [0, *sorted(cut for cut in set(cuts) if 0 < cut < len(data)), len(data)]
    for start, stop in pairwise(edges):
        yield Reading(
            stream=stream,
            session=session,
            seq=first + start,
            arrival_ns=round((first + stop - 1) / RATE_HZ * 1e9),
            device_ns=None,
            data=data[start:stop],
        )


def source(**options: Any) -> OnsetSource:
    return OnsetSource(**{"stream": "acoustic", "rate_hz": RATE_HZ, "floor_s": 1.0, **options})


def heard(one: OnsetSource, flow: Iterator[Reading]) -> list[int]:
    """The samples at which it triggered, by their times."""
    seen: list[Trigger] = []
    one.start(seen.append)
    for reading in flow:
        one.hear(reading)
    one.stop()
    return [round(trigger.time_ns / 1e9 * RATE_HZ) for trigger in seen]


def test_every_knock_triggers_at_its_first_sample() -> None:
    one = source()
    assert heard(one, readings(signal(), range(0, 40_000, 1024))) == list(KNOCKS)
    assert one.counters == {"triggers": 4, "unfit": 0}


def test_the_time_is_that_of_the_sample_to_the_nanosecond() -> None:
    seen: list[Trigger] = []
    one = source()
    one.start(seen.append)
    for reading in readings(signal(), range(0, 40_000, 1024)):
        one.hear(reading)
    for trigger, knock in zip(seen, KNOCKS, strict=True):
        assert abs(trigger.time_ns - knock / RATE_HZ * 1e9) <= 1
    assert len({trigger.part for trigger in seen}) == len(KNOCKS)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(0, 40_000), max_size=30),
    st.lists(st.integers(8500, 38_000), max_size=5),
    st.sampled_from([0.0, 0.1, 0.5]),
)
def test_how_the_stream_is_cut_changes_no_trigger(cuts: list[int], knocks: list[int], refractory_s: float) -> None:
    data = signal(sorted(knocks))
    whole = heard(source(refractory_s=refractory_s), readings(data, []))
    assert heard(source(refractory_s=refractory_s), readings(data, cuts)) == whole


@settings(max_examples=10, deadline=None)
@given(st.integers(8_040, 39_000))
@example(8_040)
@example(8_041)
@example(8_079)
def test_a_step_is_found_at_its_sample_wherever_it_lies_in_a_frame(step: int) -> None:
    data = signal(())
    data[step:] += 2000
    assert heard(source(), readings(data, range(0, 40_000, 777))) == [step]


def test_noise_alone_does_not_trigger() -> None:
    data = signal((), length=400_000)
    assert heard(source(), readings(data, range(0, 400_000, 1024))) == []


def test_an_offset_and_a_slow_drift_do_not_trigger() -> None:
    data = (signal(()).astype(np.float32) + np.linspace(0, 10_000, 40_000, dtype=np.float32)[:, None]) / 32768
    assert heard(source(), readings(data, range(0, 40_000, 1024))) == []


def test_a_second_knock_within_the_refractory_time_is_the_same_part() -> None:
    data = signal((9000, 11_000, 14_000))
    assert heard(source(refractory_s=0.5), readings(data, [])) == [9000, 14_000]
    assert heard(source(refractory_s=0.1), readings(data, [])) == [9000, 11_000, 14_000]


def test_a_sound_that_goes_on_triggers_once() -> None:
    data = signal(())
    data[9000:12_000, 0] += (2000 * np.sin(np.arange(3000))).astype(np.int16)
    assert heard(source(refractory_s=0.0), readings(data, [])) == [9000 + int(np.argmax(np.sin(np.arange(3000)) > 0.1))]


def test_the_threshold_is_above_the_background_and_follows_it() -> None:
    quiet, loud = signal((20_000,)), signal((20_000,))
    loud[:, 0] += np.random.default_rng(2).normal(0.0, 500.0, len(loud)).astype(np.int16)
    assert heard(source(), readings(quiet, [])) == [20_000]
    assert heard(source(), readings(loud, [])) == []
    # A hundredfold amplification of both changes nothing.
    assert heard(source(), readings(quiet.astype(np.float32) * 100, [])) == [20_000]


def test_silence_without_any_noise_is_a_background_too() -> None:
    data = np.zeros((40_000, 1), np.float32)
    data[20_000:20_400] = 0.1
    assert heard(source(), readings(data, range(0, 40_000, 512))) == [20_000]
    assert heard(source(quietest_db=-10.0), readings(data, [])) == []


def test_nothing_triggers_before_the_background_is_known_and_that_is_said() -> None:
    one, data = source(), signal((3000, 9000))
    flow = readings(data, range(0, 40_000, 500))
    one.hear(next(flow))
    assert one.why == "stream 'acoustic' was not heard for 1 s yet"
    assert heard(one, flow) == [9000]
    assert one.why == ""


def test_lost_samples_are_no_onset_and_later_ones_are_found_in_their_place() -> None:
    data = signal((26_000,))
    data[:20_000] -= 400
    lost = [r for r in readings(data, range(0, 40_000, 500)) if not 19_000 <= r.seq < 21_500]
    assert heard(source(), iter(lost)) == [26_000]


def test_samples_that_come_twice_trigger_once() -> None:
    twice = [one for reading in readings(signal(), range(0, 40_000, 500)) for one in (reading, reading)]
    assert heard(source(refractory_s=0.0), iter(twice)) == list(KNOCKS)


def test_a_new_session_has_a_background_of_its_own() -> None:
    one = source()
    assert heard(one, readings(signal((9000,), length=20_000), [])) == [9000]
    again = readings(signal((3000, 9000), length=20_000), [500], session=1)
    assert heard(one, again) == [9000]


def test_other_streams_and_numbers_that_are_not_finite_are_passed_over() -> None:
    one = source()
    data = signal().astype(np.float32)
    assert heard(one, readings(data, [], stream="other")) == []
    data[20_000] = np.nan
    assert heard(one, readings(data, range(0, 40_000, 1000))) == list(KNOCKS)
    assert one.counters == {"triggers": 4, "unfit": 1}


def test_an_onset_in_one_of_two_channels_is_an_onset() -> None:
    data = np.concatenate([signal((), seed=2), signal()], axis=1)
    assert heard(source(), readings(data, range(0, 40_000, 100))) == list(KNOCKS)


def test_only_the_onset_listens_to_readings() -> None:
    assert isinstance(source(), Listener)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rate_hz": 0.0}, "rate_hz = 0.0; allowed: above 0"),
        ({"threshold_db": float("nan")}, "threshold_db = nan; allowed: above 0"),
        ({"refractory_s": -1.0}, "refractory_s = -1.0; allowed: 0 or more"),
        ({"quietest_db": 10.0}, "quietest_db = 10.0; allowed: -200 to 0"),
        ({"rate_hz": 10.0}, "frame_ms = 5.0 is 0 samples at 10 Hz; allowed: at least 4"),
        ({"floor_s": 0.01}, "floor_s = 0.01 is 2 frames; allowed: at least 8"),
    ],
)
def test_an_option_out_of_range_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        source(**options)
