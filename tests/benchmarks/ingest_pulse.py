"""The real microphone driver over a real PortAudio against a bare `sounddevice` stream on the same PulseAudio monitor.

A PulseAudio server of its own holds one silent sink; every microphone is a stream on its monitor. What PortAudio and
PulseAudio's client library spend by themselves is in both numbers, as on a real box, so that the ratio is what a station
pays and the difference is what the driver and its supervision add. Needs what `tests.sensors.pulse` needs.
"""

import os
import queue
import resource
import statistics
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from sensors.errors import SensorNotFoundError
from sensors.microphone import Microphone
from sensors.portaudio import OPEN_STREAMS, listed, load, pick
from sensors.supervision.reader import SupervisedReader
from tests.sensors.pulse import DEVICE, PulseServer, missing

RATE_HZ, BLOCK = 48_000, 1024
BEGIN_S = 15.0
"""Longest wait for the first block of every microphone."""
LOOK_S = 0.25

Heard = Counter[int]
Contender = Callable[[int, Heard], Any]
"""A context manager that counts blocks by microphone while it lasts."""


def obstacle() -> str:
    """What keeps this from being measured here; empty when nothing does."""
    if reason := missing():
        return reason
    try:
        load()
    except SensorNotFoundError as error:
        return str(error)
    return ""


@contextmanager
def bare(microphones: int, heard: Heard) -> Iterator[None]:
    """Copies in the callback, stamps, and hands over to a thread for each stream."""
    sound = load()
    index = pick(DEVICE, listed(sound, OPEN_STREAMS)).index
    stop, opened, threads = threading.Event(), [], []
    settings = {"device": index, "samplerate": RATE_HZ, "channels": 1, "dtype": "int16", "blocksize": BLOCK}
    for number in range(microphones):
        blocks: queue.SimpleQueue[tuple[int, Any]] = queue.SimpleQueue()

        def callback(buffer: Any, _frames: int, _time: Any, _status: Any, blocks: Any = blocks) -> None:
            blocks.put((time.monotonic_ns(), np.frombuffer(buffer, np.int16).reshape(-1, 1).copy()))

        def read(blocks: Any = blocks, number: int = number) -> None:
            while not stop.is_set():
                try:
                    blocks.get(timeout=0.2)
                except queue.Empty:
                    continue
                heard[number] += 1

        threads.append(threading.Thread(target=read))
        threads[-1].start()
        opened.append(sound.RawInputStream(latency="high", dither_off=True, callback=callback, **settings))
        opened[-1].start()
    yield
    stop.set()
    for stream in opened:
        stream.close()
    for thread in threads:
        thread.join()


@contextmanager
def supervised(microphones: int, heard: Heard) -> Iterator[None]:
    """Our driver, its supervisor, and somebody who looks after them."""

    def reader(number: int) -> SupervisedReader:
        def build() -> Microphone:
            return Microphone(name=f"microphone{number}", device=DEVICE, rate_hz=RATE_HZ, block=BLOCK)

        def deliver(_reading: Any) -> None:
            heard[number] += 1

        return SupervisedReader(build, deliver)

    readers, stop = [reader(number) for number in range(microphones)], threading.Event()
    for one in readers:
        one.start()

    def look() -> None:
        while not stop.wait(LOOK_S):
            for one in readers:
                one.look()

    looker = threading.Thread(target=look)
    looker.start()
    yield
    stop.set()
    looker.join()
    for one in readers:
        one.stop()
    while any(one.running for one in readers):
        time.sleep(0.01)
    faults = [one.health.reason for one in readers if one.health.counters.failures or one.health.counters.lost_samples]
    assert not faults, faults


def spent(contender: Contender, microphones: int, seconds: float) -> tuple[float, int]:
    """Processor seconds of this process while every microphone is heard, and the blocks that came."""
    heard: Heard = Counter()
    with contender(microphones, heard):
        limit = time.monotonic() + BEGIN_S
        while len(heard) < microphones:
            assert time.monotonic() < limit, f"{len(heard)} of {microphones} microphones are heard"
            time.sleep(0.05)
        began, before = heard.total(), resource.getrusage(resource.RUSAGE_SELF)
        time.sleep(seconds)
        after, blocks = resource.getrusage(resource.RUSAGE_SELF), heard.total() - began
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, blocks


def compared(microphones: int, seconds: float, rounds: int) -> dict[str, Any]:
    """Ours against bare streams, each first in half of the rounds; the first round counts for nothing."""
    contenders: dict[str, Contender] = {"bare": bare, "ours": supervised}
    per_block: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(rounds + 1):
        for name in sorted(contenders, reverse=bool(number % 2)):
            cpu_s, blocks = spent(contenders[name], microphones, seconds)
            if number:
                per_block[name].append(cpu_s / blocks * 1e6)
    found = {name: statistics.median(values) for name, values in per_block.items()}
    pairs = zip(per_block["ours"], per_block["bare"], strict=True)
    return {
        "microphones": microphones,
        "ratio": round(found["ours"] / found["bare"], 3),
        "ratios": [round(ours / bare, 3) for ours, bare in pairs],
        "bare_us_per_block": round(found["bare"], 1),
        "ours_us_per_block": round(found["ours"], 1),
    }


def measured(microphones: int, seconds: float, rounds: int) -> dict[str, Any]:
    """The same with a server of its own; what is missing, if anything is."""
    if reason := obstacle():
        return {"skipped": reason}
    with tempfile.TemporaryDirectory() as folder:
        server = PulseServer(Path(folder), rate_hz=RATE_HZ)
        # ALSA reads this when PortAudio is initialized again, which listing the devices does.
        before, os.environ["ALSA_CONFIG_PATH"] = os.environ.get("ALSA_CONFIG_PATH"), str(server.alsa_config)
        try:
            server.start()
            return compared(microphones, seconds, rounds)
        finally:
            server.stop()
            os.environ.pop("ALSA_CONFIG_PATH")
            if before is not None:
                os.environ["ALSA_CONFIG_PATH"] = before
