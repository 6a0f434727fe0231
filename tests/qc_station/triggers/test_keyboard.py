"""The keyboard trigger at a real pseudo-terminal."""

import io
import os
import queue
import termios
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pytest

from qc_station.align.trigger import Trigger
from qc_station.triggers.keyboard import KeyboardSource
from qc_station.triggers.part_names import PartNames
from sensors.errors import SensorNotFoundError

PATIENCE_S = 30.0
NOW_NS = 9_000_000_000


class Terminal:
    """Both ends of a pseudo-terminal: what a person types goes into ours."""

    def __init__(self) -> None:
        self.ours, self.theirs = os.openpty()
        self.path = os.ttyname(self.theirs)

    def type(self, keys: bytes) -> None:
        os.write(self.ours, keys)

    def attributes(self) -> list[Any]:
        return termios.tcgetattr(self.theirs)

    def hang_up(self) -> None:
        if self.ours >= 0:
            os.close(self.ours)
            self.ours = -1


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    one = Terminal()
    yield one
    one.hang_up()
    os.close(one.theirs)


def threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "trigger keyboard"]


def keyboard(**options: Any) -> KeyboardSource:
    names = PartNames(wall=lambda: 0, token=lambda: "abcd")
    return KeyboardSource(clock=lambda: NOW_NS, names=lambda: names, **options)


def test_a_key_is_a_part_and_text_is_its_name(terminal: Terminal) -> None:
    got: queue.Queue[Trigger] = queue.Queue()
    source = keyboard(terminal=terminal.path)
    source.start(got.put)
    terminal.type(b" ")
    assert got.get(timeout=PATIENCE_S) == Trigger(part="19700101-000000-abcd-000001", time_ns=NOW_NS)
    terminal.type(b"A17\nA17\nA18\n")
    assert [got.get(timeout=PATIENCE_S).part for _ in range(2)] == ["A17", "A18"]
    source.stop()
    assert source.counters == {"triggers": 3, "repeated": 1}


def test_the_terminal_is_given_back_as_it_was(terminal: Terminal) -> None:
    before = terminal.attributes()
    source = keyboard(terminal=terminal.path)
    source.start(lambda _: None)
    during = terminal.attributes()
    source.stop()
    source.stop()
    assert terminal.attributes() == before
    assert during[3] & (termios.ECHO | termios.ICANON) == 0
    # Ctrl-C stays a signal.
    assert during[3] & termios.ISIG


def test_a_file_of_a_terminal_serves_too_and_is_left_open(terminal: Terminal) -> None:
    got: queue.Queue[Trigger] = queue.Queue()
    with open(terminal.path, "rb", buffering=0) as file:  # noqa: PTH123 - a terminal cannot be sought in
        source = keyboard(file=lambda: file)
        for name in ("A1", "A2"):
            source.start(got.put)
            terminal.type(name.encode() + b"\n")
            assert got.get(timeout=PATIENCE_S).part == name
            source.stop()
        assert not file.closed


def test_a_terminal_that_hangs_up_ends_the_keys_and_is_said(terminal: Terminal) -> None:
    source = keyboard(terminal=terminal.path)
    source.start(lambda _: None)
    (thread,) = threads()
    terminal.hang_up()
    thread.join(PATIENCE_S)
    assert source.why.startswith("the terminal has gone: ")
    source.stop()


def test_nothing_is_delivered_after_the_stop(terminal: Terminal) -> None:
    got: queue.Queue[Trigger] = queue.Queue()
    source = keyboard(terminal=terminal.path)
    source.start(got.put)
    assert len(threads()) == 1
    source.stop()
    terminal.type(b" ")
    assert threads() == []
    assert got.empty()
    assert source.counters["triggers"] == 0


@pytest.mark.parametrize("file", [io.StringIO(), None])
def test_without_a_terminal_it_is_said_what_to_do(file: IO[Any] | None) -> None:
    with pytest.raises(
        SensorNotFoundError, match=r"standard input has to be a terminal: .*; allowed: start it by hand"
    ):
        keyboard(file=lambda: file).start(lambda _: None)


def test_a_pipe_is_no_terminal() -> None:
    read, write = os.pipe()
    with os.fdopen(read) as file, pytest.raises(SensorNotFoundError, match="has to be a terminal: it is none"):
        keyboard(file=lambda: file).start(lambda _: None)
    os.close(write)


def test_a_path_that_is_no_terminal_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SensorNotFoundError, match=f"'{tmp_path}/file' is no terminal; allowed: e.g. /dev/tty"):
        keyboard(terminal=str(tmp_path / "file")).start(lambda _: None)
    with pytest.raises(SensorNotFoundError, match=f"cannot open '{tmp_path}/none': .*No such file"):
        keyboard(terminal=str(tmp_path / "none")).start(lambda _: None)


def test_a_program_in_the_background_does_not_touch_its_terminal(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = terminal.attributes()
    monkeypatch.setattr(os, "tcgetpgrp", lambda _: os.getpgrp() + 1)
    with pytest.raises(SensorNotFoundError, match="runs in the background of its terminal"):
        keyboard(terminal=terminal.path).start(lambda _: None)
    assert terminal.attributes() == before
