"""The open connections of a server, of which the oldest give way."""

import socket
import threading
from contextlib import suppress

MOST = 64
"""Connections at the same time; with one more the oldest is ended."""
LONGEST_NS = 5_000_000_000
"""How long one may take, from its acceptance to the last byte of the answer."""


class Connections:
    """Ends what takes too long or is too many, so that whoever comes now is always heard; any thread may call it.

    To end a connection is to shut its socket down: the thread that waits for it then reads its end and closes it.
    """

    def __init__(self) -> None:
        """None is open."""
        self._lock = threading.Condition()
        self._since_ns: dict[socket.socket, int] = {}
        self._answered: set[socket.socket] = set()
        self._promised: set[socket.socket] = set()
        self._open = 0
        self.ended = 0
        """How many were ended before they were answered."""

    def add(self, connection: socket.socket, now_ns: int) -> None:
        """A connection was accepted."""
        with self._lock:
            self._since_ns[connection] = now_ns
            self._open += 1
            if len(self._since_ns) > MOST:
                # A dictionary keeps the order in which its keys came.
                self._end(next(iter(self._since_ns)))

    def promise(self, connection: socket.socket) -> None:
        """Its request is being carried out: it is to hear what came of it, also when others are ended."""
        with self._lock:
            self._promised.add(connection)

    def answer(self, connection: socket.socket) -> None:
        """Its answer is about to be sent: should it still be there when others are ended, nothing was cut off."""
        with self._lock:
            self._answered.add(connection)

    def remove(self, connection: socket.socket) -> None:
        """A connection is about to be closed."""
        with self._lock:
            self._since_ns.pop(connection, None)
            self._answered.discard(connection)
            self._promised.discard(connection)
            self._open -= 1
            self._lock.notify_all()

    def expire(self, now_ns: int) -> None:
        """End those that take too long."""
        with self._lock:
            for connection, since_ns in list(self._since_ns.items()):
                if now_ns - since_ns > LONGEST_NS:
                    self._end(connection)

    def end_all(self, seconds: float) -> bool:
        """End every connection, those that were promised an answer only where it does not come in time.

        Args:
            seconds: How long an answer may take, and then how long closing may.

        Returns:
            Whether whoever serves the connections has closed them all.
        """
        with self._lock:
            for connection in self._since_ns.keys() - self._promised:
                self._end(connection)
            if not self._closed(seconds):
                for connection in list(self._since_ns):
                    self._end(connection)
            return self._closed(seconds)

    def _closed(self, seconds: float) -> bool:
        return self._lock.wait_for(lambda: self._open == 0, seconds)

    def _end(self, connection: socket.socket) -> None:
        del self._since_ns[connection]
        self.ended += connection not in self._answered
        # The other side may have hung up already.
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
