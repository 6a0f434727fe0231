"""A recording to which things happen while it plays, under supervision, in a time that the test moves."""

from pathlib import Path

import pytest

from sensors import registry
from sensors.errors import SensorError, SensorReadError
from sensors.faulty_replay import FaultyReplay
from sensors.readings import Quality
from sensors.recordings.recorder import Recorder
from sensors.simulated.line import START_NS
from sensors.supervision.health import State
from tests.sensors.simulated.faults.floor import BACK_S, BEGIN_S, Floor
from tests.sensors.simulated.measured import SOUND, Measured
from tests.sensors.supervision.scripted import Clock, S

BLOCK, SECONDS = 1600, 60
TICK_S = BLOCK / 16_000


@pytest.fixture
def sounds(tmp_path: Path) -> Path:
    """A minute of sound whose first block arrives a tenth of a second after it was begun."""
    recorder, driver = Recorder(tmp_path, [SOUND], clock=lambda: START_NS), Measured(SOUND, block=BLOCK)
    driver.open()
    for _ in range(round(SECONDS / TICK_S)):
        recorder.reading(driver.read())
    recorder.close()
    return tmp_path


def floor(folder: Path, *faults: str) -> Floor:
    """What `simulate` writes into station.toml: the sound goes on in the present, and so do the faults."""
    clock = Clock(100 * S)
    driver = FaultyReplay(
        name="acoustic",
        recording=folder,
        faults=faults,
        faults_from_ns=clock(),
        shift=True,
        current=True,
        origin_ns=clock(),
        clock=clock,
        # Time passes by the ticks of the floor alone.
        sleep=lambda _: None,
    )
    return Floor(driver, clock, tick_s=TICK_S)


def begun(one: Floor) -> Floor:
    one.run(BEGIN_S - one.tick_s)
    assert one.state is State.LIVE
    assert not one.doubts
    counters = one.counters
    assert not any((counters.gaps, counters.failures, counters.repeated, counters.saturated, counters.overflows))
    return one


@pytest.mark.parametrize(
    ("fault", "counter", "states"),
    [
        ("overflow", "overflows", {State.LIVE}),
        ("saturation", "saturated", {State.LIVE}),
        ("half_frames", "gaps", {State.LIVE}),
        ("frozen_shutter", "repeated", {State.LIVE, State.STALE}),
    ],
)
def test_what_happens_to_the_sound_is_seen_counted_and_over(
    sounds: Path, fault: str, counter: str, states: set[State]
) -> None:
    one = begun(floor(sounds, f"{fault}:{BEGIN_S}:4"))
    assert one.run(4.0) == states
    assert getattr(one.counters, counter) >= 9
    assert one.back_after_s(doubted=True) <= BACK_S
    assert one.counters.failures == 0


def test_an_unplugged_sound_goes_on_in_the_present_when_it_is_back(sounds: Path) -> None:
    one = begun(floor(sounds, f"unplug:{BEGIN_S}:5"))
    assert one.run(5.0) == {State.REOPENING}
    assert "unplugged" in one.health.reason
    one.back_after_s()
    assert one.got[-1].session == 1
    assert abs(one.clock() - one.got[-1].arrival_ns) <= 2 * TICK_S * S


@pytest.mark.parametrize("fault", ["duplicates", "wrong_rate:{}:10:factor=0.8"])
def test_another_rate_is_doubted_until_it_is_right(sounds: Path, fault: str) -> None:
    text = fault.format(BEGIN_S) if "{}" in fault else f"{fault}:{BEGIN_S}:10"
    one = begun(floor(sounds, text))
    one.run(10.0)
    assert any("16000 Hz declared" in doubt or "1.6e+04 Hz declared" in doubt for doubt in one.health.doubts)
    assert one.counters.wrong_rates == 1
    one.back_after_s(doubted=True)


def test_two_faults_have_each_their_time(sounds: Path) -> None:
    one = begun(floor(sounds, f"saturation:{BEGIN_S}:1:level=20000", f"unplug:{BEGIN_S + 3}:1"))
    one.run(2.0)
    loud = [reading for reading in one.got if reading.quality & Quality.SATURATED]
    assert len(loud) == 10
    assert {int(reading.data.max()) for reading in loud} == {20000}
    one.run(2.0)
    assert one.counters.failures >= 1


def test_without_a_beginning_the_faults_count_from_the_making_of_the_driver(sounds: Path) -> None:
    clock = Clock(50 * S)
    driver = FaultyReplay(name="acoustic", recording=sounds, faults=["unplug:2:1"], speed=None, clock=clock)
    driver.open()
    assert driver.read() is not None
    clock.pass_s(2.0)
    with pytest.raises(SensorReadError, match="unplugged"):
        driver.read()


def test_a_station_that_names_a_fault_wrongly_is_told(tmp_path: Path) -> None:
    options = {"recording": str(tmp_path), "faults": ["unplug:1"]}
    with pytest.raises(SensorError, match="driver 'faulty_replay': fault 'unplug:1': allowed: FAULT:AT:FOR"):
        registry.build("faulty_replay", "acoustic", options)
