"""Frames of a simulated camera in a file that a `Camera` reads."""

from collections.abc import Iterator
from pathlib import Path

from sensors.driver import Driver
from sensors.errors import SensorNotFoundError
from sensors.readings import Samples


def write_video(driver: Driver, path: Path) -> int:
    """Write all frames of a driver as FFV1, which loses nothing, 16 bits a pixel.

    A file knows a rate but no arrival times, and a `Camera` reads it as fast as it is asked to.

    Args:
        driver: Of uint16 images, with a rate, that ends; opened and closed here.
        path: The file, e.g. NAME.mkv; replaced if it is there.

    Returns:
        Frames written.

    Raises:
        SensorNotFoundError: OpenCV is missing or cannot write FFV1.
        ValueError: the stream is none of images with a rate.
    """
    stream = driver.stream
    if stream.kind != "image" or not stream.nominal_rate_hz:
        raise ValueError(
            f"stream '{stream.name}' is {stream.kind}, {stream.nominal_rate_hz} Hz; needs images and a rate"
        )
    try:
        import cv2
    except ImportError as error:
        raise SensorNotFoundError("writing video needs OpenCV: pip install 'qc-station[live]'") from error
    height, width = stream.shape
    settings = [cv2.VIDEOWRITER_PROP_DEPTH, cv2.CV_16U, cv2.VIDEOWRITER_PROP_IS_COLOR, 0]
    codec = cv2.VideoWriter.fourcc(*"FFV1")
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, codec, stream.nominal_rate_hz, (width, height), settings)
    if not writer.isOpened():
        raise SensorNotFoundError(f"OpenCV cannot write 16-bit FFV1 into {path}: no such folder, or a build without it")
    count = 0
    try:
        for frame in _frames(driver):
            writer.write(frame)
            count += 1
    finally:
        writer.release()
    return count


def _frames(driver: Driver) -> Iterator[Samples]:
    """Every image until the driver ends."""
    driver.open()
    try:
        while True:
            reading = driver.read()
            yield from () if reading is None else reading.data
    except EOFError:
        return
    finally:
        driver.close()
