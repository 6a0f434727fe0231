"""What readings were flagged with, as the parts see it."""

import pytest

from qc_station.align.policies.as_of import AsOf
from qc_station.align.policies.interval import Interval
from qc_station.align.policies.nearest import Nearest
from qc_station.align.rate import Rate
from qc_station.align.rules import StreamRule
from qc_station.align.snapshot import Reason, Snapshot
from sensors.readings import Quality
from sensors.streams import Stream
from tests.qc_station.align.scene import MS, RULES, SECOND, SOUND, fill, heat, make, sound

WIDE = {"sound": StreamRule(stream=SOUND, policy=Interval(rate=Rate.of(1000.0), before_ns=15 * MS, length=30))}


def part(flags: dict[int, Quality], lost: tuple[int, ...] = ()) -> Snapshot:
    """The part of samples 15 to 44, from blocks of ten with flags by number of the block."""
    aligner = make(WIDE)
    for number in range(6):
        if number not in lost:
            aligner.push(sound(10 * number, quality=flags.get(number, Quality.OK)))
    aligner.trigger("a", SECOND + 30 * MS)
    (snapshot,) = aligner.advance(SECOND + 60 * MS)
    return snapshot


def test_an_overflow_in_the_middle_of_a_window_is_carried_into_it() -> None:
    snapshot = part({3: Quality.OVERFLOW})
    assert snapshot.reasons["sound"] is Reason.UNHEALTHY
    assert snapshot.windows["sound"].quality == Quality.OVERFLOW
    assert snapshot.windows["sound"].missing == 0


def test_an_overflow_outside_a_window_is_not_its_concern() -> None:
    snapshot = part({0: Quality.OVERFLOW, 5: Quality.OVERFLOW})
    assert (snapshot.reasons["sound"], snapshot.windows["sound"].quality) == (Reason.OK, Quality.OK)


def test_what_was_lost_in_front_of_a_window_is_not_its_concern() -> None:
    snapshot = part({1: Quality.OVERFLOW | Quality.GAP_BEFORE})
    assert (snapshot.reasons["sound"], snapshot.windows["sound"].quality) == (Reason.OK, Quality.OK)


def test_what_was_lost_uncounted_within_a_window_is_a_gap() -> None:
    snapshot = part({2: Quality.GAP_BEFORE})
    assert (snapshot.reasons["sound"], snapshot.windows["sound"].missing) == (Reason.GAP, 0)


def test_a_counted_gap_outweighs_a_flag() -> None:
    snapshot = part({2: Quality.SATURATED}, lost=(3,))
    window = snapshot.windows["sound"]
    assert (snapshot.reasons["sound"], window.missing, window.quality) == (Reason.GAP, 10, Quality.SATURATED)


@pytest.mark.parametrize(
    ("quality", "reason"),
    [
        (Quality.SATURATED, Reason.UNHEALTHY),
        (Quality.REPEATED, Reason.UNHEALTHY),
        (Quality.WARMING, Reason.WARMING),
        (Quality.WARMING | Quality.OVERFLOW, Reason.UNHEALTHY),
    ],
)
def test_each_flag_has_its_reason(quality: Quality, reason: Reason) -> None:
    snapshot = part({2: quality, 3: quality})
    assert (snapshot.reasons["sound"], snapshot.windows["sound"].quality) == (reason, quality)


def test_a_frame_that_a_closed_shutter_repeated_is_no_evidence() -> None:
    aligner = make()
    fill(aligner, 20)
    for number in range(2, 6):
        aligner.push(heat(number, quality=Quality.REPEATED))
        aligner.push(sound(10 * number))
    aligner.trigger("shut", SECOND + 40 * MS)
    aligner.push(heat(6))
    aligner.push(sound(60))
    aligner.trigger("open", SECOND + 60 * MS)
    shut, opened = aligner.advance(SECOND + 70 * MS) + aligner.advance(SECOND + 200 * MS)
    assert (shut.reasons["heat"], shut.windows["heat"].quality) == (Reason.UNHEALTHY, Quality.REPEATED)
    assert opened.reasons["heat"] is Reason.OK


def test_while_a_shutter_is_closed_and_no_frame_comes_parts_have_none_and_later_ones_are_right() -> None:
    aligner = make({"heat": RULES["heat"]})
    for number in range(5):
        aligner.push(heat(number))
    # 400 ms without a frame, which the camera does not count.
    for number in range(5, 10):
        aligner.push(heat(number, delay_ms=400))
    for name, at_ms in (("before", 40), ("shut", 240), ("after", 460)):
        aligner.trigger(name, SECOND + at_ms * MS)
    before, shut, after = aligner.advance(SECOND + 490 * MS)
    assert [one.reasons["heat"] for one in (before, shut, after)] == [Reason.OK, Reason.OUT_OF_TOLERANCE, Reason.OK]
    assert "heat" not in shut.windows
    assert (after.windows["heat"].data[0, 0, 0], after.windows["heat"].skew_ns) == (6, 0)
    assert aligner.stats().streams["heat"].breaks == 0


def test_frames_at_irregular_times_are_found_by_their_times() -> None:
    aligner = make({"heat": make_heat()})
    for number, at_ms in enumerate([0, 31, 39, 75, 76, 120]):
        aligner.push(heat(number, delay_ms=at_ms - 10 * number))
    taken = []
    for name, at_ms in (("a", 33), ("b", 57), ("c", 75)):
        aligner.trigger(name, SECOND + at_ms * MS)
    for snapshot in aligner.advance(SECOND + 120 * MS):
        window = snapshot.windows.get("heat")
        taken.append((int(window.data[0, 0, 0]), window.skew_ns) if window else snapshot.reasons["heat"])
    assert taken == [(1, -2 * MS), Reason.OUT_OF_TOLERANCE, (3, 0)]


def make_heat() -> StreamRule:
    stream = Stream(name="heat", kind="image", shape=(2, 2), nominal_rate_hz=None, units=("cK",))
    return StreamRule(stream=stream, policy=Nearest(tolerance_ns=10 * MS))


def test_a_cycle_with_something_lost_in_it_is_passed_over() -> None:
    stream = Stream(name="sound", kind="series", shape=(1,), nominal_rate_hz=1000.0, units=("1",))
    aligner = make({"sound": StreamRule(stream=stream, policy=AsOf(length=12, max_age_ns=50 * MS, period_ns=MS))})
    for number in range(4):
        aligner.push(sound(10 * number, quality=Quality.GAP_BEFORE if number == 3 else Quality.OK))
    aligner.trigger("a", SECOND + 35 * MS)
    (snapshot,) = aligner.advance(SECOND + 40 * MS)
    assert snapshot.reasons["sound"] is Reason.OK
    assert snapshot.windows["sound"].data[0].tolist() == list(range(19, 31))
