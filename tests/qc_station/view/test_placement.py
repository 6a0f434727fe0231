"""From the configuration to the window: the right moment of a moving belt, the right place in the frame, noted."""

from collections.abc import Iterable
from itertools import accumulate
from typing import Any

import numpy as np
import pytest

from qc_station.align.aligner import Aligner
from qc_station.align.snapshot import Reason, Snapshot
from qc_station.align.trigger import Trigger
from qc_station.config.loading import parse_station
from qc_station.config.station import StationConfig
from qc_station.errors import ConfigError
from qc_station.line.feeding import feed
from qc_station.view.placement import Placement
from sensors.readings import Reading

MS = 1_000_000
CORNERS = [[4, 2], [20, 3], [21, 14], [3, 13]]
COUNTED = {"encoder": "wheel", "encoder_mm_per_count": 0.5, "encoder_gap_s": 0.05}


class Played:
    """A driver that delivers what it was given."""

    def __init__(self, readings: Iterable[Reading]) -> None:
        self._readings = list(readings)

    def open(self) -> None:
        self._left = iter(self._readings)

    def read(self) -> Reading:
        for reading in self._left:
            return reading
        raise EOFError

    def close(self) -> None:
        self._left = iter(())


def played(stream: str, step_ms: int, data: Iterable[Any]) -> Any:
    """A sample every so many milliseconds."""
    return Played(
        Reading(
            stream=stream, session=0, seq=n, arrival_ns=n * step_ms * MS, device_ns=None, data=np.asarray(row)[None]
        )
        for n, row in enumerate(data)
    )


def station(belt: dict[str, Any], *, position_mm: float, **camera: Any) -> StationConfig:
    image = {"kind": "image", "height": 8, "width": 12, "dtype": "uint16", "rate_hz": 100.0, "tolerance_s": 0.006}
    image |= {"sensor_height": 16, "sensor_width": 24, "position_mm": position_mm, **camera}
    wheel = {"kind": "series", "channels": ["index", "count"], "window_steps": 1, "rate_hz": 100.0}
    streams = {"heat": image} | ({"wheel": wheel} if "encoder" in belt else {})
    counted = {**belt, "encoder_channel": "count"} if "encoder" in belt else belt
    return parse_station({"name": "x", "deadline_ms": 800.0, "streams": streams, "belt": counted})


def run(config: StationConfig, steps: Iterable[int], triggers_ms: Iterable[int] = (400,)) -> list[Snapshot]:
    """Two seconds of frames that hold their own number, and of a wheel that moves by so many counts every 10 ms."""
    frames = (np.full((16, 24), n, "uint16") for n in range(200))
    drivers = [played("heat", 10, frames)]
    if config.belt.encoder:
        drivers.append(played("wheel", 10, (np.array([0, count], "float32") for count in accumulate(steps))))
    placement = Placement(config)
    line = Aligner(placement.rules, deadline_ns=800 * MS)
    return list(feed(drivers, [Trigger(part=f"p{t}", time_ns=t * MS) for t in triggers_ms], line, placement))


def frame_of(snapshot: Snapshot) -> int:
    return int(snapshot.windows["heat"].data[0, 0, 0])


def test_on_a_belt_of_constant_speed_the_frame_is_taken_when_the_part_is_there_and_the_shift_is_noted() -> None:
    (found,) = run(station({"speed_mm_s": 100.0}, position_mm=30.0, offset_ms=20.0), ())
    assert found.reasons == {"heat": Reason.OK}
    assert frame_of(found) == (400 + 20 + 300) // 10
    applied = found.windows["heat"].applied
    assert applied is not None
    assert (applied.offset_ns, applied.travel_ns, applied.position_mm) == (20 * MS, 300 * MS, 30.0)


@pytest.mark.parametrize("offset_ms", [0.0, 20.0])
def test_with_an_encoder_each_part_is_taken_at_its_own_moment(offset_ms: float) -> None:
    # 50 mm/s in the first half second, 200 mm/s in the next, and then the belt stands for 0.2 s.
    steps = [1] * 50 + [4] * 50 + [0] * 20 + [2] * 80
    found = run(station(COUNTED, position_mm=30.0, offset_ms=offset_ms), steps, (100, 400, 900))
    assert [one.reasons["heat"] for one in found] == [Reason.OK] * 3
    late = round(offset_ms / 10)
    # 30 mm are 60 counts: from 11 to 71, from 41 to 101, and from 214 over the standing belt's 250 to 274.
    assert [frame_of(one) - late for one in found] == [54, 62, 131]
    travels = [one.windows["heat"].applied.travel_ns for one in found]  # type: ignore[union-attr]
    assert travels == [442_500_000, 217_500_000, 410_000_000]


def test_a_sensor_before_the_trigger_saw_the_part_earlier() -> None:
    found = run(station(COUNTED, position_mm=-20.0), [2] * 200, (800,))
    assert frame_of(found[0]) == 60
    assert found[0].windows["heat"].applied.travel_ns == -200 * MS  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("steps", "why"),
    [
        ([2] * 45 + [-8] * 3 + [2] * 152, "runs backwards"),
        ([2] * 45 + [0] * 155, "never arrives"),
        ([2] * 45, "ends"),
        ([], "is not there"),
    ],
)
def test_a_part_whose_place_is_not_known_has_no_window_and_the_belt_is_the_reason(steps: list[int], why: str) -> None:
    (found,) = run(station(COUNTED, position_mm=30.0), steps)
    assert (found.windows, found.reasons) == ({}, {"heat": Reason.BELT}), f"a belt that {why}"


