"""Sensors on a serial line: a gas array on an Arduino, a BME688 on a board, a thermal camera module."""

import io
import os
import select
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from sensors.errors import SensorNotFoundError, SensorReadError
from sensors.protocols.decoder import Decoded
from sensors.protocols.selection import decoder, protocol_options
from sensors.readings import Reading
from sensors.streams import Stream

WAIT_S = 0.1
"""How long `read` waits for the first byte."""
READ_BYTES = 4096
"""Taken in one read at most: what the kernel holds for a terminal."""
HEADER_WAIT_S = 3.0
"""How long `open` waits for a header that declares the channels; an Arduino boots in about two seconds."""


class SerialArray:
    """Reads one serial port through one protocol.

    A reading is stamped when its last byte was read. Samples that became whole in one read share that arrival, in
    their order: when each was on the wire is not known here and is not invented.
    """

    def __init__(
        self,
        *,
        name: str,
        port: str,
        protocol: str,
        baud: int = 115200,
        channels: Sequence[str] | None = None,
        rate_hz: float | None = None,
        dtr: bool = True,
        clock: Callable[[], int] = time.monotonic_ns,
        **options: Any,
    ) -> None:
        """No device is touched before `open`.

        DTR and RTS: opening a terminal makes Linux raise both, and a falling or rising edge resets most Arduinos. The
        default leaves them raised and tells the kernel not to drop them on closing, so that only the first opening
        after plugging in resets the board and no reopening does. Boards with USB of their own (Leonardo, Pico) are
        silent while DTR is low, and an ESP32 stays in reset if only one of the two is: hence both together.

        Args:
            name: Of the stream.
            port: A device, best by its lasting name below /dev/serial/by-id, or a pyserial URL: `socket://host:port`,
                `rfc2217://host:port`, `loop://`.
            protocol: A file of `sensors.protocols`: csv, jsonl, bme688 or mlx90640.
            baud: Bits a second; URLs of sockets ignore it.
            channels: Columns or keys, where the protocol has such.
            rate_hz: Samples a second as declared by the device's maker; None where it reports when it likes.
            dtr: Level of DTR and RTS while open.
            clock: CLOCK_MONOTONIC in nanoseconds.
            options: Further options of the protocol, e.g. `units`, `time_key`, `ambient`.

        Raises:
            ValueError: an unknown protocol, or options that it does not take.
        """
        self._name, self._port_name, self._baud, self._rate_hz = name, port, baud, rate_hz
        self._dtr, self._clock = dtr, clock
        self._decoder = decoder(protocol, {"channels": channels, **options})
        self._port: Any = None
        self._descriptor: int | None = None
        self._session, self._seq = -1, 0
        self._waiting: deque[tuple[Decoded, int]] = deque()

    @staticmethod
    def further_options(given: Mapping[str, Any]) -> tuple[str, ...]:
        """The options of the protocol that these options of ours name; none where they name none."""
        return protocol_options(given.get("protocol"))

    @property
    def stream(self) -> Stream:
        """What the device delivers; without declared channels the shape is (0,) before the first `open`."""
        return Stream(
            name=self._name,
            kind=self._decoder.kind,
            shape=self._decoder.shape,
            nominal_rate_hz=self._rate_hz,
            units=self._decoder.units,
        )

    @property
    def counters(self) -> dict[str, int]:
        """What the protocol could not read, by reason, since the driver was made."""
        return self._decoder.counters

    def open(self) -> None:
        """Open the port, alone; a session begins.

        Raises:
            SensorNotFoundError: pyserial is missing, there is no such port or it is in use (the message lists the
                ports that there are), or no header declared the channels in time.
        """
        self.close()
        self._port = self._opened()
        self._descriptor = _descriptor(self._port)
        self._decoder.reset()
        self._waiting.clear()
        try:
            self._port.write(self._decoder.greeting)
            self._await_header()
        except (OSError, SensorReadError) as error:
            self.close()
            raise SensorNotFoundError(
                f"stream '{self._name}': port '{self._port_name}' opened and failed: {error}"
            ) from error
        self._session, self._seq = self._session + 1, 0

    def read(self) -> Reading | None:
        """The next sample, or None after a short wait.

        Raises:
            SensorReadError: the driver is closed, the device was unplugged, or it was reset and its clock began anew.
        """
        if not self._waiting:
            self._fill()
        if not self._waiting:
            return None
        decoded, arrival_ns = self._waiting.popleft()
        if decoded.restarted:
            raise SensorReadError(
                f"stream '{self._name}': the device on '{self._port_name}' was reset, its clock went back"
            )
        first, self._seq = self._seq, self._seq + len(decoded.data)
        return Reading(
            stream=self._name,
            session=self._session,
            seq=first,
            arrival_ns=arrival_ns,
            device_ns=decoded.device_ns,
            data=decoded.data,
            quality=decoded.quality,
        )

    def close(self) -> None:
        """Release the port."""
        port, self._port, self._descriptor = self._port, None, None
        if port is not None:
            port.close()

    def _opened(self) -> Any:
        """The open port, with exclusive use where it is a device."""
        serial = _library(self._name)
        device = "://" not in self._port_name
        try:
            port = serial.serial_for_url(self._port_name, do_not_open=True, baudrate=self._baud, timeout=WAIT_S)
            # A device that takes no bytes must not hold us; what is a URL may refuse the very wish, as rfc2217 does.
            port.write_timeout = 1.0 if device else None
            if device:
                port.exclusive = True
            port.dtr = port.rts = self._dtr
            port.open()
            if device and self._dtr:
                _keep_lines_after_closing(port)
        # The others are what pyserial has for a URL without a port number, of no known kind, or that cannot do it.
        except (OSError, TypeError, ValueError, NotImplementedError) as error:
            raise SensorNotFoundError(
                f"stream '{self._name}': cannot open serial port '{self._port_name}': {error}; "
                f"found: {', '.join(found_ports()) or 'no serial port'}"
            ) from error
        return port

    def _await_header(self) -> None:
        """Read until the number of channels is known."""
        limit_ns = self._clock() + round(HEADER_WAIT_S * 1e9)
        while not self._decoder.ready:
            if self._clock() > limit_ns:
                raise SensorReadError(f"no header line within {HEADER_WAIT_S:g} s; declare the channels")
            self._fill()

    def _fill(self) -> None:
        """Decode what arrives within the wait."""
        if self._port is None:
            raise SensorReadError(f"stream '{self._name}': '{self._port_name}' is closed; call open() first")
        try:
            data = self._bytes()
        # A port that another thread closes meanwhile ends in a TypeError, inside pyserial or for want of a descriptor.
        except (OSError, TypeError) as error:
            raise SensorReadError(f"stream '{self._name}': reading '{self._port_name}' failed: {error}") from error
        if data:
            arrival_ns = self._clock()
            for decoded in self._decoder.feed(data):
                self._waiting.append((decoded, arrival_ns))

    def _bytes(self) -> bytes:
        """What arrives within the wait; once a byte is there, what came with it and no more waiting."""
        if self._descriptor is None:
            return self._bytes_of_thread()
        # As pyserial does it, but all that is there in one go: it reads until as much has come as was asked for, so that
        # one would have to ask for one byte and then for the rest, at twice the system calls for every sample.
        ready, _, _ = select.select((self._descriptor,), (), (), WAIT_S)
        if not ready:
            return b""
        try:
            data = os.read(self._descriptor, READ_BYTES)
        except BlockingIOError:
            return b""
        if not data:
            raise OSError("it is readable and has no bytes: unplugged, hung up, or read by another program, too")
        return data

    def _bytes_of_thread(self) -> bytes:
        """The same where pyserial itself has to wait."""
        first: bytes = self._port.read(1)
        # A device that sent its last bytes and went away fails in the next read; these bytes count.
        with suppress(OSError):
            return first + bytes(self._port.read(self._port.in_waiting if first else 0))
        return first


