"""A small clean set of three streams, into which the tests plant their faults."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qc_station.audit.material import Material
from qc_station.config.station import StationConfig, StreamConfig
from qc_station.items import Item, Split

RATE_HZ = 8000
STREAMS = {
    "acoustic": StreamConfig(kind="waveform", rate_hz=float(RATE_HZ), window_s=0.05, dtype="int16"),
    "thermal": StreamConfig(kind="image", height=24, width=20, dtype="uint16"),
    "enose": StreamConfig(kind="series", channels=("a", "b", "c"), window_steps=8),
}
CONFIG = StationConfig(name="scene", streams=STREAMS, ok_classes=("ok",))
COUNT = 150


def windows(number: int, bad: bool) -> dict[str, NDArray[Any]]:
    """A part: its tone, its warm place and its curve tell what it is, at the same level for all."""
    random = np.random.default_rng(number)
    time = np.arange(400) / RATE_HZ
    tone = np.sin(2 * np.pi * (900 if bad else 2100) * time + random.uniform(0, 6))
    sound = 2000 * (tone + random.standard_normal(400))
    frame = 3000 + 40 * random.standard_normal((24, 20))
    row = 5 if bad else 15
    frame[row : row + 4, 6:12] += 60
    curve = np.linspace(2, 3, 8) if bad else np.linspace(3, 2, 8)
    gas = np.stack([curve + 0.4 * random.standard_normal(8) for _ in range(3)])
    return {
        "acoustic": sound.astype(np.int16)[None],
        "thermal": frame.astype(np.uint16)[None],
        "enose": gas.astype(np.float32),
    }


def item(number: int) -> Item:
    """Groups of three; classes drawn for each part; train, val and test in blocks."""
    bad = bool(np.random.default_rng(10_000 + number).random() < 0.4)
    place = number // 3 * 3 / COUNT
    split: Split = "train" if place < 0.6 else "val" if place < 0.8 else "test"
    return Item(
        name=f"p{number:03d}",
        group=f"g{number // 3}",
        split=split,
        windows=windows(number, bad),
        labels={"label": "bad" if bad else "ok"},
    )


def clean(streams: tuple[str, ...] = tuple(STREAMS)) -> list[Item]:
    """All items, with some of the streams."""
    items = [item(number) for number in range(COUNT)]
    return [replace(one, windows={name: one.windows[name] for name in streams}) for one in items]


def material(items: list[Item], **more: Any) -> Material:
    """The items as they are audited, with the tables of the streams that they have."""
    names = [name for name in STREAMS if any(name in one.windows for one in items)]
    config = StationConfig(name="scene", streams={name: STREAMS[name] for name in names}, ok_classes=("ok",))
    return Material(source="scene", config=config, items=tuple(items), **more)


def with_window(items: list[Item], number: int, stream: str, window: NDArray[Any]) -> None:
    """Plant a window."""
    items[number] = replace(items[number], windows=items[number].windows | {stream: window})


def first_of(items: list[Item], split: str, label: str | None = None, after: int = 0) -> int:
    """Number of the first item of a split, and of a class."""
    return next(
        n
        for n, one in enumerate(items)
        if n >= after and one.split == split and label in (None, one.labels.get("label"))
    )
