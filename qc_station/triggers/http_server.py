"""The server of the HTTP trigger: one thread accepts, one thread answers each connection."""

import sys
import threading
from collections.abc import Callable
from http.server import ThreadingHTTPServer
from socketserver import BaseRequestHandler, TCPServer
from typing import Any

from qc_station.triggers.connections import Connections
from qc_station.triggers.http_request import TriggerRequest

Take = Callable[[TriggerRequest, int], dict[str, Any] | None]
"""Takes a request and the CLOCK_MONOTONIC at which its first line was there.

Returns the answer, or None while the source stops; raises ValueError with the reason of a refusal, and StoreError
where the trigger could not be written down.
"""


class TriggerServer(ThreadingHTTPServer):
    """Listens from its making on, and answers once `serve_forever` runs."""

    request_queue_size = 256
    daemon_threads = True

    def __init__(
        self, address: tuple[str, int], handler: type[BaseRequestHandler], take: Take, clock: Callable[[], int]
    ) -> None:
        """Listen.

        Args:
            address: Host and port; port 0 is any that is free.
            handler: Reads the requests.
            take: What to do with them.
            clock: CLOCK_MONOTONIC in ns.

        Raises:
            OSError: the address cannot be used.
            OverflowError: the port is out of range.
        """
        self.take, self.clock, self.connections = take, clock, Connections()
        self._counters, self._lock = {"refused": 0, "unfinished": 0}, threading.Lock()
        super().__init__(address, handler)

    @property
    def counters(self) -> dict[str, int]:
        """Requests that were refused or never ended, and connections that had to be ended."""
        return {**self._counters, "ended": self.connections.ended}

    def count(self, what: str) -> None:
        """Count one `refused` or `unfinished`; any thread may call it."""
        with self._lock:
            self._counters[what] += 1

    def server_bind(self) -> None:
        """Bind, without asking a name server what the host is called: that may take long where there is none."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer a connection in a thread of its own."""
        self.connections.add(request, self.clock())
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Close a connection, in its thread."""
        self.connections.remove(request)
        super().shutdown_request(request)

    def service_actions(self) -> None:
        """End what takes too long; called several times a second."""
        self.connections.expire(self.clock())

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is counted; anything else is a fault of ours and is shown."""
        if isinstance(sys.exc_info()[1], OSError):
            self.count("unfinished")
        else:
            super().handle_error(request, client_address)
