"""The archive of a bundle's self-test: whatever it is, arrays of the two allowed types and a bounded size, or a ValueError."""

import io
import zipfile

import numpy as np

from deploy.arrays import DTYPES, MOST_BYTES, read_arrays
from tests.tiny_bundle import selftest


def archive(method: int) -> bytes:
    """The tiny bundle's own."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as opened:
        for name, array in selftest()[0].items():
            content = io.BytesIO()
            np.lib.format.write_array(content, array, version=(1, 0))
            opened.writestr(zipfile.ZipInfo(f"in/{name}.npy"), content.getvalue(), method)
    return buffer.getvalue()


CORPUS = (archive(zipfile.ZIP_STORED), archive(zipfile.ZIP_DEFLATED))
TOKENS = (b"PK\x01\x02", b"PK\x05\x06", b"PK\x06\x06", b"\x93NUMPY", b"|O", b"(2,)", b"(-1,)", b"99999999", b"\xff" * 4)


def fuzz(data: bytes) -> None:
    """Read them."""
    try:
        found = read_arrays(data)
    except ValueError:
        return
    assert all(array.dtype in DTYPES for array in found.values())
    assert sum(array.nbytes for array in found.values()) <= MOST_BYTES