DRIVER = SerialArray


def found_ports() -> tuple[str, ...]:
    """The serial ports of this machine, lasting names first.

    Returns:
        One line per port, its path first, e.g. `/dev/ttyACM0 (Arduino Uno)`; ready to be shown to a person.

    Raises:
        SensorNotFoundError: pyserial is missing.
    """
    _library("found_ports")
    from serial.tools import list_ports

    links = Path("/dev/serial/by-id")
    lasting = [f"{link} ({link.resolve()})" for link in sorted(links.glob("*"))]
    return (*lasting, *(f"{port.device} ({port.description})" for port in sorted(list_ports.comports())))


def _library(asked_by: str) -> Any:
    """The serial library, imported on use."""
    try:
        import serial
    except ImportError as error:
        raise SensorNotFoundError(f"'{asked_by}' needs pyserial; install it: pip install 'qc-station[live]'") from error
    return serial


def _descriptor(port: Any) -> int | None:
    """What the kernel knows an open port by; None where pyserial brings the bytes by a thread of its own."""
    try:
        return int(port.fileno())
    # As `io` has it for a file without one.
    except io.UnsupportedOperation:
        return None


def _keep_lines_after_closing(port: Any) -> None:
    """Have the kernel leave DTR and RTS alone when the port is closed: a later opening is no edge then."""
    import termios

    # A terminal that refuses this still reads well; only its board may be reset by the next opening.
    with suppress(termios.error):
        attributes = termios.tcgetattr(port.fileno())
        attributes[2] &= ~termios.HUPCL
        termios.tcsetattr(port.fileno(), termios.TCSANOW, attributes)
