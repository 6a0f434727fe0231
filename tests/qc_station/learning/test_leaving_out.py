"""Classes of defects left out of a training in turn: which, what the trainings are given, and what is refused."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from models.injection import Dataset
from models.novelty.leaving_out import LeftOut, leave_out
from qc_station.config.station import StationConfig, StreamConfig
from qc_station.config.training import TrainingConfig
from qc_station.errors import ConfigError
from qc_station.items import Item
from qc_station.learning import leaving_out
from qc_station.learning.leaving_out import leave_out_defects
from qc_station.learning.training import digest_of

STREAMS = {"enose": StreamConfig(kind="series", channels=("a", "b"), window_steps=6)}
CONFIG = StationConfig(name="line", streams=STREAMS, training=TrainingConfig(epochs=2, threads=1))
RISES = {"ok": 0.0, "bad": 4.0, "burr": -4.0}


def item(number: int, label: str) -> Item:
    window = np.linspace(1, 1 + RISES[label], 6) + 0.1 * np.random.default_rng(number).standard_normal((2, 6))
    return Item(
        name=f"p{number:03d}",
        group=f"g{number}",
        split="val" if number % 3 == 0 else "train",
        windows={"enose": window.astype(np.float32)},
        labels={"label": label},
    )


ITEMS = [item(number, ("ok", "bad", "ok", "burr")[number % 4]) for number in range(180)]


def test_each_defect_is_left_out_once_and_looks_novel() -> None:
    said: list[str] = []
    found = leave_out_defects(CONFIG, ITEMS, said.append)
    assert said == ["training without 'bad' (1 of 2)", "training without 'burr' (2 of 2)"]
    assert [(row["name"], row["novel"], row["known"]) for row in found.rows] == [("bad", 15, 45), ("burr", 15, 45)]
    assert all(set(row["auroc"]) == {"novelty", "novelty:enose"} for row in found.rows)
    assert all(row["auroc"]["novelty"] > 0.95 for row in found.rows)
    assert (found.refused, found.data_digest) == ((), digest_of(ITEMS))


def test_validation_items_are_asked_and_take_no_part_in_the_trainings(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[Dataset] = []

    def watched(name: str, inputs: Any, tasks: Any, *data: Any) -> LeftOut:
        given.extend(data[:3])
        return leave_out(name, inputs, tasks, *data)

    monkeypatch.setattr(leaving_out, "leave_out", watched)
    leave_out_defects(CONFIG, [*ITEMS, replace(item(999, "ok"), split="test")])
    train, val, held = (set(data.names) for data in given[:3])
    assert held == {one.name for one in ITEMS if one.split == "val"}
    assert train | val == {one.name for one in ITEMS if one.split == "train"}
    assert train & val == set()
    assert len(val) == len(train | val) / 5


def test_a_class_that_cannot_be_left_out_is_told_and_the_others_are_measured() -> None:
    items = [replace(one, split="train") if one.labels["label"] == "burr" else one for one in ITEMS]
    found = leave_out_defects(CONFIG, items)
    assert [row["name"] for row in found.rows] == ["bad"]
    assert found.refused == ("'burr' was not left out: 0 items of class 'burr' and 45 of others; both are needed",)


@pytest.mark.parametrize(
    ("ok_classes", "labels", "said"),
    [
        (
            ("ok",),
            {"burr": "ok"},
            "no class could be left out:\n  'bad' was not left out: without class 'bad' no label",
        ),
        (("ok", "bad", "burr"), {}, r"no class to leave out: label has no classes of defects beside \('ok', 'bad'"),
    ],
)
def test_where_nothing_can_be_left_out_the_reason_is_said(
    ok_classes: tuple[str, ...], labels: dict[str, str], said: str
) -> None:
    items = [replace(one, labels={"label": labels.get(one.labels["label"], one.labels["label"])}) for one in ITEMS]
    config = StationConfig(name="line", streams=STREAMS, training=CONFIG.training, ok_classes=ok_classes)
    with pytest.raises(ConfigError, match=said):
        leave_out_defects(config, items)
