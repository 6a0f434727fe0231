"""A reading as the bytes of one message, and back.

Encoding `qc-reading-v1`, little-endian: what MCAP's own message header cannot hold, then the samples as they were in
memory (C order). The arrival time is the message's log time, the stream is the message's channel.

| offset | type      | meaning                                                   |
|--------|-----------|-----------------------------------------------------------|
| 0      | u64       | index of the first sample since the session began         |
| 8      | i64       | device time in ns; meaningful if bit 0 of the flags is set |
| 16     | u32       | session                                                   |
| 20     | u32       | quality flags (`sensors.readings.Quality`)                |
| 24     | 8 bytes   | dtype in numpy's notation (`<i2`), ASCII, zero-filled      |
| 32     | u8        | flags: 1 = the device time is known                       |
| 33     | u8        | number of dimensions N, at least 1                        |
| 34     | 6 bytes   | zero                                                      |
| 40     | N x u64   | shape                                                     |
| 40+8N  | rest      | samples                                                   |
"""

import math
import re
import struct

import numpy as np

from sensors.errors import SensorReadError
from sensors.readings import Quality, Reading
from sensors.recordings.errors import RecordingError

ENCODING = "qc-reading-v1"
LAYOUT = (__doc__ or "").encode()
"""Stands in every file as the schema's text, so that a file explains itself."""
KINDS = "biufc"
"""Kinds of dtype that are plain numbers: nothing with objects or text is ever stored or believed."""
_NAME = re.compile(rb"[<>|][" + KINDS.encode() + rb"]\d{1,2}\0*")
"""What `encode` writes: numpy reads much more into a name than plain numbers, down to expressions."""
_HEADER = struct.Struct("<QqII8sBB6x")


def encode(reading: Reading) -> bytes:
    """The message of a reading; one copy of the samples.

    Raises:
        RecordingError: the samples are not plain numbers.
    """
    data = reading.data
    if data.dtype.kind not in KINDS:
        raise RecordingError(
            f"stream '{reading.stream}': samples are {data.dtype}; numbers and booleans can be recorded"
        )
    header = _HEADER.pack(
        reading.seq,
        reading.device_ns or 0,
        reading.session,
        int(reading.quality),
        data.dtype.str.encode(),
        reading.device_ns is not None,
        data.ndim,
    )
    # Numpy exports no flat view of an array without samples.
    samples = np.ascontiguousarray(data).data.cast("B") if data.size else b""
    return b"".join((header, struct.pack(f"<{data.ndim}Q", *data.shape), samples))


def decode(stream: str, arrival_ns: int, message: bytes) -> Reading:
    """The reading in a message; its samples are a read-only view of the message.

    Raises:
        SensorReadError: the message is not one of a reading.
    """
    try:
        return _decode(stream, arrival_ns, message)
    except (struct.error, TypeError, ValueError) as error:
        raise SensorReadError(f"stream '{stream}': a message of {len(message)} bytes is no reading: {error}") from error


def _decode(stream: str, arrival_ns: int, message: bytes) -> Reading:
    seq, device_ns, session, quality, name, known, dimensions = _HEADER.unpack_from(message)
    if not _NAME.fullmatch(name) or not dimensions:
        raise ValueError(f"dtype {name!r} in {dimensions} dimensions")
    dtype = np.dtype(name.rstrip(b"\0").decode("ascii"))
    shape = struct.unpack_from(f"<{dimensions}Q", message, _HEADER.size)
    first = _HEADER.size + 8 * dimensions
    if len(message) - first != math.prod(shape) * dtype.itemsize:
        raise ValueError(f"shape {shape} of {dtype} does not fill {len(message) - first} bytes")
    return Reading(
        stream=stream,
        session=session,
        seq=seq,
        arrival_ns=arrival_ns,
        device_ns=device_ns if known else None,
        data=np.ndarray(shape, dtype, message, first),
        quality=Quality(quality),
    )
