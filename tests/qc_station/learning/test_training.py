"""A training on a station's items does not depend on how they were listed."""

import numpy as np
import torch

from qc_station.config.station import StationConfig, StreamConfig
from qc_station.config.training import TrainingConfig
from qc_station.items import Item
from qc_station.learning.training import train

STREAMS = {
    "acoustic": StreamConfig(kind="waveform", rate_hz=16000.0, dtype="int16", window_s=0.016),
    "enose": StreamConfig(kind="series", channels=("a", "b"), window_steps=6),
}
ITEMS = 32


def item(number: int) -> Item:
    """Some parts lack a stream, some a label; their names are not in the order of their numbers."""
    random = np.random.default_rng(number)
    windows = {
        "acoustic": random.integers(-8000, 8000, (1, 256), dtype=np.int16),
        "enose": random.uniform(1.0, 2.0, (2, 6)).astype(np.float32),
    }
    if number % 5 == 0:
        del windows["acoustic"]
    return Item(
        name=f"p{(number * 7) % ITEMS}",
        group=f"g{number}",
        split="val" if number >= 24 else "train",
        windows=windows,
        labels={} if number % 6 == 1 else {"label": ("ok", "crack", "leak")[number % 3]},
    )


def learnt(order: np.ndarray) -> dict[str, torch.Tensor]:
    chosen = TrainingConfig(epochs=2, threads=1, batch=8, weighting="auto")
    config = StationConfig(name="line", streams=STREAMS, training=chosen)
    return train(config, [item(int(number)) for number in order]).outcome.network.state_dict()


def test_items_in_another_order_give_the_same_bits() -> None:
    first = learnt(np.arange(ITEMS))
    for order in (np.arange(ITEMS)[::-1], np.random.default_rng(3).permutation(ITEMS)):
        again = learnt(order)
        assert again.keys() == first.keys()
        assert all(torch.equal(value, first[name]) for name, value in again.items())
