"""A named pipe as a video."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sensors.simulated.wires.pipe import Pipe

FRAME = b"FRAME\n" + bytes(24 * 32 * 2)


@pytest.fixture
def pipe(tmp_path: Path) -> Iterator[Pipe]:
    pipe = Pipe(tmp_path / "video")
    pipe.plug()
    yield pipe
    pipe.unplug()


@pytest.fixture
def read_end() -> Iterator[Callable[[Pipe], int]]:
    """Opens a pipe for reading without waiting; closed in the end."""
    opened: list[int] = []

    def read_end(pipe: Pipe) -> int:
        opened.append(os.open(pipe.path, os.O_RDONLY | os.O_NONBLOCK))
        return opened[-1]

    yield read_end
    for fd in opened:
        os.close(fd)


def test_nobody_is_waited_for(pipe: Pipe) -> None:
    assert (pipe.listeners, pipe.heard) == (0, False)
    pipe.send(FRAME)
    assert pipe.counters == {"dropped": 0}


def test_a_reader_gets_what_is_sent_after_it_came(pipe: Pipe, read_end: Callable[[Pipe], int]) -> None:
    pipe.send(b"before")
    fd = read_end(pipe)
    assert (pipe.listeners, pipe.heard) == (1, True)
    pipe.send(FRAME)
    assert os.read(fd, 10_000) == FRAME


def test_each_reader_has_a_pipe_of_its_own_and_the_last_one_gets_all(
    pipe: Pipe, read_end: Callable[[Pipe], int]
) -> None:
    first = read_end(pipe)
    assert pipe.listeners == 1
    second = read_end(pipe)
    assert pipe.listeners == 2
    pipe.send(FRAME)
    assert os.read(first, 10_000) == b""
    assert os.read(second, 10_000) == FRAME


def test_a_reader_that_went_is_noticed(tmp_path: Path) -> None:
    pipe = Pipe(tmp_path / "video")
    pipe.plug()
    fd = os.open(pipe.path, os.O_RDONLY | os.O_NONBLOCK)
    assert pipe.listeners == 1
    os.close(fd)
    assert (pipe.listeners, pipe.heard) == (1, False)
    pipe.unplug()


def test_a_reader_that_goes_in_between_costs_what_was_sent(tmp_path: Path) -> None:
    pipe = Pipe(tmp_path / "video")
    pipe.plug()
    fd = os.open(pipe.path, os.O_RDONLY | os.O_NONBLOCK)
    assert pipe.listeners == 1
    os.close(fd)
    pipe.send(FRAME)
    assert pipe.counters == {"dropped": 1}
    assert not pipe.heard
    pipe.unplug()


@pytest.mark.parametrize("size", [1542, 4096, 50_001])
def test_frames_that_find_no_room_are_dropped_whole(pipe: Pipe, read_end: Callable[[Pipe], int], size: int) -> None:
    fd = read_end(pipe)
    assert pipe.listeners == 1
    sent = 120_000 // size + 4
    for number in range(sent):
        pipe.send(bytes([number]) * size)
    dropped = pipe.counters["dropped"]
    assert dropped > 0
    read = b""
    # What is left of a frame that was cut goes out before the next one.
    for _ in range(3):
        try:
            while chunk := os.read(fd, 1 << 20):
                read += chunk
        except BlockingIOError:
            pipe.send(b"\xff" * size)
    frames = [read[start : start + size] for start in range(0, len(read), size)]
    # A frame that was mixed from two would have two kinds of bytes; the last one may still be on its way.
    assert all(len(set(frame)) == 1 for frame in frames)
    assert len(frames) > 2


def test_pulling_the_plug_ends_the_video_and_takes_the_name_away(pipe: Pipe, read_end: Callable[[Pipe], int]) -> None:
    fd = read_end(pipe)
    assert pipe.listeners == 1
    pipe.unplug()
    pipe.unplug()
    assert os.read(fd, 100) == b""
    assert not pipe.path.exists()
    assert (pipe.listeners, pipe.heard) == (1, False)


def test_one_that_waits_for_the_pipe_to_open_is_let_go_when_it_is_pulled(tmp_path: Path) -> None:
    pipe, got = Pipe(tmp_path / "video"), list[bytes]()
    pipe.plug()
    reader = threading.Thread(target=lambda: got.append(pipe.path.read_bytes()), daemon=True)
    reader.start()
    limit = time.monotonic() + 10.0
    # Field 3 of this file is S while a thread waits in the kernel, and this one has nothing else to wait for.
    while Path(f"/proc/self/task/{reader.native_id}/stat").read_text().rpartition(")")[2].split()[0] != "S":
        assert time.monotonic() < limit
    pipe.unplug()
    reader.join(timeout=10)
    assert not reader.is_alive()
    assert got == [b""]
