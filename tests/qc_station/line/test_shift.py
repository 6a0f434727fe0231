from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from qc_station.align.snapshot import Reason, Snapshot, Window
from qc_station.config.station import StreamConfig
from qc_station.line.shift import grouped, item, split_by_time

SECOND_NS = 1_000_000_000


def snapshot(second: float, *, shared: bool = False) -> Snapshot:
    window = Window(data=np.zeros((1, 4), np.int16), start_ns=0, missing=0, skew_ns=0, uncertainty_ns=0, shared=shared)
    time_ns = round(second * SECOND_NS)
    return Snapshot(part=f"at-{second}", time_ns=time_ns, windows={"sound": window}, reasons={"sound": Reason.OK})


def test_an_item_has_the_windows_and_the_labels() -> None:
    one = item(snapshot(1.0), {"label": "crack"}, group="g", split="val")
    assert (one.name, one.group, one.split, one.labels) == ("at-1.0", "g", "val", {"label": "crack"})
    assert one.windows["sound"].shape == (1, 4)


def test_the_quality_of_a_window_is_measured_where_its_kind_is_known() -> None:
    tables = {"sound": StreamConfig(kind="waveform", rate_hz=4.0, window_s=1.0), "gas": StreamConfig(kind="series")}
    assert item(snapshot(1.0), {}, group="g").quality == {}
    # Nothing stands out of silence.
    assert item(snapshot(1.0), {}, group="g", streams=tables).quality == {"sound": 0.5}
    (one,) = grouped([(snapshot(1.0), {})], shift="s", streams=tables)
    assert one.quality == {"sound": 0.5}


def test_a_group_ends_only_after_its_time_and_where_nothing_is_shared() -> None:
    times = [(0.0, False), (6.0, False), (12.0, True), (13.0, False), (14.0, False), (23.5, False)]
    items = grouped(((snapshot(second, shared=shared), {}) for second, shared in times), shift="s")
    assert [one.group for one in items] == ["s-0000"] * 3 + ["s-0001"] * 2 + ["s-0002"]


def test_a_line_that_never_pauses_is_one_group() -> None:
    items = grouped(((snapshot(second, shared=second > 0), {}) for second in range(100)), shift="s")
    assert {one.group for one in items} == {"s-0000"}


@given(st.lists(st.booleans(), min_size=1, max_size=60))
def test_splits_are_contiguous_in_time_and_no_group_stands_in_two(shared: list[bool]) -> None:
    parts = [(snapshot(4.0 * turn, shared=flag), {}) for turn, flag in enumerate(shared)]
    items = split_by_time(grouped(parts, shift="s"))
    order = ["train", "val", "test"]
    places = [order.index(str(one.split)) for one in items]
    assert places == sorted(places)
    assert all(a.split == b.split for a, b in pairwise(items) if a.group == b.group)
    assert [one.name for one in items] == [one.part for one, _ in parts]


def test_shares_are_met_as_far_as_groups_allow() -> None:
    parts = ((snapshot(10.0 * turn), {}) for turn in range(20))
    splits = [one.split for one in split_by_time(grouped(parts, shift="s"))]
    assert [splits.count(name) for name in ("train", "val", "test")] == [14, 3, 3]
