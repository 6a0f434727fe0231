from collections.abc import Callable
from itertools import count

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from sensors.conformance import CHECKS
from sensors.driver import Driver
from sensors.errors import SensorNotFoundError, SensorReadError
from sensors.microphone import Microphone
from sensors.portaudio import OpenStreams, found_microphones
from sensors.readings import Quality, Reading
from tests.sensors.sound_card import Card, FakeSound, FakeStream

UMIK = Card(name="UMIK-1: USB Audio (hw:2,0)")
ANALOG = Card(name="HDA Intel: ALC (hw:0,0)")
SPEAKER = Card(name="UMIK speaker", inputs=0)


def microphone(sound: FakeSound, streams: OpenStreams | None = None, **options: object) -> Microphone:
    settings = {"name": "acoustic", "device": "UMIK-1", "block": 4, "wait_s": 0.0, "clock": lambda: 0, **options}
    return Microphone(library=lambda: sound, streams=streams or OpenStreams(), **settings)


def opened(sound: FakeSound, **options: object) -> tuple[Microphone, FakeStream]:
    driver = microphone(sound, **options)
    driver.open()
    return driver, sound.streams[-1]


def ramp(first: int, channels: int = 1) -> NDArray[np.int16]:
    return np.arange(first, first + 4 * channels, dtype=np.int16).reshape(4, channels)


def everything(driver: Driver) -> list[Reading]:
    return list(iter(driver.read, None))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_a_microphone_conforms(check: Callable[[Callable[[], Driver]], None]) -> None:
    sound = FakeSound(UMIK)
    sound.at_start = [ramp(0), ramp(4), ramp(8)]
    check(lambda: microphone(sound))


def test_a_block_is_stamped_before_its_samples_are_touched() -> None:
    seen = []
    buffer = bytearray(8)

    def clock() -> int:
        seen.append(bytes(buffer))
        # The clock is the first thing called: what changes the samples here is still in what is copied after.
        buffer[:] = b"\x01\x00" * 4
        return 77

    driver, stream = opened(FakeSound(UMIK), clock=clock)
    stream.callback(buffer, 4, None, type("Status", (), {"input_overflow": False}))
    reading = driver.read()
    assert seen == [bytes(8)]
    assert reading is not None
    assert (reading.arrival_ns, reading.device_ns, reading.data.tolist()) == (77, None, [[1]] * 4)


def test_readings_carry_the_samples_in_order_and_survive_the_next_blocks() -> None:
    ticks = count(100, 100)
    driver, stream = opened(FakeSound(UMIK), channels=2, clock=lambda: next(ticks))
    stream.deliver(ramp(0, 2))
    stream.deliver(ramp(8, 2))
    readings = everything(driver)
    for reading, first in zip(readings, (0, 8), strict=True):
        assert reading.data.dtype == np.int16
        np.testing.assert_array_equal(reading.data, ramp(first, 2))
    assert [(r.stream, r.session, r.seq, r.arrival_ns) for r in readings] == [
        ("acoustic", 0, 0, 100),
        ("acoustic", 0, 4, 200),
    ]
    assert {r.quality for r in readings} == {Quality.OK}


def test_a_microphone_that_delivers_nothing_is_gone_though_portaudio_says_that_it_runs() -> None:
    now_ns = 0
    driver, stream = opened(FakeSound(UMIK), silent_s=3.0, clock=lambda: now_ns)
    assert driver.read() is None
    now_ns = 2_900_000_000
    assert driver.read() is None
    stream.deliver(ramp(0))
    assert driver.read() is not None
    now_ns += 2_900_000_000
    assert driver.read() is None
    now_ns += 3_000_000_001
    with pytest.raises(SensorReadError, match="nothing came for 3 s"):
        driver.read()


def test_the_stream_is_a_waveform_with_the_declared_rate_and_channels() -> None:
    stream = microphone(FakeSound(UMIK), rate_hz=16000, channels=2).stream
    assert (stream.kind, stream.shape, stream.nominal_rate_hz, stream.units) == ("waveform", (2,), 16000.0, ("1", "1"))


def test_the_device_is_asked_for_its_own_bytes() -> None:
    _, stream = opened(FakeSound(ANALOG, UMIK), rate_hz=16000, latency_s=0.1)
    expected = {"device": 1, "samplerate": 16000, "channels": 1, "dtype": "int16", "blocksize": 4, "latency": 0.1}
    assert stream.settings == {**expected, "dither_off": True}


