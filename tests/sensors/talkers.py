"""Devices that say the same again and again: behind a pseudo-terminal, and behind TCP ports as serial servers have them."""

import os
import select
import socket
import threading
import tty
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import serial
from serial import rfc2217

PATIENCE_S = 30.0
"""How long a thread may take to end before a test fails; never waited out in a test that passes."""

LINE_S = 0.005
"""Between two lines of a terminal server."""


@contextmanager
def talking_terminal(said: bytes) -> Iterator[str]:
    """The path of a pseudo-terminal whose other end writes as fast as it is read."""
    master, slave = os.openpty()
    # Held open here, so that a driver that closes its end does not hang up on the writer.
    tty.setraw(slave)
    os.set_blocking(master, False)
    try:
        with _beside(lambda stopped: _talk(master, said, stopped)):
            yield os.ttyname(slave)
    finally:
        os.close(master)
        os.close(slave)


@contextmanager
def talking_server(said: bytes) -> Iterator[str]:
    """The pyserial URL of a loopback port that talks to whoever called last."""
    with socket.create_server(("127.0.0.1", 0)) as server, _beside(lambda stopped: _answer(server, said, stopped)):
        yield f"socket://127.0.0.1:{server.getsockname()[1]}"


@contextmanager
def talking_rfc2217(said: bytes) -> Iterator[str]:
    """The pyserial URL of a loopback port that talks, and is asked for baud rate and lines, as RFC 2217 has it."""
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        _beside(lambda stopped: _negotiate(server, said, stopped)),
    ):
        yield f"rfc2217://127.0.0.1:{server.getsockname()[1]}"


class Negotiation:
    """Pyserial's own end of RFC 2217, over a port that it keeps in memory."""

    def __init__(self) -> None:
        self.answers = b""
        self._manager: Any = rfc2217.PortManager(serial.serial_for_url("loop://"), self)

    def write(self, answer: bytes) -> None:
        self.answers += answer

    def hear(self, said: bytes) -> None:
        for _ in self._manager.filter(said):
            continue


def _talk(master: int, said: bytes, stopped: int) -> None:
    rest = said
    while stopped not in select.select([stopped], [master], [])[0]:
        # A terminal that is ready for some bytes may still refuse them when it is flushed meanwhile.
        with suppress(BlockingIOError):
            rest = rest[os.write(master, rest) :] or said


def _answer(server: socket.socket, said: bytes, stopped: int) -> None:
    call: socket.socket | None = None
    rest, ready = said, list[object]()
    with ExitStack() as calls:
        while stopped not in ready:
            ready, writable, _ = select.select([stopped, server], [call] if call else [], [])
            if server in ready:
                call, rest = calls.enter_context(server.accept()[0]), said
                call.setblocking(False)
            elif call is not None and writable:
                try:
                    rest = rest[call.send(rest) :] or said
                except OSError:
                    # The caller has hung up.
                    call = None


def _negotiate(server: socket.socket, said: bytes, stopped: int) -> None:
    call: socket.socket | None = None
    other, ready = Negotiation(), list[object]()
    with ExitStack() as calls:
        while stopped not in ready:
            # No faster than a serial line: who calls reads byte by byte, and waits for an answer among them.
            ready, _, _ = select.select([stopped, server, *([call] if call else [])], [], [], LINE_S)
            try:
                if server in ready:
                    call, other = calls.enter_context(server.accept()[0]), Negotiation()
                elif call is not None:
                    other.hear(call.recv(1024) if call in ready else b"")
                    call.sendall(other.answers or said)
                    other.answers = b""
            except OSError:
                call = None


@contextmanager
def _beside(work: Callable[[int], None]) -> Iterator[None]:
    """Runs in a thread until the descriptor that it is given becomes readable."""
    stopped, stop = os.pipe()
    thread = threading.Thread(target=work, args=(stopped,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        os.close(stop)
        thread.join(PATIENCE_S)
        os.close(stopped)
    assert not thread.is_alive()
