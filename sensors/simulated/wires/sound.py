"""The sound of the simulated line as a recording, which `Replay` plays."""

from pathlib import Path

from sensors.driver import Driver
from sensors.recordings.recorder import Recorder
from sensors.simulated.line import START_NS


def record(driver: Driver, folder: Path, *, start_ns: int = START_NS) -> Path:
    """Write all readings of a driver with their times.

    Args:
        driver: One that ends; opened and closed here.
        folder: Made if it is not there; best an empty one, as `Replay` plays all recordings of a folder.
        start_ns: The driver's time when it is switched on; where the recording begins.

    Returns:
        The folder, for `Replay(recording=...)`.

    Raises:
        RecordingError: the disk refuses.
        SensorNotFoundError: the library `mcap` is not installed.
    """
    recorder = Recorder(folder, (driver.stream,), clock=lambda: start_ns)
    driver.open()
    try:
        while True:
            if (reading := driver.read()) is not None:
                recorder.reading(reading)
    except EOFError:
        return folder
    finally:
        driver.close()
        recorder.close()
