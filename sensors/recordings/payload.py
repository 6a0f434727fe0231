"""A reading as the bytes of one message, and back.

The message is one of ROS 1 (wiki.ros.org/msg: little-endian, packed; a list begins with its length in 32 bits), whose
definition stands in every file as the schema. So Foxglove, and whatever else reads MCAP, shows and plots the readings, by
`readings/NAME.float32s[0]` for instance. Arrival is the log time of MCAP's own header, the stream is the channel.

Samples are as they were in memory (C order), in the list of their dtype; all other lists are empty. They begin at a
multiple of eight bytes where they are eight bytes long, so that they are read without a copy.
"""

import math
import re
import struct

import numpy as np

from sensors.errors import SensorReadError
from sensors.readings import Quality, Reading
from sensors.recordings.errors import RecordingError

ENCODING, SCHEMA_ENCODING, SCHEMA_NAME = "ros1", "ros1msg", "qc_station/Reading"
"""As MCAP's registry names them (mcap.dev/spec/registry), and the type of the message."""
LISTS = ("|u1", "<i2", "<u2", "<f8", "<f4")
"""dtypes with a list of their own, in its order; the others stand as bytes in the list after them."""
SCHEMA = """\
# Index of the first sample since the session began; a jump means lost samples.
uint64 seq
# Device time in ns; meaningful if bit 0 of the flags is set.
int64 device_ns
# Counts the times the device was opened.
uint32 session
# 1 samples missing before, 2 overflow, 4 saturated, 8 repeated, 16 warming.
uint32 quality
# numpy's notation, e.g. <i2, in ASCII, filled with zeros.
uint8[8] dtype
# 1: the device time is known.
uint8 flags
uint8[3] reserved
# Samples first.
uint64[] shape
# The samples, in the one list of their dtype.
uint8[] uint8s
int16[] int16s
uint16[] uint16s
float64[] float64s
float32[] float32s
# Of any other dtype.
uint8[] other_bytes
"""
KINDS = "biufc"
"""Kinds of dtype that are plain numbers: nothing with objects or text is ever stored or believed."""
MOST_DIMENSIONS = 32
_NAME = re.compile(rb"[<>|][" + KINDS.encode() + rb"]\d{1,2}\0*")
"""What `encode` writes: numpy reads much more into a name than plain numbers, down to expressions."""
_HEADER = struct.Struct("<QqII8sB3xI")
_LENGTH = struct.Struct("<I")


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
    before, after = _around(data.dtype, data.size)
    # Numpy exports no flat view of an array without samples.
    samples = np.ascontiguousarray(data).data.cast("B") if data.size else b""
    return b"".join((header, struct.pack(f"<{data.ndim}Q", *data.shape), before, samples, after))


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
    if not _NAME.fullmatch(name) or not 0 < dimensions <= MOST_DIMENSIONS:
        raise ValueError(f"dtype {name!r} in {dimensions} dimensions")
    dtype = np.dtype(name.rstrip(b"\0").decode("ascii"))
    shape = struct.unpack_from(f"<{dimensions}Q", message, _HEADER.size)
    before, after = _around(dtype, size := math.prod(shape))
    place = _HEADER.size + 8 * dimensions
    first, stop = place + len(before), len(message) - len(after)
    if stop - first != size * dtype.itemsize or message[place:first] != before or message[stop:] != after:
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


def _around(dtype: np.dtype[np.generic], size: int) -> tuple[bytes, bytes]:
    """The lengths of the lists up to that of the samples, and those of the lists after it."""
    if dtype.str in LISTS:
        index, length = LISTS.index(dtype.str), size
    else:
        index, length = len(LISTS), size * dtype.itemsize
    return bytes(_LENGTH.size * index) + _LENGTH.pack(length), bytes(_LENGTH.size * (len(LISTS) - index))
