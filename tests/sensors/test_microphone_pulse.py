"""The driver against a real PortAudio and a real audio server."""

import signal
import subprocess
import sys
import threading
import time
import wave
from collections import deque
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from sensors.conformance import CHECKS
from sensors.driver import Driver
from sensors.errors import SensorNotFoundError, SensorReadError
from sensors.microphone import Microphone
from sensors.portaudio import found_microphones, load
from sensors.readings import Quality, Reading
from tests.sensors.pulse import DEVICE, PulseServer, missing

pytestmark = pytest.mark.audio
RATE_HZ = 48000
SOUND_S = 2.0


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PulseServer]:
    if reason := missing():
        pytest.skip(reason)
    try:
        load()
    except SensorNotFoundError as error:
        pytest.skip(str(error))
    server = PulseServer(tmp_path, rate_hz=RATE_HZ)
    # ALSA reads this when PortAudio is initialized again, which opening does.
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(server.alsa_config))
    try:
        server.start()
        yield server
    finally:
        server.stop()


def microphone(**options: object) -> Microphone:
    # A little more than the default latency: the machine that runs the tests may be busy.
    return Microphone(**{"name": "acoustic", "device": DEVICE, "rate_hz": RATE_HZ, "latency_s": 0.1, **options})


def sound() -> NDArray[np.int16]:
    """Noise that is like no shifted copy of itself, well below the end of the range."""
    rng = np.random.default_rng(5)
    return np.clip(rng.standard_normal(int(SOUND_S * RATE_HZ)) * 6000.0, -30000, 30000).astype(np.int16)


def write_wav(path: Path, samples: NDArray[np.int16]) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(samples.astype("<i2").tobytes())


def first_reading(driver: Microphone) -> Reading:
    for _ in range(40):
        if (reading := driver.read()) is not None:
            return reading
    raise AssertionError("no sound within 8 s")


def opened_within(driver: Microphone, seconds: float) -> None:
    """Try again as the supervisor does."""
    limit = time.monotonic() + seconds
    while True:
        try:
            return driver.open()
        except SensorNotFoundError:
            if time.monotonic() > limit:
                raise
            time.sleep(0.25)


def recorded_while(driver: Microphone, action: Callable[[], None]) -> list[Reading]:
    """What the driver reads until the action has ended and half a second beyond."""
    thread = threading.Thread(target=action)
    readings = [first_reading(driver)]
    thread.start()
    stop_ns = None
    while stop_ns is None or time.monotonic_ns() < stop_ns:
        if (reading := driver.read()) is not None:
            readings.append(reading)
        if stop_ns is None and not thread.is_alive():
            stop_ns = time.monotonic_ns() + 500_000_000
    return readings


def alignment(recorded: NDArray[np.int16], played: NDArray[np.int16]) -> tuple[int, float]:
    """Where the played samples begin in the recorded ones, and their correlation coefficient there."""
    size = len(recorded) + len(played)
    spectrum = np.fft.rfft(recorded, size) * np.conj(np.fft.rfft(played, size))
    begin = int(np.argmax(np.fft.irfft(spectrum, size)[: len(recorded) - len(played) + 1]))
    part = recorded[begin : begin + len(played)]
    return begin, float(np.corrcoef(part, played)[0, 1])


def test_what_is_played_is_recorded_without_losing_a_sample(server: PulseServer, tmp_path: Path) -> None:
    played = sound()
    write_wav(tmp_path / "sound.wav", played)
    driver = microphone()
    driver.open()
    readings = recorded_while(driver, lambda: server.play(tmp_path / "sound.wav"))
    driver.close()
    recorded = np.concatenate([reading.data[:, 0] for reading in readings])
    begin, correlation = alignment(recorded, played)
    assert correlation > 0.999
    # One sample lost or twice in the middle would bring either end out of step.
    for part in (slice(0, 4800), slice(-4800, None)):
        heard = recorded[begin : begin + len(played)][part]
        assert np.corrcoef(heard, played[part])[0, 1] > 0.999
    assert all(after.seq == before.seq + before.count for before, after in pairwise(readings))
    assert {reading.quality for reading in readings} == {Quality.OK}
    assert driver.counters == {"overflows": 0, "dropped_blocks": 0, "dropped_samples": 0, "abandoned": 0}


def test_the_stamps_show_the_sample_rate(server: PulseServer, tmp_path: Path) -> None:
    write_wav(tmp_path / "sound.wav", sound())
    driver = microphone()
    driver.open()
    readings = recorded_while(driver, lambda: server.play(tmp_path / "sound.wav"))
    driver.close()
    assert all(after.arrival_ns >= before.arrival_ns for before, after in pairwise(readings))
    times_s = np.array([reading.arrival_ns for reading in readings]) / 1e9
    last = np.array([reading.seq + reading.count for reading in readings])
    assert np.polyfit(times_s, last, 1)[0] == pytest.approx(RATE_HZ, rel=0.03)


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_real_driver_conforms(check: Callable[[Callable[[], Driver]], None]) -> None:
    check(microphone)


@pytest.mark.usefixtures("server")
def test_the_device_is_listed() -> None:
    found = {one.name: one for one in found_microphones()}
    assert found[DEVICE].host_api == "ALSA"
    assert found[DEVICE].channels >= 1


def test_a_server_that_dies_is_a_read_error_and_is_found_again_when_it_is_back(server: PulseServer) -> None:
    driver = microphone()
    driver.open()
    first_reading(driver)
    server.kill()
    with pytest.raises(SensorReadError, match="still plugged in"):
        deque((driver.read() for _ in range(100)), maxlen=0)
    driver.close()
    # A stream that PortAudio has not let go of yet keeps the old list of devices: then the device refuses.
    with pytest.raises(SensorNotFoundError, match=f"input device (named )?'{DEVICE}'"):
        driver.open()
    server.start()
    opened_within(driver, seconds=10.0)
    assert first_reading(driver).session == 1
    driver.close()


CLOSES = """
import time
from tests.sensors.test_microphone_pulse import first_reading, microphone

driver = microphone(close_s=0.3)
driver.open()
first_reading(driver)
print("recording", flush=True)
input()
began = time.monotonic()
driver.close()
print(time.monotonic() - began, driver.counters["abandoned"], flush=True)
"""


def test_closing_does_not_wait_for_a_server_that_does_not_answer_nor_does_the_end_of_the_process(
    server: PulseServer,
) -> None:
    child = subprocess.Popen([sys.executable, "-c", CLOSES], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert child.stdout is not None
        assert child.stdout.readline() == "recording\n"
        server.signal(signal.SIGSTOP)
        output, _ = child.communicate("\n", timeout=30)
    finally:
        child.kill()
        server.signal(signal.SIGCONT)
    took_s, abandoned = output.split()
    assert (child.returncode, abandoned) == (0, "1")
    assert float(took_s) < 2.0
