"""An HTTP trigger that a test asks over real sockets on loopback."""

import json
import queue
import socket
from http.client import HTTPConnection
from typing import Any

from qc_station.align.trigger import Trigger
from qc_station.triggers.http import HttpSource
from qc_station.triggers.part_names import PartNames

PATIENCE_S = 30.0
NOW_NS = 50_000_000_000


class Bench:
    """A source that listens, its triggers, and the time that it sees."""

    def __init__(self) -> None:
        self.now_ns = NOW_NS
        self.got: queue.Queue[Trigger] = queue.Queue()
        self.source = HttpSource(
            port=0, clock=lambda: self.now_ns, names=lambda: PartNames(wall=lambda: 0, token=lambda: "abcd")
        )
        self.source.start(self.got.put)

    def connect(self) -> socket.socket:
        return socket.create_connection(self.source.address, PATIENCE_S)

    def ask(self, body: str | bytes = b"", method: str = "POST", path: str = "/trigger", **headers: str) -> Any:
        connection = HTTPConnection(*self.source.address, timeout=PATIENCE_S)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read() or b"{}")
        finally:
            connection.close()

    def say(self, said: bytes) -> bytes:
        """Everything that is answered until the connection ends."""
        with self.connect() as connection:
            connection.sendall(said)
            connection.shutdown(socket.SHUT_WR)
            return all_of(connection)

    def taken(self) -> list[Trigger]:
        return [self.got.get_nowait() for _ in range(self.got.qsize())]


def all_of(connection: socket.socket) -> bytes:
    return b"".join(iter(lambda: connection.recv(65536), b""))
