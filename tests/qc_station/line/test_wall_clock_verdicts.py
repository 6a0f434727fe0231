"""Setting the wall clock while parts pass changes no verdict, no score and no window; only what people read as the time."""

from functools import partial
from pathlib import Path

import numpy as np
import pytest

from deploy.runtime import Runtime
from qc_station.config.station import StationConfig
from qc_station.line.inspection import Inspected
from qc_station.store import Store
from sensors.readings import Reading
from tests.qc_station.line.live_line import HOUR_NS, MS, START_NS, Line
from tests.synthetic import SPECS, TABLES, raw_windows

CONFIG = StationConfig(name="x", streams=TABLES, deadline_ms=500.0)
READINGS = 120
PARTS_MS = (300, 450, 600, 750, 900)
SET_AT_MS = 610
"""Between a part's trigger and its verdict."""


def readings() -> list[Reading]:
    """Each sensor every 10 ms: sixteen-thousandths of sound, a frame and a gas cycle of noise."""
    acoustic, thermal, enose = SPECS
    sound = raw_windows(acoustic, READINGS, 1)[:, :, :160].transpose(0, 2, 1)
    frames, gas = raw_windows(thermal, READINGS, 2), raw_windows(enose, READINGS, 3)[:, :, 0]
    found = []
    for number in range(READINGS):
        arrival_ns = START_NS + number * 10 * MS
        for name, seq, data in (
            ("acoustic", 160 * number, sound[number]),
            ("thermal", number, frames[number]),
            ("enose", number, gas[number][None]),
        ):
            found.append(
                Reading(stream=name, session=0, seq=seq, arrival_ns=arrival_ns, device_ns=None, data=np.array(data))
            )
    return found


def decided(folder: Path, bundle: Path, hours: int, patch: pytest.MonkeyPatch) -> tuple[Line, list[Inspected]]:
    """What a line decides whose wall clock is set by so many hours."""
    folder.mkdir(exist_ok=True)
    line = Line(folder, CONFIG, patch, Runtime(bundle))
    patch.setattr(Store, "open", partial(Store.open, clock_ns=line.wall))

    def set_wall(now_ms: int) -> None:
        line.ahead_ns = 10**18 + (hours * HOUR_NS if now_ms >= SET_AT_MS else 0)

    first, rest = readings()[:3], readings()[3:]
    for one in first:
        line.hand(one)
    with line.live:
        line.run(rest, PARTS_MS, set_wall)
        line.found += line.live.finish()
    return line, line.found


@pytest.mark.parametrize("hours", [-1, 1])
def test_verdicts_scores_and_windows_are_identical_whatever_the_wall_clock_does(
    tmp_path: Path, bundle_folder: Path, hours: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        calm, wanted = decided(tmp_path / "calm", bundle_folder, 0, patch)
    with pytest.MonkeyPatch.context() as patch:
        set_, found = decided(tmp_path / "set", bundle_folder, hours, patch)
    assert (calm.live.wall.steps, set_.live.wall.steps) == (0, 1)
    assert [one.part for one in wanted] == [f"p{at_ms}" for at_ms in PARTS_MS]
    assert all(set(one.reasons.values()) == {"ok"} for one in wanted)
    assert [(one.part, one.verdict, one.reason, one.bad, one.reasons) for one in found] == [
        (one.part, one.verdict, one.reason, one.bad, one.reasons) for one in wanted
    ]
    ours, theirs = (
        {name: {n: w.tobytes() for n, w in item.windows.items()} for name, item in line.kept().items()}
        for line in (set_, calm)
    )
    assert ours == theirs


@pytest.mark.parametrize("hours", [-1, 1])
def test_what_is_stored_keeps_the_order_of_the_belt(tmp_path: Path, bundle_folder: Path, hours: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        decided(tmp_path, bundle_folder, hours, patch)
    with Store.open(tmp_path) as store:
        rows = store.decisions()
        assert store.open_parts() == []
    assert [row.part for row in rows] == [f"p{at_ms}" for at_ms in PARTS_MS]
    times_ns = [row.decided_ns or 0 for row in rows]
    assert max(times_ns) - min(times_ns) > HOUR_NS // 2
    assert (times_ns == sorted(times_ns)) == (hours > 0)
