"""A small line: a sound at 1 kHz in blocks of ten, whose samples are numbered from 1, and frames at 100 Hz."""

from typing import Any

import numpy as np

from qc_station.align.aligner import Aligner
from qc_station.align.bounds import Bounds
from qc_station.align.policies.interval import Interval
from qc_station.align.policies.nearest import Nearest
from qc_station.align.rate import Rate
from qc_station.align.rules import StreamRule
from qc_station.align.snapshot import Snapshot
from sensors.readings import Quality, Reading
from sensors.streams import Stream

MS = 1_000_000
SECOND = 1000 * MS
SOUND = Stream(name="sound", kind="waveform", shape=(1,), nominal_rate_hz=1000.0, units=("1",))
HEAT = Stream(name="heat", kind="image", shape=(2, 2), nominal_rate_hz=100.0, units=("cK",))
RULES = {
    "sound": StreamRule(stream=SOUND, policy=Interval(rate=Rate.of(1000.0), before_ns=5 * MS, length=10)),
    "heat": StreamRule(stream=HEAT, policy=Nearest(tolerance_ns=10 * MS)),
}


def sound(seq: int, count: int = 10, *, delay_ms: int = 0, session: int = 1, **more: Any) -> Reading:
    data = np.arange(seq + 1, seq + count + 1).astype(np.int16)[:, None]
    arrival_ns = SECOND + (seq + count - 1 + delay_ms) * MS
    given = {"stream": "sound", "session": session, "seq": seq, "arrival_ns": arrival_ns, "device_ns": None}
    return Reading(**{**given, "data": data, **more})


def heat(seq: int, *, delay_ms: int = 0, quality: Quality = Quality.OK) -> Reading:
    data = np.full((1, 2, 2), seq, np.uint16)
    arrival_ns = SECOND + (seq * 10 + delay_ms) * MS
    return Reading(stream="heat", session=1, seq=seq, arrival_ns=arrival_ns, device_ns=None, data=data, quality=quality)


def make(rules: dict[str, StreamRule] = RULES, **bounds: int) -> Aligner:
    return Aligner(rules, deadline_ns=100 * MS, bounds=Bounds(**bounds))


def fill(aligner: Aligner, until_ms: int = 100) -> None:
    for number in range(until_ms // 10):
        aligner.push(sound(10 * number))
        aligner.push(heat(number))


def parts(snapshots: list[Snapshot]) -> list[str]:
    return [snapshot.part for snapshot in snapshots]


def balanced(aligner: Aligner) -> bool:
    return all(stream.balanced for stream in aligner.stats().streams.values())
