"""A serial port of which every byte is stamped when it comes."""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from sensors.errors import SensorNotFoundError, SensorReadError

WAIT_S = 0.1
"""How long a read waits for the first byte."""


class Port:
    """Opens a device or a pyserial URL, again and again if need be."""

    def __init__(self, name: str, *, baud: int, dtr: bool, clock: Callable[[], int] = time.monotonic_ns) -> None:
        """Nothing is touched before `open`.

        Args:
            name: A device, best by its lasting name below /dev/serial/by-id, or a pyserial URL.
            baud: Bits a second; sockets ignore it.
            dtr: Level of DTR and RTS while open.
            clock: CLOCK_MONOTONIC in ns.
        """
        self._name, self._baud, self._dtr, self._clock = name, baud, dtr, clock
        self._port: Any = None

    def open(self) -> None:
        """Connect, alone where it is a device; what it had to say before is thrown away.

        Raises:
            SensorNotFoundError: pyserial is missing, there is no such port or it is in use.
        """
        from sensors.serial_array import found_ports

        self.close()
        serial = _library()
        try:
            port = serial.serial_for_url(self._name, do_not_open=True, baudrate=self._baud, timeout=WAIT_S)
            if "://" not in self._name:
                port.exclusive = True
            port.dtr = port.rts = self._dtr
            port.open()
        # TypeError and ValueError are what pyserial has for a URL without a port number or of no known kind.
        except (OSError, TypeError, ValueError) as error:
            found = ", ".join(found_ports()) or "no serial port"
            raise SensorNotFoundError(
                f"trigger 'serial': cannot open '{self._name}': {error}; found: {found}"
            ) from error
        self._port = port

    def read(self) -> tuple[bytes, int]:
        """What came within a short wait.

        Returns:
            Bytes, none where nothing came, and the CLOCK_MONOTONIC when the first of them was in our hands.

        Raises:
            SensorReadError: the port is closed, or the device was unplugged.
        """
        if self._port is None:
            raise SensorReadError(f"trigger 'serial': '{self._name}' is closed; call open() first")
        try:
            first: bytes = self._port.read(1)
        # A port that another thread closes meanwhile ends in a TypeError inside pyserial.
        except (OSError, TypeError) as error:
            raise SensorReadError(f"trigger 'serial': reading '{self._name}' failed: {error}") from error
        arrival_ns, rest = self._clock(), b""
        # A device that sent its last bytes and went away fails in the next read; these bytes count.
        with suppress(OSError):
            rest = bytes(self._port.read(self._port.in_waiting)) if first else b""
        return bytes(first) + rest, arrival_ns

    def close(self) -> None:
        """Release the port; may be called twice."""
        port, self._port = self._port, None
        if port is not None:
            port.close()


def _library() -> Any:
    """The serial library, imported on use."""
    try:
        import serial
    except ImportError as error:
        raise SensorNotFoundError("trigger 'serial' needs pyserial: pip install 'qc-station[live]'") from error
    return serial
