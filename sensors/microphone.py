"""A microphone, or any other input of a sound card, through PortAudio."""

import math
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensors.errors import SensorNotFoundError, SensorReadError
from sensors.portaudio import OPEN_STREAMS, OpenStreams, check, listed, load, pick
from sensors.readings import Quality, Reading
from sensors.ring import Ring
from sensors.streams import Stream

CLOSE_S = 2.0
"""Longest wait for PortAudio to let go of a device, in seconds."""
SILENT_S = 3.0
"""A microphone delivers without pause; so long without a block, in seconds, it is gone whatever PortAudio says."""
RATE_TOLERANCE = 1e-3
"""How far, as a part of one, the rate a device runs at may be from the one asked for."""
LOWEST, HIGHEST = -32768, 32767
HIGH_BYTE = 1 if sys.byteorder == "little" else 0
"""Of the two bytes of a sample."""


class Microphone:
    """Blocks of int16 samples as the sound card delivers them.

    PortAudio calls back on a thread of its own. The callback stamps the block before anything else, copies it once
    and returns. The stamp is the end of the block plus the buffering of sound card and system, which is steady apart
    from the host's delays. PortAudio's `inputBufferAdcTime` is not used: each host API makes it in another way.

    A ring that runs full drops the newest block; the next one carries OVERFLOW and GAP_BEFORE, and `seq` jumps by what
    was lost. When PortAudio reports an overflow the same flags are set on the block it reports it with, but `seq`
    does not jump, as it does not say how many samples the device lost.

    Attributes:
        counters: Since construction: `overflows` reported by PortAudio, `dropped_blocks` and `dropped_samples` for
            want of room in the ring, `abandoned` devices that did not close in time.
    """

    _sound: Any
    _portaudio: Any
    _ring: Ring | None
    _silent_since_ns: int | None

    def __init__(
        self,
        *,
        name: str,
        device: str | int,
        rate_hz: int = 48000,
        channels: int = 1,
        block: int = 1024,
        latency_s: float | None = None,
        buffered_s: float = 2.0,
        wait_s: float = 0.2,
        silent_s: float = SILENT_S,
        close_s: float = CLOSE_S,
        clock: Callable[[], int] = time.monotonic_ns,
        library: Callable[[], Any] = load,
        streams: OpenStreams = OPEN_STREAMS,
    ) -> None:
        """Nothing is touched before `open`.

        Args:
            name: Name of the stream.
            device: Name of the input device or a part of it, see `sensors.portaudio.pick`; or its index, which
                changes with what is plugged in.
            rate_hz: Samples a second.
            channels: Channels, the first ones of the device.
            block: Samples in a reading.
            latency_s: What PortAudio is to buffer, in seconds; its own high latency for the device when None. More
                survives a busier host, and brings the blocks in bunches.
            buffered_s: How long the reader may stay away before blocks are dropped, in seconds.
            wait_s: Longest wait of `read`, in seconds.
            silent_s: Longest time without a block, in seconds; then the device is taken for gone.
            close_s: Longest wait of `close`, in seconds.
            clock: Monotonic time in ns.
            library: Gives the `sounddevice` module, or what stands for it.
            streams: The count of open PortAudio streams of this process.

        Raises:
            ValueError: a rate, number of channels or block below 1.
        """
        _require_positive(name, rate_hz=rate_hz, channels=channels, block=block)
        self.counters = {"overflows": 0, "dropped_blocks": 0, "dropped_samples": 0, "abandoned": 0}
        self._stream = _counts(name, rate_hz, channels)
        self._device, self._rate_hz, self._channels, self._block = device, rate_hz, channels, block
        self._slots = max(2, math.ceil(buffered_s * rate_hz / block))
        self._latency: float | str = "high" if latency_s is None else latency_s
        self._wait_s, self._close_s, self._clock = wait_s, close_s, clock
        self._silent_ns = round(silent_s * 1e9)
        self._library, self._streams = library, streams
        self._session, self._sound, self._portaudio = -1, None, None
        self._ring = self._silent_since_ns = None

    @property
    def stream(self) -> Stream:
        """Waveform in counts, full scale 32768; the rate is the nominal one."""
        return self._stream

    def open(self) -> None:
        """Look for the device and start it; a session and its `seq` begin anew.

        Raises:
            SensorNotFoundError: no such device, more than one, or it does not take the rate or the channels; or too
                many streams of it do not close, of this driver or of others before it.
        """
        self.close()
        label = f"streams of input device '{self._device}'"
        self._streams.hanging.refuse_more(str(self._device), label, "unplug the microphone or restart the station")
        sound = self._library()
        with self._streams.alone():
            microphone = pick(self._device, listed(sound, self._streams))
            check(sound, microphone, rate_hz=self._rate_hz, channels=self._channels)
            ring = Ring(slots=self._slots)
            self._portaudio = self._start(sound, microphone.index, ring)
            self._streams.count += 1
        self._sound, self._ring, self._silent_since_ns = sound, ring, None
        self._session += 1

    def read(self) -> Reading | None:
        """The next block; None when none came within `wait_s`.

        Raises:
            SensorReadError: the microphone is not open, PortAudio has ended the stream, or nothing came for
                `silent_s`: unplugged.
        """
        if self._ring is None:
            raise SensorReadError(f"stream '{self._stream.name}': the microphone is closed; call open() first")
        block = self._ring.get(self._wait_s)
        if block is None:
            self._check_running()
            return None
        self._silent_since_ns = None
        return Reading(
            stream=self._stream.name,
            session=self._session,
            seq=block.seq,
            arrival_ns=block.arrival_ns,
            device_ns=None,
            data=block.data,
            quality=block.quality | Quality.SATURATED if _saturated(block.data) else block.quality,
        )

    def close(self) -> None:
        """Release the device; returns after `close_s` even if PortAudio does not.

        PortAudio waits for its own thread, which waits for the system; a system that does not answer holds both. Then
        the stream is left to a thread of its own that goes on trying, and the list of devices is not renewed until it
        has succeeded. The process ends without it.
        """
        stream, self._portaudio, self._ring = self._portaudio, None, None
        if stream is None:
            return
        closer = threading.Thread(target=self._release, args=(stream,), name="microphone-close", daemon=True)
        closer.start()
        closer.join(self._close_s)
        if closer.is_alive():
            self._streams.hanging.add(str(self._device), closer.is_alive)
            self.counters["abandoned"] += 1

    def _start(self, sound: Any, index: int, ring: Ring) -> Any:
        """A running PortAudio stream that fills the ring; none is left behind when it fails."""
        stream = None
        try:
            stream = sound.RawInputStream(
                device=index,
                samplerate=self._rate_hz,
                channels=self._channels,
                dtype="int16",
                blocksize=self._block,
                latency=self._latency,
                # No noise is to be added to what the device measured.
                dither_off=True,
                callback=self._callback(ring),
            )
            actual_hz = float(stream.samplerate)
            if abs(actual_hz - self._rate_hz) > RATE_TOLERANCE * self._rate_hz:
                raise SensorNotFoundError(
                    f"input device '{self._device}' runs at {actual_hz:g} Hz when asked for {self._rate_hz} Hz"
                )
            stream.start()
        except (sound.PortAudioError, SensorNotFoundError) as error:
            if stream is not None:
                stream.close(ignore_errors=True)
            if isinstance(error, SensorNotFoundError):
                raise
            raise SensorNotFoundError(f"input device '{self._device}' does not open: {error}") from error
        return stream

    def _callback(self, ring: Ring) -> Callable[[Any, int, Any, Any], None]:
        """What PortAudio calls; bound to one ring, so that an abandoned stream cannot write into a later session."""
        clock, counters, channels = self._clock, self.counters, self._channels

        def deliver(buffer: Any, _frames: int, _time: Any, status: Any) -> None:
            arrival_ns = clock()
            quality = Quality.OK
            if status.input_overflow:
                counters["overflows"] += 1
                quality = Quality.OVERFLOW | Quality.GAP_BEFORE
            lost = ring.put(np.frombuffer(buffer, np.int16).reshape(-1, channels), arrival_ns, quality)
            if lost:
                counters["dropped_blocks"] += 1
                counters["dropped_samples"] += lost

        return deliver

    def _check_running(self) -> None:
        """Raise unless PortAudio still runs the stream and blocks still come; some hosts run a dead one for ever."""
        try:
            running, why = bool(self._portaudio.active), "PortAudio has ended the stream"
        except self._sound.PortAudioError as error:
            running, why = False, str(error)
        now_ns = self._clock()
        self._silent_since_ns = now_ns if self._silent_since_ns is None else self._silent_since_ns
        if running and now_ns - self._silent_since_ns > self._silent_ns:
            running, why = False, f"nothing came for {self._silent_ns / 1e9:g} s"
        if not running:
            raise SensorReadError(
                f"stream '{self._stream.name}': input device '{self._device}' stopped ({why}); is it still plugged in?"
            )

    def _release(self, stream: Any) -> None:
        """End a PortAudio stream and no longer count it."""
        # Aborting may hang, so it is done before others are kept from PortAudio. What it reports does not matter:
        # a device that is gone cannot be stopped, and closing frees it all the same.
        stream.abort(ignore_errors=True)
        with self._streams.alone(wait_s=-1):
            stream.close(ignore_errors=True)
            self._streams.count -= 1


def _require_positive(name: str, **numbers: int) -> None:
    """Refuse a number below 1 by its name."""
    for key, value in numbers.items():
        if value < 1:
            raise ValueError(f"microphone '{name}': {key} must be 1 or more, not {value}")


def _counts(name: str, rate_hz: int, channels: int) -> Stream:
    """What a sound card promises: samples without a unit."""
    return Stream(
        name=name, kind="waveform", shape=(channels,), nominal_rate_hz=float(rate_hz), units=("1",) * channels
    )


def _saturated(data: NDArray[np.int16]) -> bool:
    """Whether a sample is at either end of the range."""
    # Numpy lets other threads run while it looks through a block, and waiting for them to let go again costs several
    # times the search. Bytes do not, and the high one of each sample nearly always says that it is far from both ends.
    high = data.tobytes()[HIGH_BYTE::2]
    if HIGHEST >> 8 not in high and (LOWEST >> 8) & 0xFF not in high:
        return False
    return bool(data.max() == HIGHEST or data.min() == LOWEST)


DRIVER = Microphone
