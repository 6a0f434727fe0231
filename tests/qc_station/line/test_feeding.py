from collections.abc import Sequence

import numpy as np
import pytest

from qc_station.align.aligner import Aligner
from qc_station.align.policies.nearest import Nearest
from qc_station.align.rules import StreamRule
from qc_station.align.snapshot import Reason
from qc_station.align.trigger import Trigger
from qc_station.line.feeding import feed, readings
from sensors.errors import SensorReadError
from sensors.readings import Reading
from sensors.streams import Stream

MS = 1_000_000
STREAM = Stream(name="heat", kind="image", shape=(1, 1), nominal_rate_hz=None, units=("cK",))


class Script:
    """A driver that delivers what it was given, and remembers whether it is open."""

    stream = STREAM

    def __init__(self, script: Sequence[int | Exception | None]) -> None:
        self.script, self.is_open, self.turn = script, False, 0

    def open(self) -> None:
        self.is_open, self.turn = True, 0

    def read(self) -> Reading | None:
        if self.turn == len(self.script):
            raise EOFError
        event = self.script[self.turn]
        self.turn += 1
        if isinstance(event, Exception):
            raise event
        if event is None:
            return None
        data = np.full((1, 1, 1), event, np.uint16)
        return Reading(stream="heat", session=1, seq=self.turn, arrival_ns=event * MS, device_ns=None, data=data)

    def close(self) -> None:
        self.is_open = False


def aligner() -> Aligner:
    rule = StreamRule(stream=STREAM, policy=Nearest(tolerance_ns=30 * MS))
    return Aligner({"heat": rule}, deadline_ns=50 * MS)


def test_each_part_meets_the_frame_that_arrived_nearest_to_it() -> None:
    triggers = [Trigger(part=f"p{ms}", time_ns=ms * MS) for ms in (12, 48)]
    snapshots = list(feed([Script([10, None, 20, 40, 50])], triggers, aligner()))
    assert [(one.part, one.windows["heat"].data.item()) for one in snapshots] == [("p12", 10), ("p48", 50)]


def test_a_part_is_emitted_at_its_deadline_before_what_arrives_later() -> None:
    driver = Script([10, 80])
    (snapshot,) = feed([driver], [Trigger(part="a", time_ns=20 * MS)], aligner())
    assert snapshot.windows["heat"].data.item() == 10
    (snapshot,) = feed([Script([300])], [Trigger(part="a", time_ns=20 * MS)], aligner())
    assert snapshot.reasons == {"heat": Reason.NEVER_STARTED}


def test_parts_still_open_at_the_end_are_emitted() -> None:
    snapshots = list(feed([Script([10])], [Trigger(part="a", time_ns=100 * MS)], aligner()))
    assert [one.reasons for one in snapshots] == [{"heat": Reason.SHUTDOWN}]


def test_the_driver_is_closed_at_the_end_after_a_fault_and_when_nobody_wants_more() -> None:
    driver = Script([10, 20])
    list(readings(driver))
    assert not driver.is_open
    broken = Script([10, SensorReadError("stream 'heat': gone")])
    with pytest.raises(SensorReadError, match="gone"):
        list(readings(broken))
    assert not broken.is_open
    left = Script([10, 20])
    flow = readings(left)
    next(flow)
    flow.close()
    assert not left.is_open
