"""A stand-in for the `sounddevice` module: devices by name, and a callback that the test calls itself."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray


class PortAudioError(Exception):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One device of the list."""

    name: str
    inputs: int = 2
    host_api: int = 0
    rates_hz: Sequence[int] = (16000, 48000)


class FakeStream:
    """Running from `start` until `close`, or until the test unplugs it."""

    def __init__(self, sound: "FakeSound", callback: Callable[..., None], settings: dict[str, Any]) -> None:
        self.sound, self.callback, self.settings = sound, callback, settings
        self.running, self.closed, self.active_error = False, False, ""
        self.samplerate = sound.actual_hz or settings["samplerate"]
        self.may_stop = threading.Event()
        self.may_stop.set()

    @property
    def active(self) -> bool:
        if self.active_error:
            raise PortAudioError(self.active_error)
        return self.running

    def start(self) -> None:
        if self.sound.start_error:
            raise PortAudioError(self.sound.start_error)
        self.running = True
        for samples in self.sound.at_start:
            self.deliver(samples)

    def abort(self, ignore_errors: bool = True) -> None:
        assert ignore_errors
        self.may_stop.wait()
        self.running = False

    def close(self, ignore_errors: bool = True) -> None:
        assert ignore_errors
        self.closed = True

    def deliver(self, samples: NDArray[np.int16], *, overflow: bool = False) -> None:
        """What PortAudio's thread does, with a buffer that it uses again at once."""
        buffer = bytearray(samples.astype("<i2").tobytes())
        self.callback(buffer, len(samples), SimpleNamespace(inputBufferAdcTime=1e9), Flags(overflow))
        buffer[:] = b"\x55" * len(buffer)


@dataclass(frozen=True, slots=True)
class Flags:
    """`sounddevice.CallbackFlags`, as far as it is used."""

    input_overflow: bool


class FakeSound:
    """The functions and names of `sounddevice` that the driver uses."""

    PortAudioError = PortAudioError

    def __init__(self, *cards: Card) -> None:
        self.cards, self.seen = list(cards), list(cards)
        self.streams: list[FakeStream] = []
        self.renewals = 0
        self.start_error, self.list_error = "", ""
        self.actual_hz = 0.0
        self.at_start: list[NDArray[np.int16]] = []

    def pull(self) -> None:
        """Unplug every card: the list is empty, and the stream that was opened last ends without a word."""
        self.cards.clear()
        self.streams[-1].running = False

    def _terminate(self) -> None:
        assert all(stream.closed for stream in self.streams), "terminating PortAudio ends every open stream"

    def _initialize(self) -> None:
        if self.list_error:
            raise PortAudioError(self.list_error)
        self.renewals += 1
        self.seen = list(self.cards)

    def query_hostapis(self) -> tuple[dict[str, str], ...]:
        return ({"name": "ALSA"}, {"name": "JACK"})

    def query_devices(self) -> list[dict[str, Any]]:
        return [
            {
                "name": card.name,
                "hostapi": card.host_api,
                "max_input_channels": card.inputs,
                "default_samplerate": float(card.rates_hz[0]),
            }
            for card in self.seen
        ]

    def check_input_settings(self, *, device: int, channels: int, dtype: str, samplerate: int) -> None:
        assert dtype == "int16"
        assert channels <= self.seen[device].inputs
        if samplerate not in self.seen[device].rates_hz:
            raise PortAudioError("Invalid sample rate [PaErrorCode -9997]")

    def RawInputStream(self, *, callback: Callable[..., None], **settings: Any) -> FakeStream:  # noqa: N802
        self.streams.append(FakeStream(self, callback, settings))
        return self.streams[-1]
