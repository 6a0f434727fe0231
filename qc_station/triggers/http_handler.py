"""One connection of the HTTP trigger: one request, one answer."""

import io
from collections.abc import Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any

import msgspec

from qc_station.errors import DiskFullError, StoreError
from qc_station.triggers.http_request import LONGEST_BODY, decode_request
from qc_station.triggers.http_server import TriggerServer

PATH = "/trigger"
LINGER_BYTES = 16 * 1024**2
"""So much of a refused body is read and thrown away: a client that still sends would not see the answer."""
PIECE_BYTES = 65536


class _Lines(io.BufferedReader):
    """Remembers how the last line ended: the standard library takes headers that break off for whole ones."""

    last = b""

    def readline(self, size: int | None = -1, /) -> bytes:
        self.last = super().readline(size)
        return self.last


class TriggerHandler(BaseHTTPRequestHandler):
    """Reads a request and answers with JSON, whatever it was."""

    server: TriggerServer
    rfile: _Lines
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "qc-station", ""
    # Head and body leave in one piece; in two the second would wait for the client's system to acknowledge the first.
    wbufsize = -1
    timeout = 5.0
    """Seconds that the client may be silent."""

    def setup(self) -> None:
        """Called before the request is read."""
        super().setup()
        self._seen_ns, self._unread = 0, 0
        self.rfile = _Lines(self.rfile.detach())

    def parse_request(self) -> bool:
        """Called when the first line is there: the earliest moment that tells a trigger from an idle connection."""
        self._seen_ns = self.server.clock()
        if not super().parse_request():
            return False
        if self.rfile.last not in (b"\r\n", b"\n"):
            self.server.count("unfinished")
            return False
        return True

    def handle_expect_100(self) -> bool:
        """Called when the client waits for a word before it sends the body."""
        going_on = super().handle_expect_100()
        self.wfile.flush()
        return going_on

    def _post(self) -> None:
        try:
            request = decode_request(self._body())
            self.server.connections.promise(self.connection)
            answer = self.server.take(request, self._seen_ns)
        except ValueError as error:
            self._refuse(HTTPStatus.BAD_REQUEST, str(error))
            return
        except StoreError as error:
            full = isinstance(error, DiskFullError)
            self._refuse(HTTPStatus.INSUFFICIENT_STORAGE if full else HTTPStatus.SERVICE_UNAVAILABLE, str(error))
            return
        if answer is None:
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, "the station is stopping")
        else:
            self._answer(HTTPStatus.ACCEPTED, answer)

    def _any(self) -> None:
        """Every method: only one is taken, on one path."""
        path = self.path.partition("?")[0]
        if path != PATH:
            self._refuse(HTTPStatus.NOT_FOUND, f"no {path[:80]!r} here; there is: POST {PATH}")
        elif self.command != "POST":
            reason = f"{self.command} {PATH}; allowed: POST"
            self._refuse(HTTPStatus.METHOD_NOT_ALLOWED, reason, headers={"Allow": "POST"})
        elif self.headers["Origin"] is not None:
            # A browser says so; any page that is open on this computer could trigger otherwise.
            self._refuse(HTTPStatus.FORBIDDEN, "the request comes from a web page; allowed: from programs")
        else:
            self._post()

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _any  # noqa: N815

    def _body(self) -> bytes:
        """The whole body. Raises ValueError where it has no length, too large a one, or ends before it."""
        if self.headers["Transfer-Encoding"] is not None:
            raise ValueError("the body comes in chunks; allowed: a body with Content-Length")
        given = self.headers["Content-Length"] or "0"
        if not (given.isascii() and given.isdigit()):
            raise ValueError(f"Content-Length is {given[:80]!r}; allowed: a number of bytes")
        # int() refuses thousands of digits.
        length = int(given) if len(given) < 20 else 10**20
        if length > LONGEST_BODY:
            self._unread = min(length, LINGER_BYTES)
            raise ValueError(f"the body has {length} bytes; allowed: at most {LONGEST_BODY}")
        body = self.rfile.read(length)
        if len(body) < length:
            raise ValueError(f"the body ends after {len(body)} of {length} bytes")
        return body

    def _refuse(self, status: HTTPStatus, reason: str, headers: Mapping[str, str] | None = None) -> None:
        self.server.count("refused")
        self._answer(status, {"error": reason}, headers)
        while self._unread > 0 and (piece := self.rfile.read1(min(self._unread, PIECE_BYTES))):
            self._unread -= len(piece)

    def _answer(self, status: HTTPStatus, fields: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> None:
        body = msgspec.json.encode(fields)
        # A first line that is no request is taken for one of HTTP 0.9, whose answers have no head.
        self.request_version = self.protocol_version
        self.send_response(status)
        length = {"Content-Type": "application/json", "Content-Length": str(len(body))}
        # One request a connection: an idle one would only wait for its end.
        for name, value in {**length, "Connection": "close", **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.server.connections.answer(self.connection)
        self.wfile.flush()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002
        """What the standard library refuses, in our form."""
        # A request that could not be parsed has no command.
        self.command = self.command or ""
        self._refuse(HTTPStatus(code), message or HTTPStatus(code).phrase)

    def log_error(self, format: str, *args: Any) -> None:  # noqa: A002, ARG002
        """Called when the client was silent for too long."""
        self.server.count("unfinished")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Nothing is written per request; the answers are counted."""
