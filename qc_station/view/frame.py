"""The frame on which a view is calibrated: out of a file, or out of the camera."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from qc_station.config.drivers import driver_builds
from qc_station.config.station import StationConfig
from qc_station.errors import CalibrationError
from qc_station.recordings.format import format_of
from sensors.driver import Driver

SETTLED = 5
"""A camera's first frames are of another exposure."""
WAIT_S = 10.0
"""How long a camera is waited for."""


def frame_of_file(file: Path) -> NDArray[Any]:
    """The last frame of a picture or a stack of them, shape (height, width).

    Raises:
        ManifestError: no format reads the file, or it is damaged.
        CalibrationError: it cannot be read, or holds no image.
    """
    form = format_of(file)
    try:
        data = form.decode(file.read_bytes()).data
    except OSError as error:
        raise CalibrationError(f"frame {file}: cannot be read: {error.strerror}") from error
    if data.ndim != 3 or not data.size:
        raise CalibrationError(f"frame {file}: shape {data.shape}; needed: (frames, height, width)")
    return np.asarray(data[-1])


def live_frame(config: StationConfig, folder: Path, stream: str) -> NDArray[Any]:
    """A frame of the camera as it delivers them, shape (height, width).

    Raises:
        ConfigError: the stream has no driver.
        SensorError: the camera is not there or failed.
        CalibrationError: no frame came.
    """
    alone = msgspec.structs.replace(config, streams={stream: config.streams[stream]})
    return settled_frame(driver_builds(alone, folder)[stream]())


def settled_frame(driver: Driver, clock: Callable[[], float] = time.monotonic) -> NDArray[Any]:
    """The fifth frame of a driver, or the last where fewer come in ten seconds; opens and closes it.

    Raises:
        SensorError: the camera is not there or failed.
        CalibrationError: no frame came.
    """
    driver.open()
    frame: NDArray[Any] | None = None
    count, until = 0, clock() + WAIT_S
    try:
        while count < SETTLED and clock() < until:
            reading = driver.read()
            if reading is not None and reading.count:
                frame, count = reading.data[-1].copy(), count + reading.count
    except EOFError:
        # A film that is shorter than that has settled with its last frame.
        count = SETTLED
    finally:
        driver.close()
    if frame is None:
        raise CalibrationError(f"stream '{driver.stream.name}': no frame in {WAIT_S:g} s")
    return frame
