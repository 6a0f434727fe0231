from hypothesis import given
from hypothesis import strategies as st

from qc_station.align.uses import Uses


def test_use_is_counted_once_and_sharing_is_seen() -> None:
    uses = Uses()
    assert not uses.mark(0, 4)
    assert not uses.mark(6, 8)
    assert uses.mark(3, 7)
    assert uses.count(0, 100) == 8
    assert uses.count(5, 7) == 2


def test_ranges_that_touch_are_not_shared() -> None:
    uses = Uses()
    assert [uses.mark(*one) for one in ((0, 4), (8, 12), (4, 8))] == [False] * 3
    assert uses.count(0, 12) == 12


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 20)), max_size=30), st.integers(0, 80), st.integers(0, 80))
def test_it_is_a_set_of_positions(marks: list[tuple[int, int]], low: int, high: int) -> None:
    uses, served = Uses(), set()
    low, high = min(low, high), max(low, high)
    for first, count in marks:
        positions = set(range(first, first + count))
        assert uses.mark(first, first + count) == bool(positions & served)
        served |= positions
        assert uses.count(low, high) == len(served & set(range(low, high)))
    uses.forget(low)
    assert uses.count(low, 100) == len(served & set(range(low, 100)))
