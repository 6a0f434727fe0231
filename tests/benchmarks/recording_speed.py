"""A station of eight microphones, two cameras and eight gas arrays through `Recorder`, against a bare append of the bytes.

Times are simulated: the readings are written as fast as they can be. The processor's share is that of one core, were the
readings to come in real time.
"""

import json
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from sensors.readings import Reading, Samples
from sensors.recordings.recorder import Recorder
from sensors.streams import Stream

SIMULATED_S = 20.0
ROUNDS = 5
START_NS = 10**9


def station() -> list[tuple[Stream, Samples, float]]:
    """Streams with the samples of one reading and readings a second."""
    random = np.random.default_rng(0)
    sound = random.integers(-3000, 3000, (1024, 1), np.int16)
    image = random.integers(27_000, 31_000, (1, 192, 256), np.uint16)
    gas = random.random((1, 6), np.float32)
    kinds = [("microphone", 8, "waveform", sound, 48_000.0, 1), ("camera", 2, "image", image, 25.0, 1)]
    kinds.append(("array", 8, "series", gas, 100.0, 6))
    return [
        (
            Stream(
                name=f"{name}{n}", kind=kind, shape=data.shape[1:], nominal_rate_hz=rate_hz, units=("1",) * channels
            ),
            data,
            rate_hz / len(data),
        )
        for name, count, kind, data, rate_hz, channels in kinds
        for n in range(count)
    ]


def readings() -> tuple[list[Stream], list[Reading]]:
    """The streams, and all readings in the order of arrival."""
    made = [
        Reading(
            stream=stream.name,
            session=0,
            seq=number * len(data),
            arrival_ns=START_NS + round(number / rate_hz * 1e9),
            device_ns=None,
            data=data,
        )
        for stream, data, rate_hz in station()
        for number in range(int(SIMULATED_S * rate_hz))
    ]
    return [stream for stream, *_ in station()], sorted(made, key=lambda reading: reading.arrival_ns)


def recorded(folder: Path, streams: list[Stream], made: list[Reading]) -> None:
    """Through the recorder, with its waits for the disk once a simulated second."""
    now_ns = START_NS
    recorder = Recorder(folder, streams, clock=lambda: now_ns)
    for reading in made:
        now_ns = reading.arrival_ns
        recorder.reading(reading)
    recorder.close()


def appended(folder: Path, streams: list[Stream], made: list[Reading]) -> None:
    """The samples alone into one file."""
    del streams
    with (folder / "bare").open("wb") as file:
        for reading in made:
            file.write(reading.data.data)


def cost(
    write: Callable[[Path, list[Stream], list[Reading]], None], streams: list[Stream], made: list[Reading]
) -> tuple[float, float]:
    """Seconds of wall time and of processor time, each of one run."""
    with tempfile.TemporaryDirectory() as folder:
        before, started = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
        write(Path(folder), streams, made)
        wall_s, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF)
    return wall_s, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Print one JSON line; the two take turns, each first in half of the rounds."""
    streams, made = readings()
    size = sum(reading.data.nbytes for reading in made)
    calls = {"bare": appended, "recorder": recorded}
    spent: dict[str, list[tuple[float, float]]] = {"bare": [], "recorder": []}
    for number in range(ROUNDS + 1):
        for name in sorted(calls, reverse=bool(number % 2)):
            took = cost(calls[name], streams, made)
            if number:
                spent[name].append(took)
    wall = {name: statistics.median(took[0] for took in rows) for name, rows in spent.items()}
    cpu = {name: statistics.median(took[1] for took in rows) for name, rows in spent.items()}
    result = {
        "benchmark": "recording_speed",
        "baseline": "bare append of the same samples to a file",
        "ratio": round(wall["recorder"] / wall["bare"], 2),
        "cpu_ratio": round(cpu["recorder"] / cpu["bare"], 2),
        "recorder_mb_s": round(size / wall["recorder"] / 1e6, 1),
        "bare_mb_s": round(size / wall["bare"] / 1e6, 1),
        "needed_mb_s": round(size / SIMULATED_S / 1e6, 2),
        "cpu_share_of_a_core": round(cpu["recorder"] / SIMULATED_S, 4),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
