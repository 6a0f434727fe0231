"""A named pipe that another program takes for a video that flows."""

import errno
import os
import select
from pathlib import Path


class Pipe:
    """The device's end; never waits for a reader, and cuts a chunk only where it finds room for a part of it.

    Every reader has a pipe of its own: as soon as one has opened the name, a new pipe stands under it. So the next one
    begins with a header, and one that still hangs in the old pipe meets its end instead of stealing bytes.
    """

    def __init__(self, path: Path) -> None:
        """Nothing is there before `plug`.

        Args:
            path: Name of the pipe.
        """
        self.path = path
        self.counters = {"dropped": 0}
        self._fd: int | None = None
        self._plugged, self._listeners, self._rest = False, 0, b""

    def plug(self) -> None:
        """A pipe that nobody reads yet."""
        self.unplug()
        self._place()
        self._plugged = True

    def unplug(self) -> None:
        """Who reads meets the end; the name is gone."""
        self._hang_up()
        if self._plugged:
            # One that is just opening the pipe would wait for ever for a pipe without a name.
            self._fd = self._opened()
            self._hang_up()
            self.path.unlink(missing_ok=True)
        self._plugged = False

    @property
    def listeners(self) -> int:
        """How often the pipe was opened for reading."""
        if self._plugged and (fd := self._opened()) is not None:
            self._hang_up()
            self._fd, self._rest = fd, b""
            self._place()
            self._listeners += 1
        if self._fd is not None and self._left(self._fd):
            self._hang_up()
        return self._listeners

    @property
    def heard(self) -> bool:
        """Whether somebody reads."""
        return self._fd is not None

    def send(self, chunk: bytes) -> None:
        """Send a chunk, or drop it whole while there is no room."""
        if self._fd is None:
            return
        try:
            if self._rest:
                self._rest = self._rest[os.write(self._fd, self._rest) :]
            if not self._rest:
                self._rest = chunk[os.write(self._fd, chunk) :]
                return
        except BlockingIOError:
            # Nothing of the chunk was taken.
            pass
        except BrokenPipeError:
            self._hang_up()
        self.counters["dropped"] += 1

    def _place(self) -> None:
        """A new pipe under the name, in one step: nobody finds the name without a pipe."""
        fresh = self.path.with_name(f".{self.path.name}.new")
        fresh.unlink(missing_ok=True)
        os.mkfifo(fresh)
        fresh.rename(self.path)

    def _opened(self) -> int | None:
        """The end for writing; None while nobody reads, or when somebody has removed the pipe."""
        try:
            return os.open(self.path, os.O_WRONLY | os.O_NONBLOCK)
        except OSError as error:
            if error.errno in (errno.ENXIO, errno.ENOENT):
                return None
            raise

    def _left(self, fd: int) -> bool:
        """Whether the reader has gone."""
        poll = select.poll()
        poll.register(fd, select.POLLOUT)
        return any(event & select.POLLERR for _, event in poll.poll(0))

    def _hang_up(self) -> None:
        fd, self._fd = self._fd, None
        if fd is not None:
            os.close(fd)
