"""An RTSP camera in a few lines: MPEG-4 frames in RTP packets, on the TCP connection of the commands (RFC 2326, RFC 6416)."""

import socket
import struct
import threading
from pathlib import Path

import cv2
import numpy as np

VOP = b"\x00\x00\x01\xb6"
"""Begins each frame of an MPEG-4 film."""
RATE_HZ = 10.0
ANSWERS = {
    "OPTIONS": "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN\r\n",
    "SETUP": "Session: 1\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n",
}


class Film:
    """Frames of one level each, compressed."""

    def __init__(self, path: Path, levels: list[int]) -> None:
        size, gray = (64, 48), [cv2.VIDEOWRITER_PROP_IS_COLOR, 0]
        writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"mp4v"), RATE_HZ, size, gray)
        for level in levels:
            writer.write(np.full((48, 64), level, np.uint8))
        writer.release()
        content = path.read_bytes()
        # What the decoder has to know stands behind the frames, its length in the byte before it.
        first = content.index(b"\x00\x00\x01\xb0")
        self.config = content[first : first + content[first - 1]]
        frames = content[content.index(b"mdat") + 4 : content.index(b"moov") - 4]
        self.frames = [VOP + frame for frame in frames.split(VOP)[1:]]

    @property
    def description(self) -> str:
        """The film as SDP tells it."""
        lines = [
            *("v=0", "o=- 0 0 IN IP4 127.0.0.1", "s=floor", "c=IN IP4 127.0.0.1", "t=0 0", "m=video 0 RTP/AVP 96"),
            *("a=rtpmap:96 MP4V-ES/90000", f"a=fmtp:96 profile-level-id=1; config={self.config.hex()}"),
            *(f"a=framerate:{RATE_HZ:g}", "a=control:track0", ""),
        ]
        return "\r\n".join(lines)

    def packets(self) -> list[bytes]:
        """Each frame in a packet of its own, marked as the end of a picture."""
        step = round(90_000 / RATE_HZ)
        heads = (struct.pack(">BBHII", 0x80, 0x80 | 96, n, n * step, 1) for n in range(len(self.frames)))
        packets = [head + frame for head, frame in zip(heads, self.frames, strict=True)]
        return [struct.pack(">cBH", b"$", 0, len(packet)) + packet for packet in packets]


class RtspServer:
    """Plays the film to everybody who asks, and hangs up; `with` stops it."""

    def __init__(self, film: Film) -> None:
        self._film, self._server = film, socket.create_server(("127.0.0.1", 0))
        self.url = f"rtsp://127.0.0.1:{self._server.getsockname()[1]}/floor"
        self.commands: list[str] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> "RtspServer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._thread.join(30.0)

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            with connection, connection.makefile("rb") as lines:
                while request := list(iter(lambda: lines.readline().strip().decode(), "")):
                    if not self._answer(connection, request):
                        break

    def _answer(self, connection: socket.socket, request: list[str]) -> bool:
        """Answer a request; False after the last."""
        command = request[0].split()[0]
        self.commands.append(command)
        number = next(line for line in request if line.startswith("CSeq"))
        body = self._film.description if command == "DESCRIBE" else ""
        more = f"Content-Type: application/sdp\r\nContent-Length: {len(body)}\r\n" if body else "Session: 1\r\n"
        connection.sendall(f"RTSP/1.0 200 OK\r\n{number}\r\n{ANSWERS.get(command, more)}\r\n{body}".encode())
        if command == "PLAY":
            connection.sendall(b"".join(self._film.packets()))
        return command not in ("PLAY", "TEARDOWN")
