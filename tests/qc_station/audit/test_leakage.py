"""A copy is found however it was changed, and what only looks alike is left alone."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from models.injection import InputSpec
from qc_station.audit.leakage import copies
from qc_station.audit.likeness import likeness
from qc_station.audit.sightings import sightings
from qc_station.items import Item
from qc_station.learning.datasets import input_spec
from tests.qc_station.audit.scene import STREAMS, clean, first_of, material, with_window

Change = Callable[[NDArray[np.float64]], NDArray[np.float64]]
RANDOM = np.random.default_rng(7)


def found(items: list[Item], stream: str) -> list[tuple[str, tuple[str, ...]]]:
    seen = sightings(material(items), stream)
    return [(finding.kind, finding.items) for finding in copies(seen, input_spec(stream, STREAMS[stream]))]


SOUND: dict[str, Change] = {
    "twice as loud": lambda x: 2 * x,
    "upside down": lambda x: -x,
    "5 samples later": lambda x: np.roll(x, 5),
    "an offset": lambda x: x + 500,
    "noise 20 dB below": lambda x: x + 0.1 * x.std() * RANDOM.standard_normal(x.shape),
}
PICTURE: dict[str, Change] = {
    "warmer": lambda x: x + 700,
    "more contrast": lambda x: 1.5 * x,
    "left is right": lambda x: x[..., ::-1],
    "top is bottom": lambda x: x[:, ::-1],
    "half a turn": lambda x: x[:, ::-1, ::-1],
    "a little noise": lambda x: x + 1.5 * RANDOM.standard_normal(x.shape),
}
SERIES: dict[str, Change] = {
    "rounded": lambda x: np.round(x, 2),
    "a little noise": lambda x: x + 0.002 * RANDOM.standard_normal(x.shape),
}
CHANGES = [
    *(("acoustic", name, change) for name, change in SOUND.items()),
    *(("thermal", name, change) for name, change in PICTURE.items()),
    *(("enose", name, change) for name, change in SERIES.items()),
]


@pytest.mark.parametrize(("stream", "name", "change"), CHANGES, ids=[f"{s} {n}" for s, n, _ in CHANGES])
def test_a_changed_copy_leaks(stream: str, name: str, change: Change) -> None:
    assert name
    items = clean((stream,))
    train, test = first_of(items, "train", "ok", after=20), first_of(items, "test", "ok")
    window = items[train].windows[stream]
    changed = change(window.astype(np.float64))
    with_window(
        items,
        test,
        stream,
        np.round(changed).astype(window.dtype) if window.dtype.kind != "f" else changed.astype(window.dtype),
    )
    assert found(items, stream) == [("leakage", (items[train].name, items[test].name))]


@pytest.mark.parametrize("stream", list(STREAMS))
def test_parts_that_only_look_alike_are_no_copies(stream: str) -> None:
    assert found(clean((stream,)), stream) == []


def test_a_changed_copy_under_another_label_is_a_contradiction_within_a_split() -> None:
    items = clean(("thermal",))
    one, other = first_of(items, "train", "ok"), first_of(items, "train", "bad", after=40)
    with_window(items, other, "thermal", items[one].windows["thermal"] + np.uint16(9))
    assert found(items, "thermal") == [("contradiction", (items[one].name, items[other].name))]


def test_a_fixture_that_every_frame_shows_makes_no_copies() -> None:
    items = clean(("thermal",))
    fixture = np.where((np.arange(24)[:, None] + np.arange(20)) % 7 < 2, 9000, 0).astype(np.uint16)
    items = [replace(one, windows={"thermal": one.windows["thermal"] + fixture}) for one in items]
    assert found(items, "thermal") == []


def scene(across: float, down: float) -> NDArray[np.float64]:
    """A warm place, wide and smooth."""
    rows, columns = np.mgrid[0:24, 0:20] / 20.0
    warm: NDArray[np.float64] = 100 * np.exp(-((rows - down) ** 2 + (columns - across) ** 2) / 0.4)[None]
    return warm


FRAME = InputSpec(name="f", kind="image", shape=(1, 24, 20))
SCENES = [scene(*RANDOM.random(2)) for _ in range(40)]


def test_a_later_frame_of_the_same_scene_is_no_copy() -> None:
    one, later = (scene(0.2, 0.3) + 0.5 * RANDOM.standard_normal((1, 24, 20)) for _ in range(2))
    compare = likeness(FRAME, [*SCENES, one, later])
    assert not compare.same(one, later)
    assert compare.same(one, one + 0.02 * RANDOM.standard_normal((1, 24, 20)))


def test_frames_of_one_edge_under_another_light_are_no_copies() -> None:
    edge = scene(0.2, 0.3) + np.where(np.arange(24)[:, None] < 12, 0, 300)
    light = edge + np.linspace(0, 60, 20)
    compare = likeness(FRAME, [*SCENES, edge, light])
    assert not compare.same(edge, light)
    assert compare.same(edge, edge[:, ::-1, ::-1])


def test_another_take_of_the_same_tone_is_no_copy() -> None:
    random, time = np.random.default_rng(3), np.arange(4000) / 8000
    takes = [np.sin(2 * np.pi * 440 * time + turn) + 0.5 * random.standard_normal(4000) for turn in (0.0, 1.0)]
    spec = InputSpec(name="s", kind="waveform", shape=(1, 4000), rate_hz=8000.0)
    compare = likeness(spec, [take[None] for take in takes])
    assert not compare.same(takes[0][None], takes[1][None])
    assert compare.same(takes[0][None], 0.1 * takes[0][None])


def test_too_few_series_have_no_usual_distance() -> None:
    items = clean(("enose",))[:10]
    with_window(items, 9, "enose", items[0].windows["enose"] + np.float32(1e-4))
    items[9] = replace(items[9], split="test")
    assert found(items, "enose") == []
