import os
import socket
import termios
import tty
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sensors.errors import SensorNotFoundError, SensorReadError
from sensors.protocols.mlx90640 import SPEAK
from sensors.readings import Reading
from sensors.serial_array import HEADER_WAIT_S, SerialArray
from tests.sensors.protocols.test_mlx90640 import frame
from tests.sensors.supervision.scripted import Clock, S


class Terminal:
    """A pseudo-terminal under a lasting name; pulling the plug leaves the name and takes the device."""

    def __init__(self, link: Path) -> None:
        self.link, self.master = link, -1

    def plug(self) -> None:
        self.master, slave = os.openpty()
        tty.setraw(slave)
        self.link.unlink(missing_ok=True)
        self.link.symlink_to(os.ttyname(slave))
        os.close(slave)

    def unplug(self) -> None:
        if self.master >= 0:
            os.close(self.master)
            self.master = -1

    def say(self, said: bytes) -> None:
        assert os.write(self.master, said) == len(said)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    terminal = Terminal(tmp_path / "by-id")
    terminal.plug()
    yield terminal
    terminal.unplug()


@pytest.fixture
def array(terminal: Terminal) -> Iterator[SerialArray]:
    driver = SerialArray(name="enose", port=str(terminal.link), protocol="csv", channels=["a", "b"], clock=Clock())
    driver.open()
    yield driver
    driver.close()


def values(driver: SerialArray, count: int) -> list[tuple[int, list[float]]]:
    readings = [driver.read() for _ in range(count)]
    return [(reading.seq, reading.data[0].tolist()) for reading in readings if reading is not None]


def test_lines_that_came_together_are_readings_of_one_arrival(terminal: Terminal, array: SerialArray) -> None:
    terminal.say(b"\n1,2\n3,4\n5,")
    readings = [array.read(), array.read()]
    assert [(one.seq, one.arrival_ns, one.data.tolist()) for one in readings if one] == [
        (0, 1000 * S, [[1.0, 2.0]]),
        (1, 1000 * S, [[3.0, 4.0]]),
    ]
    assert array.read() is None
    terminal.say(b"6\n")
    assert values(array, 1) == [(2, [5.0, 6.0])]


def test_what_was_sent_before_opening_is_not_read(terminal: Terminal, array: SerialArray) -> None:
    array.close()
    terminal.say(b"\n9,9\n")
    array.open()
    terminal.say(b"\n1,2\n")
    assert values(array, 1) == [(0, [1.0, 2.0])]


def test_a_device_that_is_plugged_in_again_is_another_session(terminal: Terminal, array: SerialArray) -> None:
    terminal.unplug()
    with pytest.raises(SensorReadError):
        array.read()
    array.close()
    with pytest.raises(SensorNotFoundError, match=f"cannot open serial port '{terminal.link}'.*; found: "):
        array.open()
    terminal.plug()
    array.open()
    terminal.say(b"\n1,2\n")
    reading = array.read()
    assert isinstance(reading, Reading)
    assert (reading.session, reading.seq) == (1, 0)


def test_a_port_in_use_is_refused(terminal: Terminal, array: SerialArray) -> None:
    del array
    second = SerialArray(name="other", port=str(terminal.link), protocol="csv", channels=["a"])
    with pytest.raises(SensorNotFoundError, match=r"'other': cannot open serial port .*lock"):
        second.open()


def test_a_closed_driver_says_so(array: SerialArray) -> None:
    array.close()
    with pytest.raises(SensorReadError, match="is closed; call open"):
        array.read()


def test_a_module_that_has_to_be_asked_is_asked(terminal: Terminal) -> None:
    driver = SerialArray(name="thermal", port=str(terminal.link), protocol="mlx90640")
    driver.open()
    assert os.read(terminal.master, 100) == SPEAK
    terminal.say(frame(2345)[:1000])
    assert driver.read() is None
    terminal.say(frame(2345)[1000:])
    reading = driver.read()
    driver.close()
    assert reading is not None
    assert (reading.data.shape, driver.stream.kind, driver.stream.shape) == ((1, 24, 32), "image", (24, 32))


def test_a_device_that_was_reset_fails_once_so_that_a_new_session_begins(terminal: Terminal) -> None:
    options = {"port": str(terminal.link), "protocol": "jsonl", "channels": ["a"], "time_key": "ms"}
    driver = SerialArray(name="enose", **options)
    driver.open()
    terminal.say(b'{"a": 1, "ms": 900000}\n{"a": 2, "ms": 5}\n')
    first = driver.read()
    assert first is not None
    assert first.device_ns == 900 * S
    with pytest.raises(SensorReadError, match="was reset, its clock went back"):
        driver.read()
    driver.close()


def test_a_header_that_does_not_come_is_waited_for_by_the_clock_and_no_longer(terminal: Terminal) -> None:
    clock = Clock()

    def ticking() -> int:
        clock.pass_s(HEADER_WAIT_S)
        return clock()

    driver = SerialArray(name="enose", port=str(terminal.link), protocol="csv", clock=ticking)
    with pytest.raises(SensorNotFoundError, match="no header line within 3 s; declare the channels"):
        driver.open()


