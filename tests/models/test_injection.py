"""Items into batches: only what is there, in its place."""

from dataclasses import replace

import numpy as np
import torch

from models.injection import ABSENT, Dataset, collate, in_order
from tests.synthetic import ENOSE, THERMAL, dataset, without


def lacking() -> Dataset:
    return without(without(dataset(5), "thermal", [0, 3]), "enose", [1])


def test_presence_is_what_the_rows_say() -> None:
    assert lacking().presence().tolist() == [[False, True], [True, False], [True, True], [False, True], [True, True]]


def test_a_batch_carries_only_windows_that_are_there_with_their_place() -> None:
    data = lacking()
    batch = collate(data, np.array([3, 2, 0, 4]))
    assert batch.places["thermal"].tolist() == [1, 3]
    assert batch.windows["thermal"].shape == (2, *THERMAL.shape)
    assert batch.windows["thermal"].dtype == torch.float32
    np.testing.assert_array_equal(batch.windows["thermal"][1].numpy(), data.windows["thermal"][4])
    np.testing.assert_array_equal(batch.windows["enose"][0].numpy(), data.windows["enose"][3])
    assert batch.presence(["thermal", "enose"]).tolist() == [[False, True], [True, True], [False, True], [True, True]]
    np.testing.assert_array_equal(batch.targets["label"].numpy(), data.targets["label"][[3, 2, 0, 4]])


def test_other_rows_replace_windows_and_nothing_else() -> None:
    data = lacking()
    batch = collate(data, np.array([2]), {"thermal": np.array([4]), "enose": np.array([ABSENT])})
    np.testing.assert_array_equal(batch.windows["thermal"][0].numpy(), data.windows["thermal"][4])
    assert batch.windows["enose"].shape == (0, *ENOSE.shape)
    assert batch.targets["label"].tolist() == [data.targets["label"][2]]


def test_a_window_that_is_exchanged_brings_its_own_quality_and_leaves_the_item_its_weight() -> None:
    quality, weight = np.arange(5, dtype=np.float32) / 10, np.arange(5, dtype=np.float32)
    data = replace(lacking(), weights={"thermal": quality, "": weight})
    own = collate(data, np.array([2, 4])).weights
    assert own["thermal"].tolist() == quality[[2, 4]].tolist()
    rows = {"thermal": np.array([data.rows["thermal"][4], ABSENT]), "enose": data.rows["enose"][[2, 4]]}
    exchanged = collate(data, np.array([2, 4]), rows).weights
    assert exchanged["thermal"].tolist() == [quality[4], 1.0]
    assert exchanged[""].tolist() == [2.0, 4.0]


def test_in_order_gives_every_item_once() -> None:
    data = dataset(7)
    batches = list(in_order(data, 3))
    assert [b.size for b in batches] == [3, 3, 1]
    np.testing.assert_array_equal(torch.cat([b.targets["label"] for b in batches]).numpy(), data.targets["label"])
