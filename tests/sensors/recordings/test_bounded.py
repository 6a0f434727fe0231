import io
import tracemalloc
from pathlib import Path

import pytest

from sensors.recordings.bounded import SMALL_BYTES, BoundedFile


@pytest.mark.parametrize("asked", [0, 1, 10, 11, SMALL_BYTES, SMALL_BYTES + 1, 2**40])
def test_as_much_is_read_as_there_is(asked: int) -> None:
    file = BoundedFile(io.BytesIO(b"0123456789"))
    assert file.read(asked) == b"0123456789"[:asked]
    assert file.tell() == min(asked, 10)
    assert file.seek(-3, io.SEEK_END) == 7
    assert file.read(asked) == b"789"[:asked]


def test_nothing_is_read_behind_the_end() -> None:
    file = BoundedFile(io.BytesIO(b"0123456789"))
    file.seek(100)
    assert file.read(SMALL_BYTES + 1) == b""


def test_a_length_beyond_the_file_takes_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "some"
    path.write_bytes(b"x" * 100_000)
    with path.open("rb") as opened:
        file = BoundedFile(opened)
        tracemalloc.start()
        found = file.read(2**32)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert len(found) == 100_000
    assert peak < 1_000_000
