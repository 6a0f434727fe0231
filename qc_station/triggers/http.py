"""Triggers by HTTP: `curl -X POST http://127.0.0.1:8765/trigger -d '{"part": "A17", "age_ms": 12.5}'`."""

import threading
import time
from collections.abc import Callable
from typing import Any

from qc_station.errors import PartKnownError, StoreError
from qc_station.triggers.contract import Deliver, Receipt
from qc_station.triggers.delivery import Delivery
from qc_station.triggers.http_handler import TriggerHandler
from qc_station.triggers.http_request import TriggerRequest
from qc_station.triggers.http_server import TriggerServer
from qc_station.triggers.part_names import REMEMBERED, PartNames
from sensors.errors import SensorNotFoundError

PORT = 8765
CLOSE_S = 2.0
"""How long answers in flight may take to end, in seconds."""
ACCEPT_S = 3.0
"""How long a trigger may take to the disk until its client hears of it; less than a connection may last."""
POLL_S = 0.1
"""How often the accepting thread looks whether it is to stop, in seconds."""


class HttpSource:
    """Answers `POST /trigger` with 202, the part's name and its time, once the part is on disk; a refusal says its reason.

    The time is when the first line of the request was in our hands, less its `age_ms`. Whoever reaches the port can
    trigger: an address other than the default belongs into a network of machines only. A name whose trigger could not
    be written may be sent again.
    """

    def __init__(
        self,
        *,
        port: int = PORT,
        host: str = "127.0.0.1",
        clock: Callable[[], int] = time.monotonic_ns,
        names: Callable[[], PartNames] = PartNames,
    ) -> None:
        """Nothing listens before `start`.

        Args:
            port: TCP port; 0 for any that is free.
            host: Address of this computer to listen on; `0.0.0.0` is every one of them.
            clock: CLOCK_MONOTONIC in ns.
            names: Makes the names of parts.

        Raises:
            ValueError: the port is out of range.
        """
        if not isinstance(port, int) or isinstance(port, bool) or not 0 <= port <= 65535:
            raise ValueError(f"port = {port!r}; allowed: 0 to 65535")
        self._wanted, self._clock, self._names = (host, port), clock, names()
        self._delivery = Delivery()
        self._server: TriggerServer | None = None
        self._thread: threading.Thread | None = None
        self._counters = {"refused": 0, "unfinished": 0, "ended": 0}
        self.why = ""

    @property
    def address(self) -> tuple[str, int]:
        """Host and port; the real port while it listens."""
        return self._wanted if self._server is None else (self._wanted[0], self._server.server_port)

    @property
    def counters(self) -> dict[str, int]:
        """Triggers, requests that were refused or never ended, connections that had to be ended."""
        now = {} if self._server is None else self._server.counters
        return {
            "triggers": self._delivery.count,
            **{name: count + now.get(name, 0) for name, count in self._counters.items()},
        }

    def start(self, deliver: Deliver) -> None:
        """Listen.

        Raises:
            SensorNotFoundError: the address is in use, or is none of this computer.
        """
        self.stop()
        host, port = self._wanted
        try:
            server = TriggerServer(self._wanted, TriggerHandler, self._take, self._clock)
        except OSError as error:
            raise SensorNotFoundError(f"trigger 'http': cannot listen on {host}:{port}: {error}") from error
        self._delivery.begin(deliver)
        self._server = server
        self._thread = threading.Thread(target=server.serve_forever, args=(POLL_S,), name="trigger http", daemon=True)
        self._thread.start()

    def look(self, now_ns: int) -> None:
        """Nothing is due: requests come by themselves."""

    def stop(self) -> None:
        """Close the port and every connection; a request in flight is answered with 503 or not at all."""
        self._delivery.end()
        server, self._server = self._server, None
        if server is None or self._thread is None:
            return
        server.shutdown()
        self._thread.join()
        server.server_close()
        server.connections.end_all(CLOSE_S)
        self._counters = {name: count + server.counters[name] for name, count in self._counters.items()}

    def _take(self, request: TriggerRequest, seen_ns: int) -> dict[str, Any] | None:
        time_ns = seen_ns - round(request.age_ms * 1e6)
        if request.part is not None and not self._names.claim(request.part):
            raise ValueError(f"part {request.part!r} was triggered before; allowed: not one of the last {REMEMBERED}")
        part = request.part if request.part is not None else self._names.fresh()
        receipt = self._delivery.hand_over(part, time_ns)
        if receipt is None:
            self._names.release(part)
            return None
        self._written(part, receipt)
        return {"part": part, "time_ns": time_ns}

    def _written(self, part: str, receipt: Receipt) -> None:
        """Wait until the part is on disk: what is answered with 202 is there after any stop."""
        try:
            receipt.result(ACCEPT_S)
        except PartKnownError as error:
            raise ValueError(str(error)) from error
        except StoreError:
            self._names.release(part)
            raise
        except TimeoutError as error:
            receipt.add_done_callback(lambda late: self._ended(part, late))
            raise StoreError(f"part {part!r} is not on disk after {ACCEPT_S:g} s; it may still be inspected") from error

    def _ended(self, part: str, late: Receipt) -> None:
        if late.exception() is not None:
            self._names.release(part)


SOURCE = HttpSource
