"""A pseudo-terminal as a serial port."""

import os
import termios
import tty
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sensors.simulated.faults.uart import as_read
from sensors.simulated.wires.terminal import Terminal

LINE = b"40.000,41.000\r\n"


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    terminal = Terminal(tmp_path / "gas", baud=115200)
    yield terminal
    terminal.unplug()


@pytest.fixture
def listen() -> Iterator[Callable[[Path, int], int]]:
    """Opens a port at a speed; closed in the end."""
    opened: list[int] = []

    def listen(path: Path, speed: int = termios.B115200) -> int:
        fd = os.open(path, os.O_RDWR | os.O_NOCTTY)
        tty.setraw(fd)
        settings = termios.tcgetattr(fd)
        settings[4] = settings[5] = speed
        termios.tcsetattr(fd, termios.TCSANOW, settings)
        opened.append(fd)
        return fd

    yield listen
    for fd in opened:
        os.close(fd)


def test_what_is_sent_is_read_at_the_other_end(terminal: Terminal, listen: Callable[..., int]) -> None:
    terminal.plug()
    port = listen(terminal.path)
    terminal.send(LINE)
    assert os.read(port, 100) == LINE


def test_nobody_listens_before_the_port_is_opened_and_after_it_is_closed(terminal: Terminal) -> None:
    terminal.plug()
    assert (terminal.listeners, terminal.heard) == (0, False)
    port = os.open(terminal.path, os.O_RDWR | os.O_NOCTTY)
    assert (terminal.listeners, terminal.heard) == (1, True)
    os.close(port)
    assert (terminal.listeners, terminal.heard) == (1, False)


def test_a_listener_at_another_speed_reads_other_bytes(terminal: Terminal, listen: Callable[..., int]) -> None:
    terminal.plug()
    port = listen(terminal.path, termios.B57600)
    terminal.send(LINE)
    assert os.read(port, 100) == as_read(LINE, 115200, 57600) != LINE


def test_pulling_the_plug_ends_what_is_read_and_takes_the_name_away(
    terminal: Terminal, listen: Callable[..., int]
) -> None:
    terminal.plug()
    port = listen(terminal.path)
    terminal.unplug()
    terminal.unplug()
    assert not terminal.path.is_symlink()
    assert os.read(port, 100) == b""
    terminal.send(LINE)
    assert not terminal.heard


def test_the_name_stays_when_it_is_plugged_in_again(terminal: Terminal, listen: Callable[..., int]) -> None:
    terminal.plug()
    first = listen(terminal.path)
    terminal.plug()
    port = listen(terminal.path)
    terminal.send(LINE)
    assert os.read(port, 100) == LINE
    assert os.read(first, 100) == b""


def test_what_is_not_fetched_in_time_is_lost_and_counted(terminal: Terminal, listen: Callable[..., int]) -> None:
    terminal.plug()
    listen(terminal.path)
    for _ in range(10_000):
        terminal.send(LINE)
    assert 0 < terminal.counters["lost_bytes"] < 10_000 * len(LINE)


def test_what_the_listener_says_does_not_fill_the_line(terminal: Terminal, listen: Callable[..., int]) -> None:
    terminal.plug()
    port = listen(terminal.path)
    os.set_blocking(port, False)
    for _ in range(1000):
        assert os.write(port, b"\xa5\x35\x02\xdc" * 16) == 64
        terminal.send(b"x")
        os.read(port, 10)


def test_a_link_that_a_crash_has_left_is_replaced(tmp_path: Path, listen: Callable[..., int]) -> None:
    (tmp_path / "gas").symlink_to("/dev/pts/no-such")
    terminal = Terminal(tmp_path / "gas")
    terminal.plug()
    listen(terminal.path)
    assert terminal.listeners == 1
    terminal.unplug()