def test_the_last_bytes_before_a_server_hangs_up_count_and_then_the_reading_fails() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = f"socket://127.0.0.1:{server.getsockname()[1]}"
        driver = SerialArray(name="enose", port=port, protocol="jsonl", channels=["a"])
        driver.open()
        with server.accept()[0] as call:
            call.sendall(b'{"a": 1}\n{"a": 2')
    assert values(driver, 1) == [(0, [1.0])]
    with pytest.raises(SensorReadError, match=f"reading '{port}' failed: .*hung up"):
        driver.read()
    driver.close()


def test_a_port_of_pyserials_own_is_read_without_a_descriptor() -> None:
    driver = SerialArray(name="enose", port="loop://", protocol="csv", channels=["a", "b"])
    driver.open()
    driver._port.write(b"\n1,2\n3,4\n")
    found = [driver.read(), driver.read(), driver.read()]
    driver.close()
    assert [None if one is None else one.data.tolist() for one in found] == [[[1.0, 2.0]], [[3.0, 4.0]], None]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"protocol": "morse"}, "unknown protocol 'morse'"),
        ({"protocol": "csv", "parity": "odd"}, "has no option 'parity'"),
        ({"protocol": "jsonl"}, "needs the option 'channels'"),
    ],
)
def test_wrong_options_are_refused_before_any_device_is_touched(options: dict[str, str], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        SerialArray(name="enose", port="/dev/none", **options)


def test_a_port_that_is_not_there_names_those_that_are(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("sensors.serial_array.found_ports", lambda: ("/dev/ttyACM0 (Arduino Uno)",))
    driver = SerialArray(name="enose", port=str(tmp_path / "none"), protocol="csv", channels=["a"])
    with pytest.raises(SensorNotFoundError, match=r"none'.*; found: /dev/ttyACM0 \(Arduino Uno\)"):
        driver.open()


class FakePort:
    """What pyserial makes of a port, as far as its lines go: notes every level that is set and when it is opened."""

    def __init__(self, refuses: str = "") -> None:
        object.__setattr__(self, "log", [])
        object.__setattr__(self, "refuses", refuses)

    def __setattr__(self, name: str, value: object) -> None:
        if name in ("dtr", "rts", "exclusive"):
            self.log.append((name, value))
        object.__setattr__(self, name, value)

    def open(self) -> None:
        self.log.append("open")
        if self.refuses:
            raise OSError(self.refuses)

    def fileno(self) -> int:
        # As of a port of pyserial's own; nothing is asked of the kernel then.
        raise OSError("no descriptor")

    def write(self, said: bytes) -> None:
        assert said == b""

    def close(self) -> None:
        self.log.append("close")


def opened(monkeypatch: pytest.MonkeyPatch, port: str, **options: Any) -> list[Any]:
    """What a driver does to the lines of a port."""
    fake, kept = FakePort(), []
    library = SimpleNamespace(serial_for_url=lambda *_, **__: fake)
    monkeypatch.setattr("sensors.serial_array._library", lambda _: library)
    monkeypatch.setattr("sensors.serial_array._descriptor", lambda _: None)
    monkeypatch.setattr("sensors.serial_array._keep_lines_after_closing", kept.append)
    SerialArray(name="enose", port=port, protocol="csv", channels=["a"], **options).open()
    return [*fake.log, *("kept after closing" for _ in kept)]


@pytest.mark.parametrize(
    ("port", "options", "log"),
    [
        (
            *("/dev/ttyUSB0", {}),
            [("exclusive", True), ("rts", True), ("dtr", True), "open", "kept after closing"],
        ),
        (
            "/dev/ttyUSB0",
            {"dtr": True},
            [("exclusive", True), ("rts", True), ("dtr", True), "open", "kept after closing"],
        ),
        ("/dev/ttyUSB0", {"dtr": False}, [("exclusive", True), ("rts", False), ("dtr", False), "open"]),
        ("socket://box:4001", {}, [("rts", True), ("dtr", True), "open"]),
        ("rfc2217://box:4001", {"dtr": False}, [("rts", False), ("dtr", False), "open"]),
    ],
)
def test_dtr_and_rts_have_the_level_that_was_asked_for_before_the_port_is_opened(
    monkeypatch: pytest.MonkeyPatch, port: str, options: dict[str, bool], log: list[Any]
) -> None:
    found = opened(monkeypatch, port, **options)
    before, after = found[: found.index("open")], found[found.index("open") :]
    assert sorted(before) == sorted(log[: log.index("open")])
    assert after == log[log.index("open") :]


@pytest.mark.parametrize(("dtr", "hangs_up"), [(True, False), (False, True)])
def test_the_kernel_leaves_raised_lines_alone_when_the_port_is_closed(
    terminal: Terminal, dtr: bool, hangs_up: bool
) -> None:
    before = termios.tcgetattr(terminal.master)
    before[2] |= termios.HUPCL
    termios.tcsetattr(terminal.master, termios.TCSANOW, before)
    driver = SerialArray(name="enose", port=str(terminal.link), protocol="csv", channels=["a"], dtr=dtr)
    driver.open()
    driver.close()
    assert bool(termios.tcgetattr(terminal.master)[2] & termios.HUPCL) is hangs_up


def test_the_levels_reach_pyserials_own_port() -> None:
    for dtr in (True, False):
        driver = SerialArray(name="enose", port="loop://", protocol="csv", channels=["a"], dtr=dtr)
        driver.open()
        assert (driver._port.dtr, driver._port.rts) == (dtr, dtr)
        # Two ends of one cable: what is raised here is seen there.
        assert driver._port.cts is dtr
        driver.close()
