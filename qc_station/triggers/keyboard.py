"""Triggers by a key, for trying a line out by hand."""

import io
import os
import select
import sys
import termios
import threading
import time
import tty
from collections.abc import Callable
from contextlib import suppress
from typing import IO, Any

from qc_station.triggers.contract import Deliver
from qc_station.triggers.delivery import Delivery
from qc_station.triggers.keys import Keys
from qc_station.triggers.part_names import PartNames
from sensors.errors import SensorNotFoundError

READ_BYTES = 1024


class KeyboardSource:
    """Reads keys from a terminal, which does not show them meanwhile; Ctrl-C goes on ending the program.

    Space or enter is a part; text and enter is a part of that name. A part is stamped when its last key was read.
    """

    def __init__(
        self,
        *,
        terminal: str | None = None,
        file: Callable[[], IO[Any]] = lambda: sys.stdin,
        clock: Callable[[], int] = time.monotonic_ns,
        names: Callable[[], PartNames] = PartNames,
    ) -> None:
        """No terminal is touched before `start`.

        Args:
            terminal: Path of a terminal, e.g. /dev/tty; None: the file.
            file: Gives a file of a terminal, which is not closed here.
            clock: CLOCK_MONOTONIC in ns.
            names: Makes the names of parts.
        """
        self._path, self._file, self._clock, self._names = terminal, file, clock, names()
        self._keys, self._delivery = Keys(), Delivery()
        self._thread: threading.Thread | None = None
        self._wake = -1
        self._repeated = 0
        self.why = ""

    @property
    def counters(self) -> dict[str, int]:
        """Triggers, and parts whose name had come before."""
        return {"triggers": self._delivery.count, "repeated": self._repeated}

    @property
    def typed(self) -> str:
        """The text that no enter has followed yet."""
        return self._keys.typed

    def start(self, deliver: Deliver) -> None:
        """Take the keys of the terminal.

        Raises:
            SensorNotFoundError: there is no terminal, as under a service manager or behind a pipe.
        """
        self.stop()
        terminal, own = self._opened()
        if _in_background(terminal):
            raise SensorNotFoundError(
                "trigger 'keyboard': the program runs in the background of its terminal; allowed: in the foreground"
            )
        before = termios.tcgetattr(terminal)
        # Ctrl-C stays a signal: cbreak, not raw.
        tty.setcbreak(terminal, termios.TCSANOW)
        stopped, self._wake = os.pipe()
        self._keys, self.why = Keys(), ""
        self._delivery.begin(deliver)
        self._thread = threading.Thread(
            target=self._run, args=(terminal, own, before, stopped), name="trigger keyboard", daemon=True
        )
        self._thread.start()

    def look(self, now_ns: int) -> None:
        """Nothing is due: keys come by themselves."""

    def stop(self) -> None:
        """Give the terminal back as it was."""
        self._delivery.end()
        thread, self._thread = self._thread, None
        if thread is not None:
            os.close(self._wake)
            thread.join()

    def _opened(self) -> tuple[int, bool]:
        """Descriptor of the terminal, and whether it is ours to close."""
        if self._path is None:
            return _descriptor(self._file()), False
        try:
            terminal = os.open(self._path, os.O_RDONLY | os.O_NOCTTY)
        except OSError as error:
            raise SensorNotFoundError(f"trigger 'keyboard': cannot open '{self._path}': {error}") from error
        if not os.isatty(terminal):
            os.close(terminal)
            raise SensorNotFoundError(f"trigger 'keyboard': '{self._path}' is no terminal; allowed: e.g. /dev/tty")
        return terminal, True

    def _run(self, terminal: int, own: bool, before: list[Any], stopped: int) -> None:
        try:
            while stopped not in select.select([terminal, stopped], [], [])[0]:
                self._read(terminal)
        except OSError as error:
            self.why = f"the terminal has gone: {error}"
        finally:
            # One that has gone takes nothing back.
            with suppress(termios.error):
                termios.tcsetattr(terminal, termios.TCSANOW, before)
            os.close(stopped)
            if own:
                os.close(terminal)

    def _read(self, terminal: int) -> None:
        data = os.read(terminal, READ_BYTES)
        now_ns = self._clock()
        if not data:
            raise OSError("end of file")
        for name in self._keys.feed(data):
            if name and not self._names.claim(name):
                self._repeated += 1
            else:
                self._delivery.hand(name or self._names.fresh(), now_ns)


def _in_background(terminal: int) -> bool:
    """Whether the system would stop this program as soon as it touched its terminal."""
    # Another terminal than that of our session stops nobody.
    with suppress(OSError):
        return os.tcgetpgrp(terminal) != os.getpgrp()
    return False


def _descriptor(file: IO[Any]) -> int:
    try:
        if file.isatty():
            return file.fileno()
        found = "it is none"
    # ValueError: it is closed; UnsupportedOperation: it is no file of the system; AttributeError: there is no stdin.
    except (ValueError, io.UnsupportedOperation, AttributeError) as error:
        found = str(error)
    raise SensorNotFoundError(
        f"trigger 'keyboard': standard input has to be a terminal: {found}; allowed: start it by hand, or terminal = '/dev/tty'"
    )


SOURCE = KeyboardSource
