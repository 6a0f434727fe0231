"""A camera whose frames are measurements: thermal or monochrome, from V4L2, RTSP or HTTP, a file or a pipe."""

import time
from collections.abc import Callable
from typing import Any

from numpy.typing import NDArray

from sensors.errors import SensorError, SensorNotFoundError, SensorReadError
from sensors.frozen import Frozen
from sensors.hanging import Hanging
from sensors.pixels.format import PixelFormat, pixel_format
from sensors.readings import Quality, Reading
from sensors.streams import Stream
from sensors.video.capture import Capture, OpenCVCapture, Opener, Request
from sensors.video.grabber import Grabbed, Grabber
from sensors.video.source import SourceKind, VideoSource, found_cameras, video_source

__all__ = ["Camera", "found_cameras"]

READ_WAIT_S = 0.2
"""Longest wait of `read`."""
LIBRARY_SHARE = 0.8
"""Part of the time for opening after which OpenCV is to give up itself: what it says is worth more than a timeout."""
COUNTS = "1"
"""Unit of pixels of which their format knows none."""
HANGING = Hanging()
"""The captures of this process that hang, by the address of their source."""


class Camera:
    """One camera that delivers one image stream, one frame a reading.

    A capture that hangs, hands over the same frame for ever or goes on reporting success after an unplug does not
    stop the station: the capture lives in a thread of its own, which `close` abandons if it has to.

    Attributes:
        open_wait_s: How long opening may take.
        counters: Frames dropped, repeated and saturated, and threads abandoned, since the driver was made.
    """

    def __init__(
        self,
        *,
        name: str,
        source: str | int,
        pixels: str,
        width: int | None = None,
        height: int | None = None,
        rate_hz: float | None = None,
        unit: str | None = None,
        open_wait_s: float = 15.0,
        close_wait_s: float = 0.5,
        capture: Opener = OpenCVCapture,
        clock: Callable[[], int] = time.monotonic_ns,
        hanging: Hanging = HANGING,
    ) -> None:
        """Touches no device.

        Args:
            name: Name of the stream.
            source: V4L2 device, preferably under /dev/v4l/by-path, or a number N for /dev/videoN; file; named pipe;
                RTSP or HTTP URL.
            pixels: Name of a file in `sensors.pixels`: y16, y16_header, infiray, gray8 or gray16.
            width: Columns of the frame; None takes what the source has.
            height: Rows of the frame, telemetry rows included; None takes what the source has.
            rate_hz: Frames a second; None takes what the source says.
            unit: UCUM unit of counts (gray8, gray16), e.g. "cK", where a person knows it; None: "1".
            open_wait_s: How long opening may take.
            close_wait_s: How long closing waits for a capture that hangs.
            capture: Opens the capture.
            clock: CLOCK_MONOTONIC in nanoseconds.
            hanging: The captures that hang in this process.

        Raises:
            SensorNotFoundError: there are no such pixels.
            ValueError: a unit for pixels that have one.
        """
        self._name, self._address, self._rate_hz = name, source, rate_hz
        self._pixels: PixelFormat = pixel_format(pixels)
        self._unit = _unit(pixels, self._pixels.unit, unit)
        default_width, default_height = self._pixels.size or (None, None)
        self._width, self._height = width or default_width, height or default_height
        self.open_wait_s, self._close_wait_s = open_wait_s, close_wait_s
        self._capture, self._clock, self._hanging = capture, clock, hanging
        self._stream = self._stream_of((self._width or 0, self._height or 0), rate_hz)
        self._source: VideoSource | None = None
        self._grabber: Grabber | None = None
        self._frozen = Frozen()
        self._session, self._next = -1, 0
        self.counters: dict[str, int] = {"overflows": 0, "repeated": 0, "saturated": 0, "abandoned": 0}

    @property
    def stream(self) -> Stream:
        """What the camera delivers; before `open` a size that was not given is 0."""
        return self._stream

    @property
    def session(self) -> int:
        """Counts the openings; -1 before the first."""
        return self._session

    def open(self) -> None:
        """Opens the source.

        Raises:
            SensorNotFoundError: it is not there, cannot be opened or does something else than was asked; says what
                was found. Or too many captures of it still hang, of this driver or of others before it.
        """
        self.close()
        try:
            self._source = video_source(self._address)
            way_out = "unplug the camera or restart the station"
            self._hanging.refuse_more(self._source.address, f"captures of {self._source.label}", way_out)
            self._grabber = self._new_grabber(self._source)
            size, rate_hz = self._grabber.start(self.open_wait_s)
        except SensorError as error:
            self.close()
            raise SensorNotFoundError(f"stream '{self._name}': {error}") from error
        self._stream = self._stream_of(size, self._rate_hz or rate_hz)
        self._session, self._next, self._frozen = self._session + 1, 0, Frozen()

    def read(self) -> Reading | None:
        """The next frame, shape (1, height, width), or None if none came within 0.2 s.

        Raises:
            SensorReadError: the camera was unplugged or failed, a frame cannot be read, or the driver is closed.
            EOFError: a file has ended.
        """
        if self._grabber is None or self._source is None:
            raise SensorReadError(f"stream '{self._name}': the camera is closed; call open() first")
        try:
            frame = self._grabber.take(READ_WAIT_S)
            # Asked after the wait: a frame may be one that OpenCV made up after the unplug.
            if not self._source.present:
                raise SensorReadError(
                    f"{self._source.label} is gone; found: {', '.join(found_cameras()) or 'no camera'}"
                )
            return None if frame is None else self._reading(frame)
        except SensorReadError as error:
            raise SensorReadError(f"stream '{self._name}': {error}") from error

    def close(self) -> None:
        """Gives the source back; a thread that hangs is abandoned and counted."""
        grabber, source, self._grabber, self._source = self._grabber, self._source, None, None
        if grabber is not None and source is not None and not grabber.stop(self._close_wait_s):
            self._hanging.add(source.address, lambda: grabber.hangs)
            self.counters["abandoned"] += 1

    def _new_grabber(self, source: VideoSource) -> Grabber:
        """The thread of the coming session; a file plays at its own rate, without loss, and has a proper end."""
        request = Request(
            source=source,
            fourcc=self._pixels.fourcc,
            width=self._width,
            height=self._height,
            rate_hz=self._rate_hz,
            open_s=LIBRARY_SHARE * self.open_wait_s,
        )

        def open_capture() -> Capture:
            return self._capture(request)

        return Grabber(open_capture, self._clock, name=source.label, film=source.kind is SourceKind.FILE)

    def _stream_of(self, size: tuple[int, int], rate_hz: float | None) -> Stream:
        """The stream of raw frames of that (width, height)."""
        return Stream(
            name=self._name,
            kind="image",
            shape=self._pixels.shape(*size),
            nominal_rate_hz=rate_hz,
            units=(self._unit,),
        )

    def _reading(self, frame: Grabbed) -> Reading:
        """Decodes a frame and says what is wrong with it."""
        image, quality = self._pixels.decode(frame.raw)
        if image.shape != self._stream.shape:
            raise SensorReadError(f"a frame became {image.shape} pixels in size, {self._stream.shape} before")
        dropped, self._next = frame.index - self._next, frame.index + 1
        quality |= self._flags(image, dropped)
        self._count(quality, dropped)
        return Reading(
            stream=self._name,
            session=self._session,
            seq=frame.index,
            arrival_ns=frame.arrival_ns,
            device_ns=None,
            data=image[None],
            quality=quality,
        )

    def _flags(self, image: NDArray[Any], dropped: int) -> Quality:
        """What the driver knows beyond the pixel format."""
        repeated = Quality.REPEATED if self._frozen.repeats(image) else Quality.OK
        return repeated | (Quality.OVERFLOW | Quality.GAP_BEFORE if dropped else Quality.OK)

    def _count(self, quality: Quality, dropped: int) -> None:
        """Keeps the counters."""
        self.counters["overflows"] += dropped
        self.counters["repeated"] += Quality.REPEATED in quality
        self.counters["saturated"] += Quality.SATURATED in quality


def _unit(pixels: str, known: str, told: str | None) -> str:
    """The unit of the pixels; raises ValueError where a person says another one than the format."""
    if told is not None and known not in (COUNTS, told):
        raise ValueError(f"unit = '{told}' for pixels '{pixels}'; allowed: '{known}', which they are in")
    return told or known


DRIVER = Camera
