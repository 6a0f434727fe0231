"""What each policy cuts, on streams whose sample times are known exactly."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc_station.align.cut import Cut
from qc_station.align.policies.as_of import AsOf
from qc_station.align.policies.interpolate import Interpolate
from qc_station.align.policies.interval import Interval
from qc_station.align.policies.nearest import Nearest
from qc_station.align.policies.policy import Policy
from qc_station.align.rate import Rate
from qc_station.align.snapshot import Reason
from qc_station.align.track import Track
from sensors.readings import Reading
from sensors.streams import Stream

MS = 1_000_000
START_NS = 2**53 + 1
"""Beyond what a float can count."""
RATE = Rate.of(1000.0)


def counted(blocks: Sequence[tuple[int, int]], session: int = 1, track: Track | None = None) -> Track:
    """A stream of 1 kHz whose sample n has the value n + 1 and is taken at START_NS + n ms; blocks of (seq, count)."""
    stream = Stream(name="s", kind="series", shape=(1,), nominal_rate_hz=1000.0, units=("1",))
    track = track or Track(stream, max_bytes=10**6)
    for seq, count in blocks:
        data = np.arange(seq + 1, seq + count + 1, dtype=np.int32)[:, None]
        arrival_ns = START_NS + (seq + count - 1) * MS + (session - 1) * 1000 * MS
        track.push(Reading(stream="s", session=session, seq=seq, arrival_ns=arrival_ns, device_ns=None, data=data))
    return track


def uneven(times_ms: Sequence[float]) -> Track:
    """A stream without a rate; sample n has the value n + 1."""
    track = Track(Stream(name="s", kind="image", shape=(1,), nominal_rate_hz=None, units=("1",)), max_bytes=10**6)
    for seq, time_ms in enumerate(times_ms):
        data = np.full((1, 1), seq + 1, np.int32)
        arrival_ns = START_NS + round(time_ms * MS)
        track.push(Reading(stream="s", session=1, seq=seq, arrival_ns=arrival_ns, device_ns=None, data=data))
    return track


def values(policy: Policy, track: Track, at_ms: float) -> list[int] | Reason:
    cut = policy.cut(track, START_NS + round(at_ms * MS))
    return cut.data[:, 0].tolist() if isinstance(cut, Cut) else cut


class TestInterval:
    policy = Interval(rate=RATE, before_ns=2 * MS, length=5)

    def test_it_has_exactly_so_many_samples_from_the_one_nearest_to_its_start(self) -> None:
        track = counted([(0, 20)])
        assert values(self.policy, track, 10.0) == [9, 10, 11, 12, 13]
        assert values(self.policy, track, 10.4) == [9, 10, 11, 12, 13]
        assert values(self.policy, track, 10.6) == [10, 11, 12, 13, 14]

    def test_within_one_reading_it_is_a_view(self) -> None:
        track = counted([(0, 20)])
        cut = self.policy.cut(track, START_NS + 10 * MS)
        assert isinstance(cut, Cut)
        (held,) = track._buffer.overlapping(1, 0, 20)
        assert np.shares_memory(cut.data, held.data)

    def test_what_is_held_is_the_array_of_the_reading_itself(self) -> None:
        track = counted([])
        data = np.arange(1, 21, dtype=np.int32)[:, None]
        track.push(Reading(stream="s", session=1, seq=0, arrival_ns=START_NS, device_ns=None, data=data))
        (held,) = track._buffer.overlapping(1, 0, 20)
        assert held.data is data

    @pytest.mark.parametrize("blocks", [[(0, 20)], [(0, 10), (10, 10)], [(n, 1) for n in range(20)]])
    def test_block_boundaries_do_not_change_it(self, blocks: list[tuple[int, int]]) -> None:
        assert values(self.policy, counted(blocks), 10.0) == [9, 10, 11, 12, 13]

    def test_a_gap_is_zero_and_counted(self) -> None:
        cut = self.policy.cut(counted([(0, 10), (11, 9)]), START_NS + 10 * MS)
        assert isinstance(cut, Cut)
        assert cut.data[:, 0].tolist() == [9, 10, 0, 12, 13]
        assert cut.missing == 1

    def test_what_lies_before_the_session_is_missing(self) -> None:
        cut = self.policy.cut(counted([(0, 20)]), START_NS)
        assert isinstance(cut, Cut)
        assert cut.data[:, 0].tolist() == [0, 0, 1, 2, 3]
        assert (cut.missing, cut.start_ns) == (2, START_NS - 2 * MS)

    def test_wholly_outside_there_is_none(self) -> None:
        assert values(self.policy, counted([(0, 20)]), -100.0) is Reason.GAP

    def test_it_is_settled_by_its_last_sample(self) -> None:
        assert not self.policy.settled(counted([(0, 12)]), START_NS + 10 * MS)
        assert self.policy.settled(counted([(0, 13)]), START_NS + 10 * MS)

    def test_it_is_settled_by_a_new_session_and_never_crosses_into_it(self) -> None:
        track = counted([(0, 5)], session=2, track=counted([(0, 11)]))
        assert self.policy.settled(track, START_NS + 10 * MS)
        assert values(self.policy, track, 10.0) == [9, 10, 11, 0, 0]


class TestNearest:
    policy = Nearest(tolerance_ns=5 * MS)

    def test_the_tolerance_is_inclusive_on_both_sides(self) -> None:
        assert values(self.policy, uneven([100]), 105.0) == [1]
        assert values(self.policy, uneven([100]), 95.0) == [1]
        assert values(self.policy, uneven([100]), 105.000001) is Reason.OUT_OF_TOLERANCE
        assert values(self.policy, uneven([100]), 94.999999) is Reason.OUT_OF_TOLERANCE

    def test_of_two_equally_near_it_takes_the_earlier(self) -> None:
        assert values(self.policy, uneven([100, 104]), 102.0) == [1]
        assert values(self.policy, uneven([100, 104]), 102.000001) == [2]

    def test_skew_is_signed(self) -> None:
        cut = self.policy.cut(uneven([100, 110]), START_NS + 107 * MS)
        assert isinstance(cut, Cut)
        assert cut.skew_ns == 3 * MS

    def test_it_is_settled_by_a_frame_at_or_after_the_part(self) -> None:
        assert not self.policy.settled(uneven([100]), START_NS + 101 * MS)
        assert self.policy.settled(uneven([100, 101]), START_NS + 101 * MS)

    def test_equal_timestamps_are_both_kept_and_the_first_is_at_that_time(self) -> None:
        assert values(self.policy, uneven([100, 100, 110]), 100.0) == [1]

    def test_several_frames_end_with_the_nearest(self) -> None:
        policy = Nearest(tolerance_ns=5 * MS, length=3)
        assert values(policy, uneven([0, 10, 20, 30]), 21.0) == [1, 2, 3]
        assert values(policy, uneven([0, 10, 20, 30]), 11.0) == [0, 1, 2]


class TestAsOf:
    policy = AsOf(length=3, max_age_ns=10 * MS, period_ns=MS)

    def test_a_step_exactly_at_the_part_belongs_to_it(self) -> None:
        assert values(self.policy, counted([(0, 20)]), 10.0) == [9, 10, 11]
        assert values(self.policy, counted([(0, 20)]), 9.999999) == [8, 9, 10]

    def test_the_age_limit_is_inclusive(self) -> None:
        assert values(self.policy, counted([(0, 20)]), 29.0) == [18, 19, 20]
        assert values(self.policy, counted([(0, 20)]), 29.000001) is Reason.STALE

    def test_a_window_with_a_gap_is_passed_over_for_the_last_complete_one(self) -> None:
        assert values(self.policy, counted([(0, 9), (10, 2), (13, 1)]), 13.0) == [7, 8, 9]

    def test_without_any_complete_window_there_is_none(self) -> None:
        assert values(self.policy, counted([(0, 2)]), 1.0) is Reason.GAP
        assert values(self.policy, counted([(0, 20)]), -1.0) is Reason.GAP

    def test_it_is_settled_by_a_step_after_which_the_next_is_due_only_after_the_part(self) -> None:
        # The next may come early by a quarter of a period.
        assert self.policy.settled(counted([(0, 11)]), START_NS + 10 * MS + 3 * MS // 4)
        assert not self.policy.settled(counted([(0, 11)]), START_NS + 10 * MS + 3 * MS // 4 + 1)
        assert self.policy.settled(counted([(0, 12)]), START_NS + 11 * MS)

    def test_of_steps_seconds_apart_none_comes_early_by_more_than_50_ms(self) -> None:
        policy = AsOf(length=1, max_age_ns=20_000 * MS, period_ns=10_000 * MS)
        assert policy.settled(uneven([0]), START_NS + 9950 * MS)
        assert not policy.settled(uneven([0]), START_NS + 9950 * MS + 1)

    def test_a_step_that_ends_exactly_at_the_part_is_taken_though_the_one_before_came_late(self) -> None:
        policy = AsOf(length=1, max_age_ns=50 * MS, period_ns=10 * MS)
        track = uneven([0, 10, 20.000001])
        assert not policy.settled(track, START_NS + 30 * MS)
        assert values(policy, uneven([0, 10, 20.000001, 30]), 30.0) == [4]
        assert policy.settled(uneven([0, 10, 20.000001, 30]), START_NS + 30 * MS)

    @given(st.lists(st.integers(-1250, 1250), min_size=8, max_size=8), st.integers(20_000, 65_000))
    def test_however_steps_jitter_by_an_eighth_of_a_period_what_is_settled_does_not_change(
        self, jitter_us: list[int], at_us: int
    ) -> None:
        # Two that are each off by an eighth are nearer to each other by a quarter.
        policy = AsOf(length=1, max_age_ns=50 * MS, period_ns=10 * MS)
        times_ms = [10 * number + us / 1000 for number, us in enumerate(jitter_us)]
        taken = [values(policy, uneven(times_ms[:held]), at_us / 1000) for held in range(1, 9)]
        settled = [policy.settled(uneven(times_ms[:held]), START_NS + at_us * 1000) for held in range(1, 9)]
        assert settled[-1]
        last = max(number for number, ms in enumerate(times_ms) if round(ms * MS) <= at_us * 1000)
        assert {one for one, done in zip(map(str, taken), settled, strict=True) if done} == {str([last + 1])}

    def test_without_a_rate_it_takes_what_came_last(self) -> None:
        policy = AsOf(length=2, max_age_ns=100 * MS, period_ns=0)
        assert values(policy, uneven([0, 7, 50, 90]), 60.0) == [2, 3]
        assert not policy.settled(uneven([0, 7, 50]), START_NS + 60 * MS)


class TestInterpolate:
    policy = Interpolate(rate=RATE, before_ns=2 * MS, length=4, max_gap_ns=20 * MS)

    def test_a_straight_line_is_met_between_its_samples(self) -> None:
        policy = Interpolate(rate=Rate.of(500.0), before_ns=0, length=3, max_gap_ns=20 * MS)
        track = Track(
            Stream(name="s", kind="series", shape=(2,), nominal_rate_hz=None, units=("1",) * 2), max_bytes=10**6
        )
        for seq, time_ms in enumerate([0, 3, 10]):
            data = np.array([[2.0 * time_ms, -1.0 * time_ms]], np.float32)
            arrival_ns = START_NS + time_ms * MS
            track.push(Reading(stream="s", session=1, seq=seq, arrival_ns=arrival_ns, device_ns=None, data=data))
        cut = policy.cut(track, START_NS + 2 * MS)
        assert isinstance(cut, Cut)
        np.testing.assert_allclose(cut.data, [[4.0, -2.0], [8.0, -4.0], [12.0, -6.0]], rtol=1e-6)
        assert (cut.data.dtype, cut.missing) == (np.float32, 0)

    def test_on_the_samples_themselves_it_gives_their_values(self) -> None:
        assert values(self.policy, counted([(0, 20)]), 10.0) == [9, 10, 11, 12]

    def test_a_point_between_two_that_are_too_far_apart_is_missing(self) -> None:
        policy = Interpolate(rate=RATE, before_ns=0, length=4, max_gap_ns=3 * MS)
        cut = policy.cut(uneven([0, 1, 4.000001, 5]), START_NS)
        assert isinstance(cut, Cut)
        assert cut.data[:, 0].tolist() == [1, 2, 0, 0]
        assert cut.missing == 2

    @pytest.mark.parametrize(("lost", "missing"), [(0, 0), (1, 0), (2, 0), (3, 3)])
    def test_a_gap_at_the_limit_is_bridged_and_one_sample_more_is_missing(self, lost: int, missing: int) -> None:
        policy = Interpolate(rate=RATE, before_ns=0, length=4, max_gap_ns=3 * MS)
        cut = policy.cut(counted([(0, 11), (11 + lost, 10)]), START_NS + 10 * MS)
        assert isinstance(cut, Cut)
        assert cut.missing == missing
        assert missing or cut.data[:, 0].tolist() == [11, 12, 13, 14]

    def test_images_are_interpolated_pixel_by_pixel(self) -> None:
        track = Track(Stream(name="s", kind="image", shape=(2, 3), nominal_rate_hz=None, units=("1",)), max_bytes=10**6)
        for seq, time_ms in enumerate([0, 4]):
            data = (np.arange(6, dtype=np.uint16).reshape(1, 2, 3) + 1) * (1000 * time_ms)
            arrival_ns = START_NS + time_ms * MS
            track.push(Reading(stream="s", session=1, seq=seq, arrival_ns=arrival_ns, device_ns=None, data=data))
        cut = Interpolate(rate=RATE, before_ns=0, length=2, max_gap_ns=4 * MS).cut(track, START_NS + MS)
        assert isinstance(cut, Cut)
        assert cut.data.dtype == np.uint16
        assert cut.data.reshape(2, 6).tolist() == [[1000 * n for n in range(1, 7)], [2000 * n for n in range(1, 7)]]

    def test_it_is_settled_by_a_sample_at_or_after_its_last_point(self) -> None:
        assert not self.policy.settled(counted([(0, 11)]), START_NS + 10 * MS)
        assert self.policy.settled(counted([(0, 12)]), START_NS + 10 * MS)

    def test_without_neighbours_there_is_none(self) -> None:
        assert values(self.policy, counted([(0, 5)]), 100.0) is Reason.GAP
        assert values(self.policy, counted([(0, 5)]), -100.0) is Reason.GAP
