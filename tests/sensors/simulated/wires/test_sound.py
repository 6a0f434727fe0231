"""Simulated sound through the real replay, and aloud through PulseAudio to the real microphone."""

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from sensors.driver import Driver
from sensors.errors import SensorNotFoundError
from sensors.microphone import Microphone
from sensors.portaudio import load
from sensors.readings import Reading
from sensors.recordings.errors import RecordingError
from sensors.replay import Replay
from sensors.simulated.drivers import line_drivers
from sensors.simulated.line import START_NS, schedule
from sensors.simulated.parts import make_parts
from sensors.simulated.wires.loudspeaker import Loudspeaker
from sensors.simulated.wires.sound import record
from sensors.streams import Stream
from tests.sensors.pulse import DEVICE, SINK, PulseServer, missing
from tests.sensors.simulated.measured import GAS, SOUND, Measured

PLAYED_S = 1.5


def all_of(driver: Driver) -> list[Reading]:
    driver.open()
    found = []
    try:
        while True:
            if (reading := driver.read()) is not None:
                found.append(reading)
    except EOFError:
        driver.close()
        return found


def test_what_is_replayed_is_what_the_simulated_microphone_heard(tmp_path: Path) -> None:
    passings = schedule(make_parts(1, 2), 1)
    folder = record(line_drivers(passings, 1)[0], tmp_path / "sound")
    replay = Replay(name="acoustic", recording=folder, speed=None, shift=True, origin_ns=START_NS + 7)
    simulated = line_drivers(passings, 1)[0]
    played, heard = all_of(replay), all_of(simulated)
    assert replay.stream == simulated.stream
    assert [one.arrival_ns - 7 for one in played] == [one.arrival_ns for one in heard]
    assert [one.data.tobytes() for one in played] == [one.data.tobytes() for one in heard]


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RecordingError, match="Not a directory"):
        record(Measured(SOUND, block=160, count=3), tmp_path / "file" / "sound")


def test_a_loudspeaker_needs_a_waveform() -> None:
    with pytest.raises(ValueError, match="'enose' is series"):
        Loudspeaker(Measured(GAS))


def test_a_program_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SensorNotFoundError, match=r"'pacat' \(pulseaudio-utils\)"):
        Loudspeaker(Measured(SOUND, block=160)).start()


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PulseServer]:
    if reason := missing():
        pytest.skip(reason)
    try:
        load()
    except SensorNotFoundError as error:
        pytest.skip(str(error))
    server = PulseServer(tmp_path, rate_hz=48000)
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(server.alsa_config))
    for key in [key for key in os.environ if key.startswith(("PULSE_", "XDG_", "DBUS_"))]:
        monkeypatch.delenv(key)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.mark.audio
def test_a_microphone_hears_what_the_loudspeaker_plays(server: PulseServer, tmp_path: Path) -> None:
    assert server.alsa_config.exists()
    stream = Stream(name="acoustic", kind="waveform", shape=(1,), nominal_rate_hz=48_000.0, units=("1",))
    played = np.concatenate([one.data[:, 0] for one in all_of(Measured(stream, block=4800, count=15))])
    speaker = Loudspeaker(Measured(stream, block=4800, count=15), sink=SINK, server=f"unix:{tmp_path / 'native'}")
    microphone = Microphone(name="acoustic", device=DEVICE, rate_hz=48000, latency_s=0.1)
    microphone.open()
    speaker.start()
    heard, deadline = [], time.monotonic() + 8.0
    while time.monotonic() < deadline and sum(one.size for one in heard) < 3 * 48000:
        if (reading := microphone.read()) is not None:
            heard.append(reading.data[:, 0])
    microphone.close()
    speaker.stop()
    assert speaker.failure == ""
    sound = np.concatenate(heard)
    size = len(sound) + len(played)
    match = np.fft.irfft(np.fft.rfft(sound, size) * np.conj(np.fft.rfft(played, size)), size)
    begin = int(np.argmax(match[: len(sound) - len(played) + 1]))
    assert np.corrcoef(sound[begin : begin + len(played)], played)[0, 1] > 0.999


@pytest.mark.audio
def test_a_server_that_is_not_there_is_said_and_stopping_is_soon_done(server: PulseServer, tmp_path: Path) -> None:
    assert server.alsa_config.exists()
    speaker = Loudspeaker(Measured(SOUND, block=1600), server=f"unix:{tmp_path / 'nothing'}")
    speaker.start()
    playing = next(thread for thread in threading.enumerate() if thread.name == "loudspeaker")
    playing.join(timeout=10)
    assert not playing.is_alive()
    assert "'pacat' has ended" in speaker.failure
    assert "refused" in speaker.failure
    speaker.stop()
    speaker.stop()
