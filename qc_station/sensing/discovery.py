"""What is plugged into this computer that a driver can read."""

from collections.abc import Callable, Iterable

from sensors.errors import SensorError
from sensors.registry import driver_names


def discover() -> dict[str, list[str]]:
    """Microphones, cameras and serial ports by the names that station.toml takes, and the drivers there are.

    A library that is missing is said in the list that it would have filled.
    """
    # Each imports what it needs; the libraries themselves are imported when they are asked.
    from sensors.camera import found_cameras
    from sensors.portaudio import found_microphones
    from sensors.serial_array import found_ports

    return {
        # The index is what is left where two devices have one name; it changes with what is plugged in.
        "microphones": _listed(
            lambda: (
                f"{m.full_name} (index {m.index}, {m.channels} channels, {m.rate_hz:g} Hz)" for m in found_microphones()
            )
        ),
        "cameras": _listed(found_cameras),
        "serial ports": _listed(found_ports),
        "drivers": driver_names(),
    }


def _listed(find: Callable[[], Iterable[str]]) -> list[str]:
    try:
        return list(find())
    except SensorError as error:
        return [str(error)]
