"""A file that is opened as a closed recording."""

import tracemalloc
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from sensors.errors import SensorReadError
from sensors.readings import Reading
from sensors.recordings.recording import Recording
from tests.fuzz.recordings import MEMORY, believed, recordings

CORPUS = tuple(bytes([kind]) + data for data in recordings() for kind in range(2))
TOKENS = (b"\x89MCAP0\r\n", b"\x06" + bytes(8), b"\x0c", b"\x08", b"\x02", b"lz4", b"zstd", b"\x03\0\0\0lz4", b"\0" * 8)

MOST_BYTES = 16 * 1024**2
"""Of memory for a file of a few kilobytes: a length that is damaged must not be believed."""


def fuzz(data: bytes) -> None:
    """It is read, or refused with the one error; the first byte says whether checksums are set right."""
    content = believed(data[1:]) if data and data[0] % 2 else data[1:]
    with TemporaryDirectory(dir=MEMORY) as folder:
        path = Path(folder) / "1.mcap"
        path.write_bytes(content)
        tracemalloc.start()
        try:
            _read(path, len(content))
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert peak <= MOST_BYTES, f"{peak} bytes were held for a file of {len(content)}"


def _read(path: Path, size: int) -> None:
    with suppress(SensorReadError):
        for item in Recording(path).everything():
            # An index may name a message many times; none is longer than the file.
            assert not isinstance(item, Reading) or item.data.nbytes <= size
