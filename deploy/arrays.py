"""Reads the arrays of a self-test without trusting what they declare: no pickle, nothing inflated beyond a limit.

A zip archive of some kilobytes may declare gigabytes, and so may the header of an array in it; both are read first.
"""

import io
import math
import zipfile
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST_BYTES = 64 * 2**20
"""Of all arrays together, inflated."""
DTYPES = (np.dtype(np.float32), np.dtype(np.bool_))
"""What a graph takes and gives."""
PREFIXES = ("in/", "out/")


def read_arrays(raw: bytes) -> dict[str, NDArray[Any]]:
    """The arrays of an npz archive by name.

    Raises:
        ValueError: it is no archive, is damaged, or declares what no self-test holds.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            members = archive.infolist()
            _require_bounded(members)
            return {member.filename.removesuffix(".npy"): _array(archive, member) for member in members}
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise ValueError(f"no whole archive: {error}") from error


def _require_bounded(members: list[zipfile.ZipInfo]) -> None:
    names = [member.filename for member in members]
    for name in names:
        if not (name.endswith(".npy") and name.startswith(PREFIXES)):
            raise ValueError(f"entry {name!r}; allowed: arrays named in/STREAM or out/OUTPUT")
    if unknown := {member.compress_type for member in members} - {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise ValueError(f"compressed by method {min(unknown)}; allowed: 0, stored, and 8, deflated")
    if len(set(names)) < len(names):
        raise ValueError("two entries of one name; every name stands once")
    declared = sum(member.file_size for member in members)
    if declared > MOST_BYTES:
        raise ValueError(f"its arrays are declared to inflate to {declared} bytes; at most {MOST_BYTES} are allowed")


def _array(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> NDArray[Any]:
    """One array, whose header has to promise what the archive promises."""
    with archive.open(member) as file:
        version = np.lib.format.read_magic(file)
        if version != (1, 0):
            raise ValueError(f"array {member.filename!r} of format {version}; allowed: (1, 0)")
        shape, _, dtype = np.lib.format.read_array_header_1_0(file)
        if dtype not in DTYPES:
            raise ValueError(f"array {member.filename!r} of dtype {dtype}; allowed: float32 and bool")
        held, promised = member.file_size - file.tell(), math.prod(shape) * dtype.itemsize
        if held != promised or min(shape, default=1) < 0:
            raise ValueError(f"array {member.filename!r} of shape {shape} needs {promised} bytes and has {held}")
    with archive.open(member) as file:
        array: NDArray[Any] = np.lib.format.read_array(file, allow_pickle=False)
        return array
