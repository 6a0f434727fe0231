"""A pseudo-terminal that another program takes for a serial port."""

import os
import select
import termios
import tty
from contextlib import suppress
from pathlib import Path

from sensors.simulated.faults.uart import as_read

BAUDS = {getattr(termios, name): int(name[1:]) for name in dir(termios) if name[0] == "B" and name[1:].isdigit()}
"""Speeds by the number with which the kernel calls them."""


class Terminal:
    """The device's end; the other end has a name that stays, as below /dev/serial/by-id.

    A pseudo-terminal carries bytes at any speed. The speed that the listener has set is looked up all the same, and one
    that is not the device's is paid for as on a real line: with other bytes.
    """

    def __init__(self, path: Path, *, baud: int = 115200) -> None:
        """Nothing is there before `plug`.

        Args:
            path: Name of the port; a link is made there.
            baud: Bits a second of the device.
        """
        self.path, self._baud = path, baud
        self.counters = {"lost_bytes": 0}
        self._master: int | None = None
        self._heard, self._listeners = False, 0

    def plug(self) -> None:
        """A new terminal under the old name."""
        self._hang_up()
        self._master, slave = os.openpty()
        # Until somebody sets it otherwise, a terminal would send back what it receives.
        tty.setraw(slave)
        name = os.ttyname(slave)
        os.close(slave)
        os.set_blocking(self._master, False)
        # In one step, and over a link that a crash has left.
        fresh = self.path.with_name(f".{self.path.name}.new")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(name)
        fresh.rename(self.path)

    def unplug(self) -> None:
        """Who reads meets the end of the line; the name is gone."""
        if self._master is not None:
            self.path.unlink(missing_ok=True)
        self._hang_up()

    @property
    def listeners(self) -> int:
        """How often the port was opened."""
        heard = self._master is not None and self._open_at_other_end(self._master)
        self._listeners += heard and not self._heard
        self._heard = heard
        return self._listeners

    @property
    def heard(self) -> bool:
        """Whether the port is open."""
        return self._heard

    def send(self, chunk: bytes) -> None:
        """Send at the device's speed; as on a real line, what is not fetched in time is lost."""
        if self._master is None:
            return
        # What the listener says to the device is not understood, but must not fill the line.
        with suppress(BlockingIOError, OSError):
            os.read(self._master, 4096)
        read_baud = self._read_baud(self._master)
        arriving = chunk if read_baud == self._baud else as_read(chunk, self._baud, read_baud)
        try:
            written = os.write(self._master, arriving)
        except BlockingIOError:
            written = 0
        self.counters["lost_bytes"] += len(arriving) - written

    def _hang_up(self) -> None:
        master, self._master, self._heard = self._master, None, False
        if master is not None:
            os.close(master)

    def _open_at_other_end(self, master: int) -> bool:
        """Whether anybody has the other end open."""
        poll = select.poll()
        poll.register(master, select.POLLOUT)
        return not any(event & select.POLLHUP for _, event in poll.poll(0))

    def _read_baud(self, master: int) -> int:
        """The speed that the listener has set; asking at this end of a pseudo-terminal answers for the other."""
        speed: int = termios.tcgetattr(master)[5]
        return BAUDS.get(speed, self._baud)
