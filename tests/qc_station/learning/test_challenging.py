"""The floor on parts that taught nobody, beside which bundles are shown."""

import numpy as np
import pytest

from qc_station.champion.challenge import Challenge, figures_of
from qc_station.config.station import StationConfig, StreamConfig
from qc_station.errors import ConfigError
from qc_station.items import Item, Split
from qc_station.learning.challenging import floor_answers

CONFIG = StationConfig(name="line", streams={"enose": StreamConfig(kind="series", channels=("a", "b"), window_steps=6)})
SPLITS: tuple[Split, ...] = ("train", "train", "val", "test")


def item(number: int) -> Item:
    """Bad parts rise; in the test split the odd ones are called bad and look good."""
    bad, split = (number // 4) % 2, SPLITS[number % 4]
    lying = split == "test" and number % 16 == 7
    random = np.random.default_rng(number)
    window = np.linspace(1, 1 + (0 if lying else bad), 6) + 0.05 * random.standard_normal((2, 6))
    return Item(
        name=f"p{number}",
        group=f"g{number}",
        split=split,
        windows={"enose": window.astype(np.float32)},
        labels={"label": "bad" if bad else "ok"},
    )


ITEMS = [item(number) for number in range(160)]


def test_the_floor_is_asked_what_the_bundles_are_asked_with_exact_bounds() -> None:
    challenge = Challenge(split="test", items=tuple(one for one in ITEMS if one.split == "test"))
    answers = floor_answers(CONFIG, [one for one in ITEMS if one.split != "test"], challenge)
    found = figures_of(answers, challenge.good(CONFIG.ok_classes))
    lies = sum(number % 16 == 7 for number in range(3, 160, 4))
    assert lies == 10
    assert (found.accuracy.count, found.accuracy.total) == (30, 40)
    assert (found.escape.count, found.escape.total) == (10, 20)
    assert found.overkill.count == 0
    assert found.accuracy.lower < 0.75 < found.accuracy.upper


def test_without_labelled_parts_to_ask_there_is_no_floor() -> None:
    with pytest.raises(ConfigError, match="no labelled item stands in test or challenge"):
        floor_answers(CONFIG, ITEMS, Challenge(split="", items=()))
