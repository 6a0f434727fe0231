"""OpenCV's video capture: opened for raw frames, with what the camera really does compared with what was asked."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from numpy.typing import NDArray

from sensors.errors import SensorNotFoundError, SensorReadError
from sensors.video.source import SourceKind, VideoSource

READ_TIMEOUT_MS = 5000
"""How long FFmpeg waits for the next frame before it gives up; a V4L2 device has ten seconds of its own."""
RATE_TOLERANCE = 0.1
"""A Lepton that is asked for 9 frames a second calls its 8.6 sometimes 8.6 and sometimes 9."""
MAX_RATE_HZ = 1000.0
"""FFmpeg reports the tick of the container where it does not know the rate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked of a source."""

    source: VideoSource
    """Where the frames come from."""
    fourcc: str
    """Pixel format for a V4L2 device; a file or stream has its own."""
    width: int | None
    """Columns of a raw frame; None to take what comes."""
    height: int | None
    """Rows of a raw frame, telemetry included; None to take what comes."""
    rate_hz: float | None
    """Frames a second; None to take what comes."""
    open_s: float
    """How long FFmpeg may take to open a file or stream before it gives up, in seconds."""


class Capture(Protocol):
    """An open source of raw frames, used by one thread."""

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of a raw frame."""
        ...

    @property
    def rate_hz(self) -> float | None:
        """Frames a second as the source says; None where it does not know."""
        ...

    def grab(self) -> bool:
        """Waits for a frame, perhaps for ever; False when there is none any more."""
        ...

    def retrieve(self) -> NDArray[Any] | None:
        """The frame that was grabbed, in an array of its own; None if it cannot be decoded."""
        ...

    def release(self) -> None:
        """Gives the source back."""
        ...


Opener = Callable[[Request], Capture]
"""Opens a source; raises SensorNotFoundError."""


class OpenCVCapture:
    """The capture of OpenCV 4.10 or later; V4L2 for a device, FFmpeg for the rest."""

    def __init__(self, request: Request) -> None:
        """Opens the source and compares.

        Raises:
            SensorNotFoundError: it cannot be opened, or does something else than was asked.
        """
        try:
            import cv2
        except ImportError as error:
            raise SensorNotFoundError("a camera needs OpenCV: pip install 'qc-station[live]'") from error
        self._cv2, self._request = cv2, request
        try:
            self._video = self._opened()
            self._compare()
        except cv2.error as error:
            raise SensorNotFoundError(f"OpenCV cannot open {request.source.label}: {error}") from error

    def _opened(self) -> Any:
        """The capture, set up."""
        cv2, request = self._cv2, self._request
        if request.source.kind is SourceKind.DEVICE:
            video = cv2.VideoCapture(request.source.address, cv2.CAP_V4L2)
        else:
            options = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, round(request.open_s * 1e3)]
            options += [cv2.CAP_PROP_READ_TIMEOUT_MSEC, READ_TIMEOUT_MS]
            video = cv2.VideoCapture(request.source.address, cv2.CAP_FFMPEG, options)
        if not video.isOpened():
            kind = request.source.kind.value
            raise SensorNotFoundError(f"OpenCV cannot open the {kind} {request.source.label}: no video, or in use")
        for key, value in self._settings():
            video.set(key, value)
        return video

    def _settings(self) -> list[tuple[int, float]]:
        """Properties in the order in which V4L2 wants them: pixel format, size, rate; conversion off at the end."""
        cv2, request = self._cv2, self._request
        settings: list[tuple[int, float]] = []
        if request.source.kind is SourceKind.DEVICE:
            settings.append((cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*request.fourcc)))
            sizes = ((cv2.CAP_PROP_FRAME_WIDTH, request.width), (cv2.CAP_PROP_FRAME_HEIGHT, request.height))
            settings += [(key, float(value)) for key, value in (*sizes, (cv2.CAP_PROP_FPS, request.rate_hz)) if value]
        return [*settings, (cv2.CAP_PROP_CONVERT_RGB, 0)]

    def _compare(self) -> None:
        """Raises if the source does something else than was asked."""
        try:
            differences = self._differences()
        except BaseException:
            self._video.release()
            raise
        if differences:
            self._video.release()
            raise SensorNotFoundError(f"{self._request.source.label} does not do what was asked: {differences}")

    def _differences(self) -> str:
        """Each property that was asked for and is otherwise."""
        cv2, request = self._cv2, self._request
        width, height = self.size
        found = [
            f"{name} {asked} asked, {got} found"
            for name, asked, got in (("width", request.width, width), ("height", request.height, height))
            if asked is not None and asked != got
        ]
        rate_hz = self.rate_hz
        if request.rate_hz and rate_hz and abs(rate_hz / request.rate_hz - 1.0) > RATE_TOLERANCE:
            found.append(f"rate {request.rate_hz:g} Hz asked, {rate_hz:g} Hz found")
        if self._video.get(cv2.CAP_PROP_CONVERT_RGB) > 0:
            found.append("raw frames asked, conversion to colour cannot be switched off")
        if request.source.kind is SourceKind.DEVICE:
            code = int(self._video.get(cv2.CAP_PROP_FOURCC)).to_bytes(4, "little").decode("latin-1")
            if code != request.fourcc:
                found.append(f"pixel format '{request.fourcc}' asked, '{code}' found")
        return "; ".join(found)

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of a raw frame."""
        get = self._video.get
        return int(get(self._cv2.CAP_PROP_FRAME_WIDTH)), int(get(self._cv2.CAP_PROP_FRAME_HEIGHT))

    @property
    def rate_hz(self) -> float | None:
        """Frames a second as the source says; None where it does not know."""
        rate_hz = float(self._video.get(self._cv2.CAP_PROP_FPS))
        return rate_hz if 0.0 < rate_hz <= MAX_RATE_HZ else None

    def grab(self) -> bool:
        """Waits for a frame."""
        try:
            return bool(self._video.grab())
        except self._cv2.error as error:
            raise SensorReadError(f"OpenCV cannot read {self._request.source.label}: {error}") from error

    def retrieve(self) -> NDArray[Any] | None:
        """The frame that was grabbed; OpenCV allocates a new array for each."""
        try:
            success, raw = self._video.retrieve()
        except self._cv2.error as error:
            raise SensorReadError(f"OpenCV cannot decode a frame of {self._request.source.label}: {error}") from error
        return raw if success else None

    def release(self) -> None:
        """Gives the source back."""
        self._video.release()
