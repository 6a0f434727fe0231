"""The serial trigger over real pseudo-terminals and a loopback socket."""

import builtins
import contextlib
import os
import queue
import re
import socket
import tty
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from qc_station.align.trigger import Trigger
from qc_station.triggers.part_names import PartNames
from qc_station.triggers.port import Port
from qc_station.triggers.serial import SerialSource
from sensors.errors import SensorNotFoundError, SensorReadError

PATIENCE_S = 30.0
NOW_NS = 9_000_000_000


class Device:
    """A photo-eye or code reader behind a pseudo-terminal whose path stays when it is plugged in again."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.ours = -1
        self.plug_in()

    def plug_in(self) -> None:
        self.ours, theirs = os.openpty()
        tty.setraw(theirs)
        self.path.unlink(missing_ok=True)
        self.path.symlink_to(os.ttyname(theirs))
        # Ours alone holds it open: when it is closed the reader hears that the device has gone.
        os.close(theirs)

    def say(self, said: bytes) -> None:
        os.write(self.ours, said)

    def unplug(self) -> None:
        if self.ours >= 0:
            os.close(self.ours)
            self.ours = -1


@pytest.fixture
def device(tmp_path: Path) -> Iterator[Device]:
    device = Device(tmp_path / "usb-eye")
    yield device
    device.unplug()


def source(device: Device, **options: Any) -> SerialSource:
    return SerialSource(
        port=str(device.path),
        names=lambda: PartNames(wall=lambda: 0, token=lambda: "abcd"),
        **{"clock": lambda: NOW_NS, "chance": lambda: 0.0, **options},
    )


def until_heard(device: Device, numbers: Iterator[int], got: "queue.Queue[Trigger]") -> Trigger:
    """What is heard of lines that are said again and again: an opened port throws away what came before."""
    for _ in range(600):
        device.say(b"B%d\n" % next(numbers))
        try:
            return got.get(timeout=0.05)
        except queue.Empty:
            continue
    pytest.fail("nothing was heard")


def test_a_line_is_a_part_by_its_name_once(device: Device) -> None:
    got: queue.Queue[Trigger] = queue.Queue()
    one = source(device)
    one.start(got.put)
    device.say(b"PART123\r\n")
    assert got.get(timeout=PATIENCE_S) == Trigger(part="PART123", time_ns=NOW_NS)
    device.say(b"PART123\r\nPART124\r\n")
    assert got.get(timeout=PATIENCE_S).part == "PART124"
    one.stop()
    assert one.counters == {"triggers": 2, "garbage": 0, "repeated": 1, "failures": 0, "reopenings": 0}


def test_a_byte_is_a_part_that_gets_a_name(device: Device) -> None:
    got: queue.Queue[Trigger] = queue.Queue()
    one = source(device, mode="byte", codes=[0x01, 0x54])
    one.start(got.put)
    device.say(b"?\x54\x01")
    assert got.get(timeout=PATIENCE_S) == Trigger(part="19700101-000000-abcd-000001", time_ns=NOW_NS)
    one.stop()
    assert got.empty()
    counters = one.counters
    assert (counters["triggers"], counters["garbage"], counters["bounced"]) == (1, 1, 1)


def test_a_device_that_is_unplugged_is_heard_again_when_it_is_plugged_in(device: Device) -> None:
    got: queue.Queue[Trigger] = queue.Queue()
    one, numbers = source(device), count()
    one.start(got.put)
    device.say(b"A1\nhalf a li")
    assert got.get(timeout=PATIENCE_S).part == "A1"
    device.unplug()
    device.plug_in()
    assert until_heard(device, numbers, got).part.startswith("B")
    assert one.why == ""
    one.stop()
    counters = one.counters
    assert (counters["failures"], counters["reopenings"], counters["garbage"]) == (1, 1, 1)


def test_while_a_device_is_away_it_is_said_why_and_stopping_does_not_wait_for_it(device: Device) -> None:
    failed: queue.Queue[str] = queue.Queue()

    def chance() -> float:
        # Asked for how long to wait, so after every failure.
        failed.put(one.why)
        return 0.0

    one = source(device, chance=chance)
    one.start(lambda _: None)
    device.unplug()
    assert re.match(rf"trigger 'serial': reading '{device.path}' failed: ", failed.get(timeout=PATIENCE_S))
    one.stop()
    assert one.counters["failures"] == 1


def test_nothing_is_delivered_after_the_stop_and_the_port_is_free(device: Device) -> None:
    got: queue.Queue[Trigger] = queue.Queue()
    one = source(device)
    one.start(got.put)
    one.stop()
    one.stop()
    device.say(b"A1\n")
    # An exclusive port opens for another one only when it was closed.
    other = source(device)
    other.start(got.put)
    device.say(b"A2\n")
    assert got.get(timeout=PATIENCE_S).part == "A2"
    other.stop()
    assert got.empty()


def test_a_port_that_another_program_has_is_not_opened(device: Device) -> None:
    one = source(device)
    one.start(lambda _: None)
    with pytest.raises(SensorNotFoundError, match=rf"trigger 'serial': cannot open '{device.path}': .*; found: "):
        source(device).start(lambda _: None)
    one.stop()


def test_a_port_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(SensorNotFoundError, match=rf"cannot open '{tmp_path / 'none'}': .*; found: \S"):
        SerialSource(port=str(tmp_path / "none")).start(lambda _: None)


@pytest.mark.parametrize("url", ["socket://127.0.0.1", "magic://x"])
def test_a_wrong_url_is_named(url: str) -> None:
    with pytest.raises(SensorNotFoundError, match=re.escape(f"cannot open '{url}'")):
        SerialSource(port=url).start(lambda _: None)


def heard(call: socket.socket, name: bytes, got: "queue.Queue[Trigger]") -> bool:
    """Say it until it is heard: pyserial throws away what arrives while it still opens the port."""
    for _ in range(int(PATIENCE_S / 0.2)):
        call.sendall(name + b"\n")
        with contextlib.suppress(queue.Empty):
            while got.get(timeout=0.2).part != name.decode():
                pass  # The part before, which was said once too often.
            return True
    return False


def test_a_serial_server_is_heard_over_its_socket_and_after_it_hung_up() -> None:
    got: queue.Queue[Trigger] = queue.Queue()
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(PATIENCE_S)
        one = SerialSource(port=f"socket://127.0.0.1:{server.getsockname()[1]}", chance=lambda: 0.0)
        one.start(got.put)
        for name in (b"A1", b"A2"):
            with server.accept()[0] as call:
                assert heard(call, name, got)
        one.stop()
    assert one.counters["failures"] >= 1


def test_without_the_library_it_is_said_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    real: Callable[..., Any] = builtins.__import__

    def without(name: str, *rest: Any, **options: Any) -> Any:
        if name == "serial":
            raise ImportError(name)
        return real(name, *rest, **options)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(SensorNotFoundError, match=r"needs pyserial: pip install 'qc-station\[live\]'"):
        SerialSource(port="loop://").start(lambda _: None)


def test_a_port_that_was_not_opened_says_so() -> None:
    with pytest.raises(SensorReadError, match=r"'loop://' is closed; call open\(\) first"):
        Port("loop://", baud=9600, dtr=True).read()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mode": "bit"}, "mode = 'bit'; allowed: byte, line"),
        ({"debounce_ms": -1.0}, "debounce_ms = -1.0; allowed: 0 to"),
        ({"debounce_ms": float("nan")}, "debounce_ms = nan; allowed: 0 to"),
        ({"mode": "byte", "codes": 84}, "codes = 84; allowed: ASCII characters or numbers"),
        ({"mode": "byte", "codes": [256]}, "codes = .*; allowed: ASCII characters or numbers"),
        ({"mode": "byte", "codes": "ä"}, "codes = 'ä'; allowed: ASCII characters or numbers"),
        ({"mode": "byte", "codes": []}, "codes is empty"),
        ({"pattern": "("}, "pattern = .*; allowed: a regular expression"),
    ],
)
def test_an_option_out_of_range_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SerialSource(port="loop://", **options)
