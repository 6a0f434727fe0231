"""TIFF of one or several pages, 8 or 16 bits or float32.

The directories are walked before OpenCV decodes: it takes the pages that it finds and says nothing of those cut off.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from qc_station.errors import ManifestError
from qc_station.recordings import picture
from qc_station.recordings.format import Header, Recording

SUFFIXES = (".tif", ".tiff")
KIND = "image"

WIDTH, HEIGHT, BITS, STRIPS, STRIP_BYTES, TILES, TILE_BYTES, SAMPLE_FORMAT = 256, 257, 258, 273, 279, 324, 325, 339
INTEGERS: Final = {1: "B", 3: "H", 4: "I", 16: "Q"}
"""Field types of whole numbers by their TIFF number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How a classic TIFF or a BigTIFF writes its directories."""

    order: str
    """struct's byte order."""
    first: int
    """Where the offset of the first directory stands."""
    offset: str
    """struct's letter of an offset."""
    count: str
    """struct's letter of a directory's number of entries."""


def describe(content: bytes) -> Header:
    """Shape (frames, height, width) and sample type from the directories, once the file is known to be whole."""
    pages = _pages(content)
    page = pages[0]
    bits, sort = (page.get(BITS) or (1,))[0], (page.get(SAMPLE_FORMAT) or (1,))[0]
    dtype = {1: "uint", 2: "int", 3: "float"}.get(sort, "unknown") + str(max(bits, 8))
    return Header(shape=(len(pages), (page.get(HEIGHT) or (0,))[0], (page.get(WIDTH) or (0,))[0]), dtype=dtype)


def decode(content: bytes) -> Recording:
    """All pages, shape (frames, height, width), uint8, uint16 or float32."""
    pages = _pages(content)
    buffer = np.frombuffer(content, np.uint8)
    _, frames = picture.attempt(lambda: cv2.imdecodemulti(buffer, cv2.IMREAD_UNCHANGED))
    if len(frames) != len(pages):
        raise ManifestError(f"damaged: {len(frames)} of {len(pages)} pages can be decoded")
    return Recording(data=picture.stack(frames))


def encode(frames: NDArray[Any]) -> bytes:
    """A TIFF file, a page per frame, shape (frames, height, width), uint8, uint16 or float32, without loss."""
    return cv2.imencodemulti(".tiff", list(frames))[1].tobytes()


def _pages(content: bytes) -> Sequence[dict[int, tuple[int, ...]]]:
    """Whole-number fields of every page by tag; refuses a file that ends before its pages do."""
    try:
        pages = list(_directories(content, _layout(content)))
        ends = [end for page in pages for end in _ends(page)]
    except struct.error as error:
        raise ManifestError(f"cut short: a TIFF of {len(content)} bytes ends inside a directory") from error
    if not pages or max(ends, default=0) > len(content):
        raise ManifestError(f"cut short: a TIFF of {len(content)} bytes, its pages reach to {max(ends, default=0)}")
    return pages


def _layout(content: bytes) -> Layout:
    order = {b"II": "<", b"MM": ">"}.get(content[:2])
    magic = struct.unpack_from(f"{order}H", content, 2)[0] if order else 0
    if order is None or magic not in {42, 43}:
        raise ManifestError("not a TIFF file: its signature is missing")
    if magic == 43:
        return Layout(order=order, first=8, offset="Q", count="Q")
    return Layout(order=order, first=4, offset="I", count="H")


def _directories(content: bytes, layout: Layout) -> Iterator[dict[int, tuple[int, ...]]]:
    entry = struct.calcsize(f"={'HH'}{layout.offset}{layout.offset}")
    seen: set[int] = set()
    at = struct.unpack_from(layout.order + layout.offset, content, layout.first)[0]
    while at and at not in seen:
        seen.add(at)
        count = struct.unpack_from(layout.order + layout.count, content, at)[0]
        start = at + struct.calcsize(f"={layout.count}")
        yield dict(_field(content, layout, start + index * entry) for index in range(count))
        at = struct.unpack_from(layout.order + layout.offset, content, start + count * entry)[0]


def _field(content: bytes, layout: Layout, at: int) -> tuple[int, tuple[int, ...]]:
    """Tag and values of one entry; no values where they are no whole numbers."""
    tag, sort, count = struct.unpack_from(f"{layout.order}HH{layout.offset}", content, at)
    if sort not in INTEGERS:
        return tag, ()
    values = f"{layout.order}{count}{INTEGERS[sort]}"
    inline = at + 4 + struct.calcsize(f"={layout.offset}")
    if struct.calcsize(values) > struct.calcsize(f"={layout.offset}"):
        inline = struct.unpack_from(layout.order + layout.offset, content, inline)[0]
    return tag, struct.unpack_from(values, content, inline)


def _ends(page: dict[int, tuple[int, ...]]) -> list[int]:
    """Where each strip or tile of a page ends."""
    starts, sizes = (STRIPS, STRIP_BYTES) if STRIPS in page else (TILES, TILE_BYTES)
    return [start + size for start, size in zip(page.get(starts, ()), page.get(sizes, ()), strict=False)]
