"""Every driver through every check that is shipped for third parties, and every check on a driver that breaks it."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from sensors import conformance
from sensors.camera import Camera
from sensors.errors import SensorReadError
from sensors.faulty_replay import FaultyReplay
from sensors.files import Files
from sensors.microphone import Microphone
from sensors.portaudio import OpenStreams
from sensors.readings import Quality, Reading
from sensors.recordings.recorder import Recorder
from sensors.registry import driver_class, driver_names
from sensors.replay import Replay
from sensors.serial_array import SerialArray
from sensors.simulated.drivers import line_drivers
from sensors.simulated.line import schedule
from sensors.simulated.parts import make_parts
from sensors.streams import Stream
from tests.sensors.protocols.test_mlx90640 import frame
from tests.sensors.sound_card import Card, FakeSound
from tests.sensors.supervision.scripted import Clock, ScriptedDriver
from tests.sensors.talkers import talking_rfc2217, talking_server, talking_terminal

Stage = Callable[[Path, ExitStack], conformance.Build]
"""Puts a device there for the time of one test and returns what builds its driver."""


def simulated(index: int) -> Stage:
    return lambda _folder, _stack: lambda: line_drivers(schedule(make_parts(3, 1), 3), seed=3)[index]


def gas_array(_folder: Path, stack: ExitStack) -> conformance.Build:
    port = stack.enter_context(talking_terminal(b"412.5,388,1021.25\r\n"))
    return lambda: SerialArray(name="enose", port=port, protocol="csv", channels=["mq2", "mq3", "mq135"], rate_hz=10.0)


def thermal_module(_folder: Path, stack: ExitStack) -> conformance.Build:
    port = stack.enter_context(talking_terminal(frame(2150) + frame(2151)))
    return lambda: SerialArray(name="thermal", port=port, protocol="mlx90640", rate_hz=8.0)


def serial_server(_folder: Path, stack: ExitStack) -> conformance.Build:
    lines = b"".join(b'{"mq2": %d, "mq135": 388}\n' % value for value in range(10))
    port = stack.enter_context(talking_server(lines))
    return lambda: SerialArray(name="enose", port=port, protocol="jsonl", channels=["mq2", "mq135"])


def terminal_server(_folder: Path, stack: ExitStack) -> conformance.Build:
    port = stack.enter_context(talking_rfc2217(b"412.5,388\r\n"))
    return lambda: SerialArray(name="enose", port=port, protocol="csv", channels=["mq2", "mq135"])


def sound_card(_folder: Path, _stack: ExitStack) -> conformance.Build:
    """Without PortAudio; `test_microphone_pulse.py` has the checks with it."""
    sound = FakeSound(Card(name="UMIK-1"))
    sound.at_start = [np.full((4, 1), number, np.int16) for number in range(3)]
    options = {"block": 4, "wait_s": 0.0, "library": lambda: sound, "streams": OpenStreams()}
    return lambda: Microphone(name="acoustic", device="UMIK-1", **options)


def table(folder: Path, _stack: ExitStack) -> conformance.Build:
    (folder / "gas.csv").write_text("MQ2,MQ3\n1,2\n3,4\n5,6\n")
    return lambda: Files(name="enose", path=folder / "gas.csv", speed=None)


def recording(folder: Path, _stack: ExitStack) -> conformance.Build:
    stream = Stream(name="enose", kind="series", shape=(1,), nominal_rate_hz=10.0, units=("Ohm",))
    recorder = Recorder(folder, [stream], clock=lambda: 0)
    for number in range(3):
        data = np.full((1, 1), number, np.float32)
        recorder.reading(Reading(stream="enose", session=0, seq=number, arrival_ns=number, device_ns=None, data=data))
    recorder.close()
    return lambda: Replay(name="enose", recording=folder, speed=None)


def rehearsal(folder: Path, stack: ExitStack) -> conformance.Build:
    """Before its fault begins."""
    recording(folder, stack)
    return lambda: FaultyReplay(name="enose", recording=folder, faults=["unplug:1000:1"], speed=None)


def film(folder: Path, _stack: ExitStack) -> conformance.Build:
    path, codec = str(folder / "film.mkv"), cv2.VideoWriter.fourcc(*"FFV1")
    options = [cv2.VIDEOWRITER_PROP_IS_COLOR, 0, cv2.VIDEOWRITER_PROP_DEPTH, cv2.CV_16U]
    writer = cv2.VideoWriter(path, cv2.CAP_FFMPEG, codec, 10.0, (64, 48), options)
    for image in np.random.default_rng(0).integers(29_000, 31_000, (4, 48, 64), np.uint16):
        writer.write(image)
    writer.release()
    return lambda: Camera(name="thermal", source=path, pixels="y16")


DRIVERS: dict[str, Stage] = {
    "simulated microphone": simulated(0),
    "simulated camera": simulated(1),
    "simulated gas array": simulated(2),
    "gas array on a terminal": gas_array,
    "thermal module on a terminal": thermal_module,
    "gas array behind a serial server": serial_server,
    "gas array behind a terminal server": terminal_server,
    "camera over a file": film,
    "microphone": sound_card,
    "table of a file": table,
    "recording": recording,
    "recording with faults": rehearsal,
}


def test_every_driver_of_ours_is_checked(tmp_path: Path) -> None:
    with ExitStack() as stack:
        checked = set()
        for number, stage in enumerate(DRIVERS.values()):
            (tmp_path / str(number)).mkdir()
            checked.add(type(stage(tmp_path / str(number), stack)()))
    assert {driver_class(name) for name in driver_names(foreign={})} <= checked


# What pyserial does for RFC 2217.
@pytest.mark.filterwarnings("ignore:set(Daemon|Name)\\(:DeprecationWarning")
@pytest.mark.parametrize("name", DRIVERS)
@pytest.mark.parametrize("check", conformance.CHECKS, ids=lambda check: check.__name__)
def test_a_driver_does_what_every_driver_must(
    check: Callable[[conformance.Build], None], name: str, tmp_path: Path
) -> None:
    with ExitStack() as stack:
        check(DRIVERS[name](tmp_path, stack))


class Good(ScriptedDriver):
    """Passes every check; each broken driver differs from it in one thing."""

    def __init__(self) -> None:
        super().__init__([Quality.OK] * 20, Clock())


class Broken(Good):
    """Changes the readings."""

    def __init__(self, **changes: Any) -> None:
        super().__init__()
        self.changes = changes

    def read(self) -> Reading | None:
        reading = super().read()
        assert reading is not None
        return replace(reading, **{name: change(reading) for name, change in self.changes.items()})


class Reusing(Good):
    """Hands out the same buffer again and again."""

    buffer = np.zeros((1, 2), np.float32)

    def read(self) -> Reading | None:
        reading = super().read()
        assert reading is not None
        self.buffer += 1
        return replace(reading, data=self.buffer)


class Once(Good):
    """Cannot be closed twice."""

    def close(self) -> None:
        super().close()
        if self.closed > 1:
            raise SensorReadError("closed twice")


class Silent(Good):
    """Never delivers."""

    def read(self) -> Reading | None:
        return None


class Unitless(Good):
    """Has one unit for two channels."""

    def __init__(self) -> None:
        super().__init__()
        self.stream = Stream(name="enose", kind="series", shape=(2,), nominal_rate_hz=10.0, units=("Ohm",))


@pytest.mark.parametrize("check", conformance.CHECKS, ids=lambda check: check.__name__)
def test_every_check_lets_a_good_driver_pass(check: Callable[[conformance.Build], None]) -> None:
    check(Good)


@pytest.mark.parametrize(
    ("check", "build", "message"),
    [
        (conformance.declares_its_stream, Unitless, "1 units; expected 2"),
        (conformance.delivers_what_it_declares, lambda: Broken(data=lambda r: r.data[:, :1]), "declared"),
        (conformance.delivers_what_it_declares, lambda: Broken(data=lambda r: r.data * np.nan), "NaN"),
        (conformance.delivers_what_it_declares, lambda: Broken(data=lambda r: r.data[:0]), "without a sample"),
        (conformance.delivers_what_it_declares, Silent, "0 readings in"),
        (conformance.counts_without_inventing, lambda: Broken(seq=lambda _: 0), "seq 0 after 1 samples"),
        (conformance.counts_without_inventing, lambda: Broken(arrival_ns=lambda r: -r.seq), "after 0 ns"),
        (conformance.keeps_what_it_delivered, Reusing, "a later read changed"),
        (conformance.may_be_closed_twice, Once, "closed twice"),
        (conformance.opens_into_a_new_session, lambda: Broken(session=lambda _: 7), "session 7; expected 0"),
    ],
)
def test_a_driver_that_breaks_a_rule_is_told_which(check: Callable[..., None], build: Any, message: str) -> None:
    with pytest.raises((AssertionError, SensorReadError), match=message):
        check(build)


def test_a_read_that_takes_long_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter(range(100))
    monkeypatch.setattr(conformance.time, "monotonic", lambda: next(times) * 1.5)
    with pytest.raises(AssertionError, match=r"read took 1.50 s \(limit 1 s\)"):
        conformance.comes_back_promptly(Good)
