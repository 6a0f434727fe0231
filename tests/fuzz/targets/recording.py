"""A file that is opened as a closed recording."""

from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from sensors.errors import SensorReadError
from sensors.readings import Reading
from sensors.recordings.recording import Recording
from tests.fuzz.recordings import MEMORY, believed, recordings

CORPUS = tuple(bytes([kind]) + data for data in recordings() for kind in range(2))
TOKENS = (b"\x89MCAP0\r\n", b"\x06" + bytes(8), b"\x0c", b"\x08", b"\x02", b"lz4", b"zstd", b"\x03\0\0\0lz4", b"\0" * 8)


def fuzz(data: bytes) -> None:
    """It is read, or refused with the one error; the first byte says whether checksums are set right."""
    content = believed(data[1:]) if data and data[0] % 2 else data[1:]
    with TemporaryDirectory(dir=MEMORY) as folder, suppress(SensorReadError):
        path = Path(folder) / "1.mcap"
        path.write_bytes(content)
        for item in Recording(path).everything():
            # An index may name a message many times; none is longer than the file.
            assert not isinstance(item, Reading) or item.data.nbytes <= len(content)
