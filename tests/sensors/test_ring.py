import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sensors.readings import Quality
from sensors.ring import Ring

LOSS = Quality.OVERFLOW | Quality.GAP_BEFORE


def block(first: int, count: int) -> np.ndarray:
    return np.arange(first, first + count, dtype=np.int16)[:, None]


def test_an_empty_ring_gives_nothing() -> None:
    assert Ring(slots=2).get(0.0) is None


def test_what_was_put_in_does_not_change_when_the_callback_uses_its_buffer_again() -> None:
    ring, buffer = Ring(slots=1), block(1, 2)
    ring.put(buffer, 10)
    buffer += 6
    first = ring.get(0.0)
    assert first is not None
    assert first.data.tolist() == [[1], [2]]


def test_a_full_ring_keeps_the_oldest_and_marks_the_next_that_finds_room() -> None:
    ring = Ring(slots=2)
    assert [ring.put(block(2 * n, 2), n) for n in range(4)] == [0, 0, 2, 2]
    assert [(b.seq, b.quality) for b in (ring.get(0.0), ring.get(0.0)) if b] == [(0, Quality.OK), (2, Quality.OK)]
    ring.put(block(8, 2), 4)
    ring.put(block(10, 2), 5)
    assert [(b.seq, b.quality) for b in (ring.get(0.0), ring.get(0.0)) if b] == [(8, LOSS), (10, Quality.OK)]


def test_a_flag_of_a_dropped_block_is_passed_on() -> None:
    ring = Ring(slots=1)
    ring.put(block(0, 1), 0)
    ring.put(block(1, 1), 1, Quality.WARMING)
    ring.get(0.0)
    ring.put(block(2, 1), 2)
    after = ring.get(0.0)
    assert after is not None
    assert after.quality == LOSS | Quality.WARMING


@given(slots=st.integers(1, 4), steps=st.lists(st.one_of(st.none(), st.integers(1, 5)), max_size=40))
def test_every_sample_comes_out_once_in_order_or_is_counted_as_lost(slots: int, steps: list[int | None]) -> None:
    ring = Ring(slots=slots)
    put, lost, expected = 0, 0, 0
    gaps = 0

    def take() -> bool:
        nonlocal expected, gaps
        got = ring.get(0.0)
        if got is None:
            return False
        assert got.data[:, 0].tolist() == list(range(got.seq, got.seq + len(got.data)))
        assert (got.seq > expected) == (Quality.GAP_BEFORE in got.quality)
        gaps += got.seq - expected
        expected = got.seq + len(got.data)
        return True

    for step in steps:
        if step is None:
            take()
        else:
            lost += ring.put(block(put, step), put)
            put += step
    while take():
        pass
    lost_at_the_end = put - expected
    assert gaps + lost_at_the_end == lost