def test_the_encoder_is_no_stream_of_the_part_and_its_lateness_is_taken_out() -> None:
    config = station(COUNTED, position_mm=30.0)
    late = {"name": "x", "streams": {}, "belt": {**COUNTED, "encoder_channel": "count"}}
    late["streams"] = {
        "heat": {"kind": "image", "height": 16, "width": 24, "position_mm": 30.0, "rate_hz": 100.0},
        "wheel": {"kind": "series", "channels": ["index", "count"], "window_steps": 1, "offset_ms": 7.0},
    }
    assert list(Placement(config).rules) == ["heat"]
    prompt, tardy = Placement(config), Placement(parse_station(late))
    for n in range(100):
        data = np.array([[0, 2 * n]], "float32")
        for placement in (prompt, tardy):
            assert placement.takes(
                Reading(stream="wheel", session=0, seq=n, arrival_ns=n * 10 * MS, device_ns=None, data=data)
            )
    assert prompt.encoder is not None
    assert tardy.encoder is not None
    assert prompt.encoder.arrival_ns(100 * MS, 30.0) == 400 * MS
    assert tardy.encoder.arrival_ns(93 * MS, 30.0) == 393 * MS


def wheel(n: int, counts: list[float], **more: Any) -> Reading:
    data = np.array([[0, count] for count in counts], "float32").reshape(len(counts), 2)
    given = {"stream": "wheel", "session": 0, "seq": n, "arrival_ns": n * 10 * MS, "device_ns": None, "data": data}
    return Reading(**{**given, **more})


def test_a_reading_of_another_stream_is_not_taken_and_a_count_that_is_no_number_is_counted_as_that() -> None:
    placement = Placement(station(COUNTED, position_mm=30.0))
    heat = Reading(stream="heat", session=0, seq=0, arrival_ns=0, device_ns=None, data=np.zeros((1, 16, 24), "uint16"))
    assert not placement.takes(heat)
    for n, counts in enumerate([[np.nan], [], [7.0, np.inf], [3.0]]):
        assert placement.takes(wheel(n, counts))
    assert placement.encoder is not None
    counters = placement.encoder.counters
    assert (counters["counts"], counters["not_finite"], counters["inbox"]) == (1, 2, 0)


def test_counts_that_found_no_room_on_their_way_are_in_the_books_of_the_belt() -> None:
    placement = Placement(station(COUNTED, position_mm=30.0))
    assert (placement.lost("heat", 5), placement.lost("wheel", 3)) == (False, True)
    assert placement.encoder is not None
    assert placement.encoder.counters["inbox"] == 3


def test_a_count_that_was_delivered_late_stands_where_the_encoders_own_clock_says() -> None:
    config = station(COUNTED, position_mm=30.0)
    by_arrival, by_device = Placement(config), Placement(config)
    late = {30: 8 * MS, 31: 4 * MS}
    for n in range(100):
        arrival_ns = n * 10 * MS + late.get(n, 0)
        by_arrival.takes(wheel(n, [2.0 * n], arrival_ns=arrival_ns))
        # Its clock began somewhere else.
        by_device.takes(wheel(n, [2.0 * n], arrival_ns=arrival_ns, device_ns=5000 * MS + n * 10 * MS))
    assert by_arrival.encoder is not None
    assert by_device.encoder is not None
    # 30 mm are 60 counts, 300 ms; the count at 300 ms came at 308 ms.
    assert by_device.encoder.arrival_ns(305 * MS, 30.0) == 605 * MS
    assert by_arrival.encoder.arrival_ns(305 * MS, 30.0) != 605 * MS


def test_frames_become_windows_and_what_was_applied_goes_with_them() -> None:
    (found,) = run(station({}, position_mm=0.0, corners=CORNERS), ())
    window = found.windows["heat"]
    assert (window.data.shape, window.data.dtype) == ((1, 8, 12), np.uint16)
    assert window.applied is not None
    assert window.applied.sensor_size == (16, 24)
    assert window.applied.outline == tuple(tuple(map(float, point)) for point in CORNERS)


def test_two_cameras_that_look_from_different_sides_show_the_part_alike() -> None:
    from qc_station.view.view import View

    left, right = [(4, 2), (20, 3), (21, 14), (3, 13)], [(2, 3), (18, 1), (20, 13), (6, 15)]
    marks = np.array([[3.0, 2.0], [9.0, 6.0]])
    windows = []
    for corners in (left, right):
        view = View(sensor=(16, 24), window=(8, 12), corners=tuple(corners))  # type: ignore[arg-type]
        y, x = np.mgrid[:16, :24] + 0.5
        places = view.to_sensor(marks)
        frame = sum(np.exp(-((x - a) ** 2 + (y - b) ** 2) / 4.0) for a, b in places)
        windows.append(view.apply(np.asarray(frame, "float32")[None])[0])
    assert np.corrcoef(windows[0].ravel(), windows[1].ravel())[0, 1] > 0.9


def test_a_required_sensor_that_the_part_reaches_only_after_the_deadline_is_a_fault_of_the_configuration() -> None:
    with pytest.raises(ConfigError, match=r"stream 'heat': its window ends .* later than the deadline"):
        Aligner(Placement(station({"speed_mm_s": 10.0}, position_mm=30.0)).rules, deadline_ns=800 * MS)
