"""Finds what is whole in a damaged recording.

MCAP records are an opcode, a length and a body (mcap.dev/spec); chunks carry a CRC. A record that cannot be right is
skipped up to the next place that looks like a chunk and whose CRC matches.
"""

import json
import re
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from mmap import mmap

from sensors.recordings.declaration import NAME, Declaration, from_metadata
from sensors.recordings.layout import DECLARATION_CHANNEL

MAGIC = b"\x89MCAP0\r\n"
_FOOTER, _MESSAGE, _CHUNK, _METADATA, _LAST_OPCODE = 0x02, 0x05, 0x06, 0x0C, 0x0F
_FRAME = struct.Struct("<BQ")
_CHUNK_HEAD = struct.Struct("<QQQIIQ")
_HEAD_SIZE = _FRAME.size + _CHUNK_HEAD.size
_MESSAGE_HEAD = struct.Struct("<HIQQ")
# An uncompressed chunk shorter than 4 GiB: its uncompressed size stands there again as the length of its data.
_CHUNK_LIKE = re.compile(rb"\x06[\s\S]{4}\0{4}[\s\S]{16}([\s\S]{8})[\s\S]{4}\0{4}\1")

Buffer = bytes | mmap


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundMessage:
    """A message in a chunk whose CRC matched."""

    channel: int
    """As in `layout.py`."""
    log_ns: int
    """Arrival, or the time of the trigger or event."""
    publish_ns: int
    """Device time, or as `log_ns`."""
    data: bytes
    """The payload."""


class Scan:
    """One pass over a recording; the counts are final when `messages` has ended."""

    def __init__(self, buffer: Buffer) -> None:
        """Nothing is read yet.

        Args:
            buffer: The whole file; one byte or more.
        """
        self._buffer = buffer
        self.declaration: Declaration | None = None
        self.damaged_bytes = 0
        self.damaged_inside = False
        """Whether something whole stands behind a damaged place: not a mere cut."""
        self.complete = False
        """Whether the footer and the closing magic are there and nothing is damaged."""

    def messages(self) -> Iterator[FoundMessage]:
        """Every message that is whole, in the order of the file; the declaration is kept, not given."""
        size, footer = len(self._buffer), False
        place = len(MAGIC) if self._buffer[: len(MAGIC)] == MAGIC else self._skip(0)
        while place < size and not (footer and self._buffer[place:] == MAGIC):
            opcode, end = self._frame(place)
            footer = opcode == _FOOTER
            if opcode == _CHUNK and self._chunk_end(place):
                yield from self._chunk(place)
            elif not end or opcode == _CHUNK or not self._plain(opcode, place, end):
                end = self._skip(place)
            place = end
        self.complete = footer and place < size and not self.damaged_bytes

    def _frame(self, place: int) -> tuple[int, int]:
        """Opcode and end of the record at a place; 0 as end where none fits into the file."""
        if place + _FRAME.size > len(self._buffer):
            return 0, 0
        opcode, length = _FRAME.unpack_from(self._buffer, place)
        end = place + _FRAME.size + length
        return opcode, end if 1 <= opcode <= _LAST_OPCODE and end <= len(self._buffer) else 0

    def _chunk_end(self, place: int) -> int:
        """Where the whole chunk at a place ends; 0 if it is not whole."""
        opcode, end = self._frame(place)
        first = place + _HEAD_SIZE
        if opcode != _CHUNK or not end or first > end:
            return 0
        *_, crc, _, length = _CHUNK_HEAD.unpack_from(self._buffer, place + _FRAME.size)
        whole = first + length == end and zlib.crc32(self._buffer[first:end]) == crc
        return end if whole else 0

    def _chunk(self, place: int) -> Iterator[FoundMessage]:
        """The messages of a whole chunk."""
        if self.damaged_bytes:
            self.damaged_inside = True
        end = self._chunk_end(place)
        place += _HEAD_SIZE
        while place < end:
            opcode, following = self._frame(place)
            # A checksum that matches does not make sense of what another program, or a fault before it, put there.
            if not following or following > end:
                self.damaged_bytes += end - place
                return
            if opcode == _MESSAGE:
                yield from self._message(place + _FRAME.size, following)
            place = following

    def _message(self, start: int, end: int) -> Iterator[FoundMessage]:
        """The message in a record; none if it is the declaration or too short."""
        if end - start < _MESSAGE_HEAD.size:
            self.damaged_bytes += end - start
            return
        channel, _, log_ns, publish_ns = _MESSAGE_HEAD.unpack_from(self._buffer, start)
        data = self._buffer[start + _MESSAGE_HEAD.size : end]
        if channel == DECLARATION_CHANNEL:
            self._declare(lambda: json.loads(data))
        else:
            yield FoundMessage(channel=channel, log_ns=log_ns, publish_ns=publish_ns, data=data)

    def _plain(self, opcode: int, place: int, end: int) -> bool:
        """Whether a record without a CRC can be right: a damaged length would swallow whole chunks."""
        if opcode == _METADATA and not self._metadata(place + _FRAME.size, end):
            return False
        return self._next_chunk(place + 1, end) == end

    def _metadata(self, place: int, end: int) -> bool:
        """Take the declaration from a metadata record; whether the record is whole."""
        try:
            name, place = self._text(place)
            fields: list[str] = []
            place += 4
            while place < end:
                text, place = self._text(place)
                fields.append(text)
            metadata = dict(zip(fields[::2], fields[1::2], strict=True))
        except (struct.error, ValueError):
            return False
        return place == end and (name != NAME or self._declare(lambda: metadata))

    def _text(self, place: int) -> tuple[str, int]:
        (length,) = struct.unpack_from("<I", self._buffer, place)
        return self._buffer[place + 4 : place + 4 + length].decode(), place + 4 + length

    def _declare(self, metadata: Callable[[], dict[str, str]]) -> bool:
        """Keep the first declaration that is whole; whether this one is."""
        try:
            found = from_metadata(metadata())
        except (ValueError, KeyError, TypeError, RecursionError):
            return False
        self.declaration = self.declaration or found
        return True

    def _skip(self, place: int) -> int:
        """Count what is damaged from a place on; where the next whole chunk begins."""
        following = self._next_chunk(place + 1, len(self._buffer))
        self.damaged_bytes += following - place
        return following

    def _next_chunk(self, place: int, end: int) -> int:
        """Where the next whole chunk begins before an end; that end if none does."""
        # The head of a chunk may reach over the end.
        while (match := _CHUNK_LIKE.search(self._buffer, place, end + _HEAD_SIZE)) and match.start() < end:
            if self._chunk_end(match.start()):
                return match.start()
            place = match.start() + 1
        return end
