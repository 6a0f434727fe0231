"""PortAudio's list of devices, without PortAudio."""

import sys

import pytest

from sensors.errors import SensorNotFoundError
from sensors.portaudio import OpenStreams, found_microphones, load
from tests.sensors.sound_card import Card, FakeSound

UMIK = Card(name="UMIK-1: USB Audio (hw:2,0)")
SPEAKER = Card(name="UMIK speaker", inputs=0)


def test_the_listing_names_inputs_only() -> None:
    found = found_microphones(library=lambda: FakeSound(SPEAKER, UMIK), streams=OpenStreams())
    assert [(m.index, m.name, m.host_api, m.channels, m.rate_hz) for m in found] == [(1, UMIK.name, "ALSA", 2, 16000.0)]


def test_a_portaudio_that_is_busy_for_too_long_is_a_missing_sensor() -> None:
    streams = OpenStreams()
    with streams.alone(), pytest.raises(SensorNotFoundError, match="busy"), streams.alone(wait_s=0.0):
        raise AssertionError


def test_without_sounddevice_opening_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    with pytest.raises(SensorNotFoundError, match=r"pip install 'qc-station\[live\]'"):
        load()
