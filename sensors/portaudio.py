"""PortAudio through `sounddevice`: the list of input devices, and the only place that renews it.

PortAudio lists the devices once, when it is initialized, and never again. To see a microphone that was plugged in
later the library has to be terminated and initialized, which ends every stream of the process
(https://github.com/spatialaudio/python-sounddevice/issues/125). So the streams opened here are counted, and the list
is renewed only while there is none: the second of two microphones is looked up in the list that the first one saw.
Streams that other code of this process opens behind our back are not counted and would be ended.
"""

import atexit
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

from sensors.errors import SensorNotFoundError
from sensors.hanging import Hanging

RATES_HZ = (8000, 11025, 16000, 22050, 32000, 44100, 48000, 88200, 96000, 176400, 192000)
"""What is tried to say which rates a device takes."""
BUSY_S = 5.0
"""Longest wait for another thread to finish with PortAudio, in seconds."""


class OpenStreams:
    """How many streams of this process are open, and the lock under which PortAudio is called.

    PortAudio's own functions that open, close and list are not safe to call from two threads at once.

    Attributes:
        count: Streams that are open.
        hanging: The threads that try to close one, by its device.
    """

    def __init__(self) -> None:
        """No stream is open."""
        self.count, self.hanging = 0, Hanging()
        self._lock = threading.Lock()

    @contextmanager
    def alone(self, wait_s: float = BUSY_S) -> Iterator[None]:
        """Nobody else opens, closes or lists meanwhile.

        Args:
            wait_s: Longest wait for that, in seconds; -1 waits as long as it takes.

        Raises:
            SensorNotFoundError: another thread has not let go of PortAudio within the wait.
        """
        if not self._lock.acquire(timeout=wait_s):
            raise SensorNotFoundError(
                f"PortAudio has been busy opening or closing another device for {wait_s:g} s; "
                "if this stays, restart the process"
            )
        try:
            yield
        finally:
            self._lock.release()


OPEN_STREAMS = OpenStreams()
"""The one count of this process, as PortAudio itself is one per process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundMicrophone:
    """An input device as PortAudio lists it."""

    index: int
    """Position in the list; changes with what is plugged in."""
    name: str
    """PortAudio's name, e.g. "UMIK-1: USB Audio (hw:2,0)"."""
    host_api: str
    """The way to the device, e.g. "ALSA"; one device may be there in several ways."""
    channels: int
    """Input channels at most."""
    rate_hz: float
    """Default samples a second."""

    @property
    def full_name(self) -> str:
        """Name and host API, which tells apart one device that is there in several ways."""
        return f"{self.name}, {self.host_api}"


def load() -> Any:
    """The `sounddevice` module.

    Raises:
        SensorNotFoundError: it or the PortAudio library is not installed, or PortAudio does not start.
    """
    try:
        import sounddevice
    except ImportError as error:
        raise SensorNotFoundError(f"microphones need sounddevice: pip install 'qc-station[live]' ({error})") from error
    except Exception as error:
        # Importing initializes PortAudio: OSError without the library, its own PortAudioError when that fails.
        raise SensorNotFoundError(
            f"PortAudio does not load: {error}; on Debian or Ubuntu: apt install libportaudio2"
        ) from error
    _let_the_process_end(sounddevice)
    return sounddevice


@cache
def _let_the_process_end(sound: Any) -> None:
    """Have PortAudio terminated on the way out only while no stream is open.

    Terminating closes streams that are open, and one that the system does not let go of, or whose client library of
    the audio server is in a deadlock of its own, would keep the process for ever. What is left open the system closes.
    """
    atexit.unregister(sound._exit_handler)
    atexit.register(lambda: None if OPEN_STREAMS.count else sound._exit_handler())


def found_microphones(
    *, library: Callable[[], Any] = load, streams: OpenStreams = OPEN_STREAMS
) -> tuple[FoundMicrophone, ...]:
    """The input devices there are now; those there were, while a stream of this process is open.

    Args:
        library: Gives the `sounddevice` module, or what stands for it.
        streams: The count of open streams.

    Raises:
        SensorNotFoundError: sounddevice or PortAudio is missing or fails.
    """
    sound = library()
    with streams.alone():
        return listed(sound, streams)


def listed(sound: Any, streams: OpenStreams) -> tuple[FoundMicrophone, ...]:
    """As `found_microphones`, for a caller inside `streams.alone()`."""
    try:
        if streams.count == 0:
            sound._terminate()
            sound._initialize()
        host_apis = [str(host_api["name"]) for host_api in sound.query_hostapis()]
        devices = list(sound.query_devices())
    except sound.PortAudioError as error:
        raise SensorNotFoundError(f"PortAudio cannot list the audio devices: {error}") from error
    return tuple(
        FoundMicrophone(
            index=index,
            name=str(device["name"]),
            host_api=host_apis[device["hostapi"]],
            channels=int(device["max_input_channels"]),
            rate_hz=float(device["default_samplerate"]),
        )
        for index, device in enumerate(devices)
        if device["max_input_channels"] > 0
    )


def pick(device: str | int, found: tuple[FoundMicrophone, ...]) -> FoundMicrophone:
    """The one input device that is meant.

    Args:
        device: Its index, or its name with or without host API: in full, else any part that only one has; upper and
            lower case are the same.
        found: The devices there are.

    Raises:
        SensorNotFoundError: there is none, or more than one; both are named.
    """
    if isinstance(device, int):
        fitting = [one for one in found if one.index == device]
        wanted = f"index {device}"
    else:
        part = device.casefold()
        exact = [one for one in found if part in (one.name.casefold(), one.full_name.casefold())]
        fitting = exact or [one for one in found if part in one.full_name.casefold()]
        wanted = f"named '{device}'"
    if not fitting:
        names = ", ".join(f"'{one.name}'" for one in found) or "no input device at all"
        raise SensorNotFoundError(f"no input device {wanted}; found: {names}")
    if len(fitting) > 1:
        names = ", ".join(f"'{one.full_name}' (index {one.index})" for one in fitting)
        raise SensorNotFoundError(f"input device '{device}' is ambiguous: {names}; write more of the name")
    return fitting[0]


def check(sound: Any, microphone: FoundMicrophone, *, rate_hz: int, channels: int) -> None:
    """Raise `SensorNotFoundError` saying what the device can unless it takes the rate and the channels."""
    if channels > microphone.channels:
        raise SensorNotFoundError(
            f"input device '{microphone.name}' has {microphone.channels} channels, {channels} are asked for"
        )
    refusal = _refusal(sound, microphone, rate_hz, channels)
    if refusal is None:
        return
    taken = [rate for rate in RATES_HZ if _refusal(sound, microphone, rate, channels) is None]
    can = f"it takes {', '.join(map(str, taken))} Hz" if taken else "it takes no rate now; is it in use elsewhere?"
    raise SensorNotFoundError(
        f"input device '{microphone.name}' refuses {rate_hz} Hz with {channels} channels of int16 ({refusal}); {can}"
    )


def _refusal(sound: Any, microphone: FoundMicrophone, rate_hz: int, channels: int) -> str | None:
    """Why the device does not take these settings, or None when it does."""
    try:
        sound.check_input_settings(device=microphone.index, channels=channels, dtype="int16", samplerate=rate_hz)
    except sound.PortAudioError as error:
        return str(error)
    return None
