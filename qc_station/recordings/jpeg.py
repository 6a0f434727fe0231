"""JPEG, 8 bits; a cut file is found by its missing end marker, because decoders fill the rest with grey."""

import re
import struct
from typing import Final

from qc_station.errors import ManifestError
from qc_station.recordings import picture
from qc_station.recordings.format import Header, Recording

SUFFIXES = (".jpg", ".jpeg")
KIND = "image"

MARKER: Final = re.compile(rb"\xff([\x02-\xcf\xd8-\xfe])", re.DOTALL)
"""A marker that ends coded data: neither a stuffed zero nor a restart marker."""
END: Final = 0xD9
FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Start of frame, which states the size; C4, C8 and CC are tables."""


def describe(content: bytes) -> Header:
    """Shape (1, height, width) from the start of frame, once the file is known to be whole."""
    return Header(shape=(1, *_size(content)), dtype="uint8")


def decode(content: bytes) -> Recording:
    """One frame, shape (1, height, width), uint8."""
    _size(content)
    return Recording(data=picture.stack([picture.decode(content)]))


def _size(content: bytes) -> tuple[int, int]:
    """Height and width; walks the segments, so that a thumbnail's end marker does not count."""
    if content[:2] != b"\xff\xd8":
        raise ManifestError("not a JPEG file: it does not begin with FF D8")
    size: tuple[int, int] | None = None
    at = 2
    while found := MARKER.search(content, at):
        code, at = found[1][0], found.end()
        if code == END and size is not None:
            return size
        length = int.from_bytes(content[at : at + 2], "big")
        if code in FRAMES and at + 7 <= len(content):
            size = struct.unpack_from(">HH", content, at + 3)
        # After a start of scan the search itself runs over the coded data to the next marker.
        at += max(length, 2)
    raise ManifestError(f"cut short: a JPEG of {len(content)} bytes without an end marker")
