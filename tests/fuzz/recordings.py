"""Small recordings to begin with, and chunks whose checksum is set right again behind a change."""

import struct
import tempfile
import zlib
from pathlib import Path

import numpy as np

from sensors.readings import Reading
from sensors.recordings.recorder import Recorder
from sensors.streams import Stream

STREAMS = (
    Stream(name="heat", kind="image", shape=(2, 3), nominal_rate_hz=25.0, units=("Cel",)),
    Stream(name="gas", kind="series", shape=(2,), nominal_rate_hz=None, units=("Ohm", "Ohm")),
)
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - nothing that lasts stands there
"""A folder for files that no disk has to be waited for."""
CHUNK_HEAD = struct.Struct("<BQQQQII")
"""Opcode and length of the record; start, end, size, CRC and length of the compression's name; MCAP specification."""
CHUNK_CRC_AT = 33


def reading(number: int) -> Reading:
    """The n-th of a recording; streams take turns."""
    stream = STREAMS[number % 2]
    data = np.full((1, *stream.shape), number, np.uint16)
    return Reading(stream=stream.name, session=0, seq=number // 2, arrival_ns=1000 + number, device_ns=None, data=data)


def plain(one: Reading) -> tuple[int, int, bytes]:
    """What identifies a reading; the stream's name stands in another chunk than the reading does."""
    return one.seq, one.arrival_ns, one.data.tobytes()


def recordings() -> tuple[bytes, bytes]:
    """A recording that was closed, and the same as it stands while it is written; four chunks of two readings."""
    now_ns = 1000
    with tempfile.TemporaryDirectory() as folder:
        recorder = Recorder(Path(folder), STREAMS, fsync_s=2e-9, clock=lambda: now_ns, wall=lambda: 10**18)
        for number in range(8):
            now_ns = reading(number).arrival_ns
            recorder.reading(reading(number))
        recorder.trigger("part 1", now_ns)
        (path,) = Path(folder).glob("*.open")
        unfinished = path.read_bytes()
        recorder.close()
        return path.with_name(path.name.removesuffix(".open")).read_bytes(), unfinished


def believed(data: bytes) -> bytes:
    """The same with the checksum of everything that looks like a chunk set right: damage that no checksum shows."""
    found = bytearray(data)
    place = data.find(b"\x06")
    while place >= 0 and place + CHUNK_HEAD.size + 8 <= len(data):
        _, length, _, _, size, _, name = CHUNK_HEAD.unpack_from(found, place)
        first = place + CHUNK_HEAD.size + name + 8
        if size > 0 and first + size == place + 9 + length <= len(data):
            struct.pack_into("<I", found, place + CHUNK_CRC_AT, zlib.crc32(found[first : first + size]))
        place = data.find(b"\x06", place + 1)
    return bytes(found)
