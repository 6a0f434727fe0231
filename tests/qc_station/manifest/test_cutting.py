"""Windows of long recordings: every one is whole, in order, a hop apart, and none that fits is left out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc_station.config.station import StreamConfig
from qc_station.errors import ManifestError
from qc_station.manifest.cutting import cut, names, side_by_side

SIZES = st.integers(1, 12)


def stream(kind: str, window: int, hop: int) -> StreamConfig:
    if kind == "waveform":
        return StreamConfig(kind=kind, rate_hz=10.0, window_s=window / 10, hop_s=hop / 10)
    return StreamConfig(kind=kind, window_steps=window, hop_steps=hop, height=2, width=3)


@given(kind=st.sampled_from(["waveform", "series", "image"]), window=SIZES, hop=SIZES, extra=st.integers(0, 40))
def test_windows_are_whole_and_a_hop_apart(kind: str, window: int, hop: int, extra: int) -> None:
    length = window + extra
    steps = np.arange(length)
    recording = np.tile(steps[:, None, None], (1, 2, 3)) if kind == "image" else steps[None]
    windows = cut(recording, stream(kind, window, hop))
    firsts = [int(w.ravel()[0]) for w in windows]
    along = [(w[:, 0, 0] if kind == "image" else w[0]).tolist() for w in windows]
    assert firsts == list(range(0, length - window + 1, hop))
    assert along == [list(range(first, first + window)) for first in firsts]
    assert length - (firsts[-1] + hop) < window


@given(window=SIZES, missing=SIZES)
def test_a_recording_shorter_than_the_window_is_refused(window: int, missing: int) -> None:
    with pytest.raises(ManifestError, match="shorter than the window"):
        cut(np.zeros((1, max(0, window - missing))), stream("series", window, 1))


def test_windows_of_other_windows_are_shared_only_when_single() -> None:
    a, b = np.zeros(1), np.ones(1)
    assert side_by_side({"x": [a, b], "y": [b]}) == [{"x": a, "y": b}, {"x": b, "y": b}]
    with pytest.raises(ManifestError, match=r"x 3, y 2"):
        side_by_side({"x": [a, a, a], "y": [b, b]})


def test_a_single_window_keeps_the_items_name() -> None:
    assert names("p", 1) == ["p"]
    assert names("p", 2) == ["p#0", "p#1"]
