"""PNG, 8 or 16 bits."""

import struct
import zlib
from collections.abc import Iterator
from typing import Any, Final

import cv2
from numpy.typing import NDArray

from qc_station.errors import ManifestError
from qc_station.recordings import picture
from qc_station.recordings.format import Header, Recording

SUFFIXES = (".png",)
KIND = "image"

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"


def describe(content: bytes) -> Header:
    """Shape (1, height, width) and depth from IHDR, once every chunk is known to be whole."""
    _check_whole(content)
    width, height, depth = struct.unpack_from(">IIB", content, 16)
    return Header(shape=(1, height, width), dtype="uint16" if depth == 16 else "uint8")


def decode(content: bytes) -> Recording:
    """One frame, shape (1, height, width), uint8 or uint16."""
    _check_whole(content)
    return Recording(data=picture.stack([picture.decode(content)]))


def encode(frame: NDArray[Any]) -> bytes:
    """A PNG file of one frame of shape (height, width), uint8 or uint16, without loss."""
    return cv2.imencode(".png", frame)[1].tobytes()


def _check_whole(content: bytes) -> None:
    if not content.startswith(SIGNATURE):
        raise ManifestError("not a PNG file: its signature is missing")
    if list(_chunks(content))[-1:] != [b"IEND"]:
        raise ManifestError(f"cut short: a PNG of {len(content)} bytes without its IEND chunk")


def _chunks(content: bytes) -> Iterator[bytes]:
    """Names of the chunks up to IEND; stops at one that is cut, refuses one whose checksum is wrong."""
    at = len(SIGNATURE)
    while at + 12 <= len(content):
        length, name = struct.unpack_from(">I4s", content, at)
        body = content[at + 4 : at + 8 + length]
        stated = content[at + 8 + length : at + 12 + length]
        if len(stated) < 4:
            return
        if zlib.crc32(body) != int.from_bytes(stated, "big"):
            raise ManifestError(f"damaged: the checksum of chunk {name.decode('latin-1')} at byte {at} is wrong")
        yield name
        if name == b"IEND":
            return
        at += 12 + length
