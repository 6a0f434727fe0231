"""The devices of a day in simulated time: each says what it has to, until its plug is pulled."""

import os
import queue
import tty
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qc_station.config.station import StreamConfig
from sensors.camera import Camera
from sensors.driver import Driver
from sensors.errors import SensorNotFoundError, SensorReadError
from sensors.microphone import Microphone
from sensors.portaudio import OpenStreams
from sensors.readings import Reading
from sensors.serial_array import SerialArray
from sensors.video.capture import Request
from tests.sensors.protocols.test_mlx90640 import frame
from tests.sensors.sound_card import Card, FakeSound
from tests.sensors.supervision.scripted import Clock

SOUND_HZ = 16
LOOK_S = 5.0
STREAMS = {
    "gas": StreamConfig(kind="series", channels=("a", "b"), rate_hz=10.0, unit="kOhm", window_steps=10, max_age_s=2.0),
    "heat": StreamConfig(kind="image", rate_hz=0.5, unit="Cel", height=24, width=32, tolerance_s=1.5),
    "sound": StreamConfig(kind="waveform", rate_hz=float(SOUND_HZ), dtype="int16", window_s=1.0),
    "look": StreamConfig(
        kind="image", rate_hz=1.0 / LOOK_S, unit="cK", dtype="uint16", height=12, width=16, tolerance_s=3.0
    ),
}


class Gas:
    """Two oxides that answer as long as they are plugged in."""

    period_s, unplugged_at_s = 0.1, 600.0

    def __init__(self, clock: Clock) -> None:
        self.stream, self.clock, self.plugged = STREAMS["gas"].stream("gas"), clock, True
        self.session, self.seq = -1, 0
        self.driver: Driver = self

    def plug(self, into: bool) -> None:
        self.plugged = into

    def say(self) -> None:
        """It answers when it is read."""

    def open(self) -> None:
        if not self.plugged:
            raise SensorNotFoundError("no gas array; found: nothing")
        self.session, self.seq = self.session + 1, 0

    def read(self) -> Reading | None:
        if not self.plugged:
            raise SensorReadError("the gas array is gone")
        first, self.seq = self.seq, self.seq + 1
        data = np.full((1, 2), 400.0 + first % 7, np.float32)
        arrival_ns, session = self.clock(), self.session
        return Reading(stream="gas", session=session, seq=first, arrival_ns=arrival_ns, device_ns=None, data=data)

    def close(self) -> None:
        """Nothing is held."""


class Heat:
    """A thermal module on a terminal that is another one each time, under one lasting name."""

    period_s, unplugged_at_s = 2.0, 1200.0

    def __init__(self, clock: Clock, folder: Path) -> None:
        self.link, self.master, self.count = folder / "by-id", -1, 0
        self.frames = [frame(2300 + step) for step in range(5)]
        self.plug(True)
        self.driver = SerialArray(name="heat", port=str(self.link), protocol="mlx90640", rate_hz=0.5, clock=clock)

    def plug(self, into: bool) -> None:
        if into:
            self.master, slave = os.openpty()
            tty.setraw(slave)
            self.link.symlink_to(os.ttyname(slave))
            os.close(slave)
        else:
            os.close(self.master)
            self.master = -1
            self.link.unlink()

    def say(self) -> None:
        if self.master >= 0:
            self.count += 1
            os.write(self.master, self.frames[self.count % len(self.frames)])


class Sound:
    """A microphone of few samples a second: what counts is how often it is read."""

    period_s, unplugged_at_s = 1.0, 1800.0

    def __init__(self, clock: Clock) -> None:
        self.sound, self.count = FakeSound(Card(name="UMIK-1", inputs=1, rates_hz=(SOUND_HZ,))), 0
        self.driver = Microphone(
            name="sound",
            device="UMIK-1",
            rate_hz=SOUND_HZ,
            block=SOUND_HZ,
            wait_s=0.0,
            clock=clock,
            library=lambda: self.sound,
            streams=OpenStreams(),
        )

    def plug(self, into: bool) -> None:
        if into:
            del self.sound.streams[:]
            self.sound.cards.append(Card(name="UMIK-1", inputs=1, rates_hz=(SOUND_HZ,)))
        else:
            self.sound.pull()

    def say(self) -> None:
        streams = self.sound.streams
        if streams and streams[-1].running:
            self.count += 1
            streams[-1].deliver(np.full((SOUND_HZ, 1), self.count % 1000, np.int16))


class Frames:
    """An open capture whose frames the test hands over; its thread waits for them as for a camera's."""

    size, rate_hz = (16, 12), 1.0 / LOOK_S

    def __init__(self) -> None:
        self.frames: queue.SimpleQueue[NDArray[np.uint16] | None] = queue.SimpleQueue()
        self.frame: NDArray[np.uint16] | None = None

    def grab(self) -> bool:
        self.frame = self.frames.get()
        return self.frame is not None

    def retrieve(self) -> NDArray[np.uint16] | None:
        return self.frame

    def release(self) -> None:
        """Nothing is held."""


class Look:
    """A camera under one lasting name, whose capture ends when it is pulled out."""

    period_s, unplugged_at_s = LOOK_S, 2400.0

    def __init__(self, clock: Clock, folder: Path) -> None:
        self.link, self.count = folder / "camera", 0
        self.captures: list[Frames] = []
        self.plug(True)
        size = {"width": 16, "height": 12, "rate_hz": 1.0 / LOOK_S}
        self.driver = Camera(
            name="look", source=str(self.link), pixels="gray16", unit="cK", capture=self.capture, clock=clock, **size
        )

    def capture(self, _request: Request) -> Frames:
        self.captures.append(Frames())
        return self.captures[-1]

    def plug(self, into: bool) -> None:
        if into:
            self.link.symlink_to("/dev/null")
        else:
            self.link.unlink()
            self.end()

    def end(self) -> None:
        """No further frame; forgotten, so that what is held does not depend on the hour."""
        for capture in self.captures:
            capture.frames.put(None)
        self.captures.clear()

    def say(self) -> None:
        if self.captures:
            self.count += 1
            self.captures[-1].frames.put(np.full((12, 16), 29_000 + self.count % 100, np.uint16))


Device = Gas | Heat | Sound | Look
