"""The sound of the simulated line as a recording, which `Replay` plays."""

from collections.abc import Iterable
from pathlib import Path

from sensors.driver import Driver
from sensors.recordings.recorder import Recorder
from sensors.simulated.line import START_NS


def record(driver: Driver, folder: Path, *, triggers: Iterable[tuple[str, int]] = (), start_ns: int = START_NS) -> Path:
    """Write all readings of a driver with their times, and triggers beside them.

    Args:
        driver: One that ends; opened and closed here.
        folder: Made if it is not there; best an empty one, as `Replay` plays all recordings of a folder.
        triggers: Part and time of each, in the driver's time.
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
        for part, time_ns in triggers:
            recorder.trigger(part, time_ns)
        while True:
            if (reading := driver.read()) is not None:
                recorder.reading(reading)
    except EOFError:
        return folder
    finally:
        driver.close()
        recorder.close()
