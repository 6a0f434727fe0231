from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from qc_station.triggers.frame_grid import FrameGrid

SAMPLES = np.arange(40, dtype=np.float32).reshape(-1, 1)


def blocks(cuts: list[int], samples: NDArray[np.float32] = SAMPLES) -> list[tuple[int, NDArray[np.float32]]]:
    edges = [0, *sorted(cuts), len(samples)]
    return [(start, samples[start:stop]) for start, stop in pairwise(edges)]


@given(st.lists(st.integers(0, 40), max_size=8), st.integers(1, 9))
def test_how_samples_are_cut_changes_no_frame(cuts: list[int], frame: int) -> None:
    grid = FrameGrid(frame)
    found = [
        (start + i * frame, one) for at in blocks(cuts) for start, many in [grid.cut(*at)] for i, one in enumerate(many)
    ]
    assert [start for start, _ in found] == list(range(0, 40 // frame * frame, frame))
    for start, one in found:
        np.testing.assert_array_equal(one, SAMPLES[start : start + frame])


@given(st.lists(st.integers(0, 40), max_size=8), st.sets(st.integers(0, 8)), st.integers(1, 9))
def test_every_frame_is_whole_and_in_its_place_whatever_is_lost_or_comes_twice(
    cuts: list[int], lost: set[int], frame: int
) -> None:
    grid = FrameGrid(frame)
    starts = []
    for number, (first, data) in enumerate(blocks(cuts)):
        for _ in range(0 if number in lost else 2):
            start, frames = grid.cut(first, data)
            for index, one in enumerate(frames):
                starts.append(start + index * frame)
                np.testing.assert_array_equal(one, SAMPLES[starts[-1] : starts[-1] + frame])
    there = {
        first + i for number, (first, data) in enumerate(blocks(cuts)) if number not in lost for i in range(len(data))
    }
    assert starts == [start for start in range(0, 40, frame) if set(range(start, start + frame)) <= there]


def test_integers_are_scaled_to_their_type_and_images_become_channels() -> None:
    _, frames = FrameGrid(2).cut(0, np.full((2, 3, 4), -32768, np.int16))
    assert frames.shape == (1, 2, 12)
    assert (frames == -1.0).all()
    _, unsigned = FrameGrid(1).cut(0, np.full((1, 1), 128, np.uint8))
    assert unsigned.item() == 0.5
