"""All start-up faults at once: who mends a line wants the whole list, not the first of it."""

from collections.abc import Iterable

from sensors.driver import Driver
from sensors.errors import SensorError


class StartupError(SensorError):
    """Sensors that could not be opened, one line each."""

    def __init__(self, faults: dict[str, str]) -> None:
        """Args: faults: What is wrong, by stream."""
        self.faults = faults
        lines = "".join(f"\n  stream '{name}': {fault}" for name, fault in faults.items())
        super().__init__(f"{len(faults)} of the sensors did not start:{lines}")


def check_all(drivers: Iterable[Driver]) -> None:
    """Open every driver once and close it again.

    Args:
        drivers: One per stream.

    Raises:
        StartupError: naming every sensor that did not open.
    """
    faults: dict[str, str] = {}
    for driver in drivers:
        try:
            driver.open()
        except SensorError as error:
            faults[driver.stream.name] = str(error)
        finally:
            driver.close()
    if faults:
        raise StartupError(faults)