def test_an_overflow_of_the_device_is_flagged_on_its_block_and_counted() -> None:
    driver, stream = opened(FakeSound(UMIK))
    stream.deliver(ramp(0))
    stream.deliver(ramp(4), overflow=True)
    stream.deliver(ramp(8))
    assert [r.quality for r in everything(driver)] == [
        Quality.OK,
        Quality.OVERFLOW | Quality.GAP_BEFORE,
        Quality.OK,
    ]
    assert driver.counters["overflows"] == 1


def test_a_full_ring_drops_the_newest_and_seq_jumps_by_what_was_lost() -> None:
    driver, stream = opened(FakeSound(UMIK), rate_hz=16000, buffered_s=8 / 16000)
    for first in range(0, 20, 4):
        stream.deliver(ramp(first))
    kept = everything(driver)
    stream.deliver(ramp(20))
    after = everything(driver)
    assert [(r.seq, r.quality) for r in kept + after] == [
        (0, Quality.OK),
        (4, Quality.OK),
        (20, Quality.OVERFLOW | Quality.GAP_BEFORE),
    ]
    assert after[0].data[0, 0] == 20
    assert (driver.counters["dropped_blocks"], driver.counters["dropped_samples"]) == (3, 12)


@pytest.mark.parametrize(
    ("value", "quality"),
    [(32767, Quality.SATURATED), (-32768, Quality.SATURATED), (32766, Quality.OK), (-32767, Quality.OK)],
)
def test_a_sample_at_the_end_of_the_range_is_saturation(value: int, quality: Quality) -> None:
    driver, stream = opened(FakeSound(UMIK), channels=2)
    samples = ramp(0, 2)
    samples[2, 1] = value
    stream.deliver(samples)
    assert [r.quality for r in everything(driver)] == [quality]


def test_opening_again_is_a_new_session_with_seq_from_zero_and_nothing_of_the_old_one() -> None:
    sound = FakeSound(UMIK)
    driver, first = opened(sound)
    first.deliver(ramp(0))
    first.deliver(ramp(4))
    assert [r.seq for r in everything(driver)] == [0, 4]
    first.deliver(ramp(8))
    driver.open()
    first.deliver(ramp(12))
    assert driver.read() is None
    sound.streams[-1].deliver(ramp(50))
    assert [(r.session, r.seq, int(r.data[0, 0])) for r in everything(driver)] == [(1, 0, 50)]
    assert first.closed


@pytest.mark.parametrize("device", ["UMIK-1: USB Audio (hw:2,0)", "umik-1: usb audio (HW:2,0), alsa", "umik", 2])
def test_a_device_is_found_by_name_part_of_a_name_or_index(device: str | int) -> None:
    _, stream = opened(FakeSound(ANALOG, SPEAKER, UMIK), device=device)
    assert stream.settings["device"] == 2


def test_a_full_name_wins_over_longer_names_that_contain_it() -> None:
    _, stream = opened(FakeSound(Card(name="Mic 2"), Card(name="mic")), device="MIC")
    assert stream.settings["device"] == 1


@pytest.mark.parametrize(
    ("device", "cards", "message"),
    [
        ("UMIK-1", (ANALOG,), "no input device named 'UMIK-1'; found: 'HDA Intel: ALC (hw:0,0)'"),
        ("UMIK-1", (SPEAKER,), "no input device named 'UMIK-1'; found: no input device at all"),
        (1, (UMIK, SPEAKER), "no input device index 1; found: 'UMIK-1: USB Audio (hw:2,0)'"),
        (
            "umik",
            (UMIK, Card(name="UMIK-1", host_api=1)),
            "input device 'umik' is ambiguous: 'UMIK-1: USB Audio (hw:2,0), ALSA' (index 0), "
            "'UMIK-1, JACK' (index 1); write more of the name",
        ),
    ],
)
def test_a_device_that_is_not_there_or_not_the_only_one_is_named(
    device: str | int, cards: tuple[Card, ...], message: str
) -> None:
    with pytest.raises(SensorNotFoundError) as caught:
        microphone(FakeSound(*cards), device=device).open()
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("rates_hz", "options", "message"),
    [
        ((48000,), {"channels": 3}, "'UMIK-1' has 2 channels, 3 are asked for"),
        ((16000, 44100), {}, r"refuses 48000 Hz with 1 channels of int16 \(Invalid.*; it takes 16000, 44100 Hz"),
        ((12345,), {}, "it takes no rate now; is it in use elsewhere"),
    ],
)
def test_what_the_device_can_is_said_when_it_is_asked_for_too_much(
    rates_hz: tuple[int, ...], options: dict[str, object], message: str
) -> None:
    with pytest.raises(SensorNotFoundError, match=message):
        microphone(FakeSound(Card(name="UMIK-1", rates_hz=rates_hz)), **options).open()


