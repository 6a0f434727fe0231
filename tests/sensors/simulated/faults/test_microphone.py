"""What happens to a microphone on a floor, seen by the real driver over a stand-in for PortAudio, and that it comes back."""

import numpy as np

from sensors.microphone import Microphone
from sensors.portaudio import OpenStreams
from sensors.readings import Quality
from sensors.simulated.line import START_NS
from sensors.supervision.health import State
from tests.sensors.simulated.faults.floor import BACK_S, BEGIN_S, Floor
from tests.sensors.sound_card import Card, FakeSound
from tests.sensors.supervision.scripted import Clock, S

RATE_HZ, BLOCK = 16_000, 1600
BLOCK_S = BLOCK / RATE_HZ
BUFFERED_S = 0.5
SLOTS = 5
"""Blocks of `BUFFERED_S`."""
NAME = "UMIK-1"


class SoundCard:
    """Calls back with every block whose time has come; says overflow, and where it is pulled out nothing, for as long as told."""

    def __init__(self, clock: Clock) -> None:
        self.clock, self.sound = clock, FakeSound(Card(name=NAME, inputs=1, rates_hz=(RATE_HZ,)))
        self.next_ns, self.overflows = START_NS, False

    def step(self) -> None:
        while self.next_ns <= self.clock():
            self.next_ns += round(BLOCK_S * S)
            streams = self.sound.streams
            if streams and streams[-1].running:
                quiet = np.random.default_rng(self.next_ns).normal(0, 500, (BLOCK, 1)).astype(np.int16)
                streams[-1].deliver(quiet, overflow=self.overflows)

    def pull(self) -> None:
        self.sound.pull()

    def put_back(self) -> None:
        self.sound.cards.append(Card(name=NAME, inputs=1, rates_hz=(RATE_HZ,)))


def begun() -> Floor:
    """Up to the moment at which something happens; nothing is wrong before it."""
    clock = Clock(START_NS)
    card = SoundCard(clock)
    driver = Microphone(
        name="acoustic",
        device=NAME,
        rate_hz=RATE_HZ,
        block=BLOCK,
        buffered_s=BUFFERED_S,
        wait_s=0.0,
        clock=clock,
        library=lambda: card.sound,
        streams=OpenStreams(),
    )
    floor = Floor(driver, clock, card, tick_s=BLOCK_S)
    floor.run(BEGIN_S)
    assert floor.state is State.LIVE
    assert not floor.doubts
    assert not any((*floor.counters.driver.values(), floor.counters.gaps, floor.counters.failures))
    return floor


def test_an_overflow_that_portaudio_reports_is_flagged_counted_and_over_with_the_next_block() -> None:
    floor = begun()
    floor.device.overflows = True
    assert floor.run(3.0) == {State.LIVE}
    floor.device.overflows = False
    assert floor.counters.overflows == floor.counters.driver["overflows"] == 30
    # How much the device lost PortAudio does not say: a gap of no known length.
    assert (floor.counters.gaps, floor.counters.lost_samples) == (30, 0)
    assert floor.got[-1].quality == Quality.OVERFLOW | Quality.GAP_BEFORE
    assert floor.back_after_s() <= BACK_S
    assert floor.got[-1].quality is Quality.OK
    assert (floor.counters.overflows, floor.counters.failures) == (30, 0)


def test_a_host_that_stays_away_loses_what_the_ring_cannot_hold_and_knows_how_much() -> None:
    floor = begun()
    heard = len(floor.got)
    away_blocks = 20
    for _ in range(away_blocks):
        # The sound card goes on; nobody fetches.
        floor.clock.pass_s(BLOCK_S)
        floor.device.step()
    assert floor.state is State.STALE
    assert floor.back_after_s() <= BACK_S
    floor.run(1.0)
    lost = away_blocks - SLOTS
    assert floor.counters.driver["dropped_blocks"] == lost + 1
    assert floor.counters.driver["dropped_samples"] == floor.counters.lost_samples == (lost + 1) * BLOCK
    assert (floor.counters.overflows, floor.counters.gaps, floor.counters.failures) == (1, 1, 0)
    flagged = [reading for reading in floor.got if reading.quality]
    assert [one.quality for one in flagged] == [Quality.OVERFLOW | Quality.GAP_BEFORE]
    # What was in the ring when it ran full is not lost.
    assert floor.got.index(flagged[0]) == heard + SLOTS
    assert floor.state is State.LIVE


def test_a_microphone_that_is_pulled_out_is_opened_again_when_it_is_back() -> None:
    floor = begun()
    floor.device.pull()
    assert State.REOPENING in floor.run(5.0)
    assert "no input device named 'UMIK-1'; found: no input device at all" in floor.health.reason
    assert floor.counters.failures >= 3
    floor.device.put_back()
    assert floor.back_after_s() <= BACK_S
    assert floor.got[-1].session == 1
    assert floor.health.reason == ""