def test_a_device_that_does_not_start_is_closed_and_is_no_session() -> None:
    sound, streams = FakeSound(UMIK), OpenStreams()
    driver = microphone(sound, streams)
    sound.start_error = "Device unavailable"
    with pytest.raises(SensorNotFoundError, match="'UMIK-1' does not open: Device unavailable"):
        driver.open()
    assert sound.streams[0].closed
    assert streams.count == 0
    sound.start_error = ""
    driver.open()
    sound.streams[-1].deliver(ramp(0))
    assert [r.session for r in everything(driver)] == [0]


def test_a_device_that_runs_at_another_rate_is_refused() -> None:
    sound = FakeSound(UMIK)
    sound.actual_hz = 44100.0
    with pytest.raises(SensorNotFoundError, match="runs at 44100 Hz when asked for 48000 Hz"):
        microphone(sound).open()
    assert sound.streams[0].closed


def test_what_came_before_the_unplugging_is_still_read() -> None:
    driver, stream = opened(FakeSound(UMIK))
    stream.deliver(ramp(0))
    stream.running = False
    assert driver.read() is not None
    with pytest.raises(SensorReadError, match=r"'acoustic': input device 'UMIK-1' stopped .*still plugged in"):
        driver.read()


def test_an_error_of_portaudio_while_reading_is_a_read_error() -> None:
    driver, stream = opened(FakeSound(UMIK))
    stream.active_error = "Unanticipated host error"
    with pytest.raises(SensorReadError, match="Unanticipated host error"):
        driver.read()


def test_a_silent_device_gives_none() -> None:
    driver, _ = opened(FakeSound(UMIK))
    assert [driver.read(), driver.read()] == [None, None]


def test_reading_a_closed_microphone_is_an_error() -> None:
    driver = microphone(FakeSound(UMIK))
    with pytest.raises(SensorReadError, match="closed; call open"):
        driver.read()
    driver.open()
    driver.close()
    with pytest.raises(SensorReadError, match="closed; call open"):
        driver.read()


def test_closing_twice_releases_once() -> None:
    streams = OpenStreams()
    driver, stream = opened(FakeSound(UMIK), streams=streams)
    assert streams.count == 1
    driver.close()
    driver.close()
    assert stream.closed
    assert streams.count == 0
    assert driver.counters["abandoned"] == 0


def test_a_device_that_does_not_stop_is_abandoned_and_the_list_stays_as_it_is() -> None:
    sound, streams = FakeSound(UMIK), OpenStreams()
    driver = microphone(sound, streams, close_s=0.0)
    driver.open()
    stuck = sound.streams[0]
    stuck.may_stop.clear()
    driver.close()
    assert driver.counters["abandoned"] == 1
    assert not stuck.closed
    driver.open()
    assert sound.renewals == 1
    stuck.may_stop.set()


def test_a_microphone_plugged_in_later_is_found() -> None:
    sound = FakeSound(ANALOG)
    driver = microphone(sound)
    with pytest.raises(SensorNotFoundError):
        driver.open()
    sound.cards.append(UMIK)
    driver.open()
    assert sound.streams[0].settings["device"] == 1


def test_the_list_is_not_renewed_while_another_stream_is_open() -> None:
    sound, streams = FakeSound(UMIK, ANALOG), OpenStreams()
    first = microphone(sound, streams)
    second = microphone(sound, streams, device="HDA")
    first.open()
    second.open()
    assert sound.renewals == 1
    first.close()
    second.close()
    assert found_microphones(library=lambda: sound, streams=streams)[0].index == 0
    assert sound.renewals == 2


def test_a_portaudio_that_cannot_list_is_a_missing_sensor() -> None:
    sound = FakeSound(UMIK)
    sound.list_error = "Internal PortAudio error"
    with pytest.raises(SensorNotFoundError, match="cannot list the audio devices: Internal"):
        microphone(sound).open()


@pytest.mark.parametrize("key", ["rate_hz", "channels", "block"])
def test_nonsense_is_refused_before_anything_is_opened(key: str) -> None:
    with pytest.raises(ValueError, match=f"microphone 'acoustic': {key} must be 1 or more, not 0"):
        microphone(FakeSound(UMIK), **{key: 0})


@given(
    st.lists(
        st.one_of(st.integers(-32768, 32767), st.sampled_from([-32768, -32767, 32767, 32766, 127, -1])), max_size=9
    )
)
def test_a_block_is_saturated_exactly_if_a_sample_is_at_an_end_of_the_range(values: list[int]) -> None:
    sound = FakeSound(UMIK)
    driver, stream = opened(sound)
    stream.deliver(np.array(values, np.int16)[:, None])
    reading = driver.read()
    assert reading is not None
    assert (Quality.SATURATED in reading.quality) == any(value in (-32768, 32767) for value in values)
