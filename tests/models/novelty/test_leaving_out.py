"""A class that training never saw looks novel, at least as clearly as to the usual detectors."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.covariance import LedoitWolf
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import NearestNeighbors

from models.deciding import Deciding
from models.injection import Dataset
from models.novelty.leaving_out import LeftOut, leave_out, narrowed, taken
from models.settings import Settings
from models.tasks import Task
from models.trainer import Trainer
from tests.models.novelty.kinds import CLASSES, LABEL, parts
from tests.synthetic import SPECS, without

TRAIN, VAL, HELD = parts(240, 11), parts(160, 12), parts(400, 13)
SETTINGS = Settings(epochs=4, seed=1)
SHOWN_BY = {"hum": "acoustic", "hot": "thermal", "leak": "enose"}
SLACK = 0.01
"""In AUROC; 400 parts know it to about 0.02."""


def left_out(name: str) -> LeftOut:
    return leave_out(name, SPECS, (LABEL,), TRAIN, VAL, HELD, SETTINGS)


def embedding(deciding: Deciding, data: Dataset) -> tuple[np.ndarray, np.ndarray]:
    """What a user of the network sees: its last layer, and the logits of the joint answer."""
    windows = [torch.from_numpy(data.windows[s.name].astype(np.float32)) for s in SPECS]
    with torch.inference_mode():
        signals = deciding(*windows, torch.ones(len(data), len(SPECS), dtype=torch.bool))[-1]
        return signals.numpy(), deciding.network.answer(signals)["label:joint"].numpy()


def rivals(train: np.ndarray, label: np.ndarray, new: np.ndarray) -> dict[str, np.ndarray]:
    """Strangeness by scikit-learn: distance to the fifth neighbour, class-conditional Mahalanobis."""
    mean, scale = train.mean(axis=0), train.std(axis=0) + 1e-6
    train, new = (train - mean) / scale, (new - mean) / scale
    means = {c: train[label == c].mean(axis=0) for c in np.unique(label)}
    shrunk = LedoitWolf(assume_centered=True).fit(np.concatenate([train[label == c] - m for c, m in means.items()]))
    return {
        "knn": NearestNeighbors(n_neighbors=5).fit(train).kneighbors(new)[0][:, -1],
        "mahalanobis": np.min([shrunk.mahalanobis(new - m) for m in means.values()], axis=0),
    }


@pytest.mark.slow
@pytest.mark.parametrize("name", CLASSES[1:])
def test_each_defect_left_out_is_found_as_well_as_by_the_best_usual_detector(name: str) -> None:
    """Neighbours, shrunk Mahalanobis and energy (Liu et al. 2020, arXiv:2010.03759) on the network's last layer."""
    found = left_out(name)
    place = CLASSES.index(name)
    known = taken(TRAIN, np.flatnonzero(TRAIN.targets["label"] != place))
    novel = HELD.targets["label"] == place
    inside, _ = embedding(found.deciding, known)
    outside, logits = embedding(found.deciding, HELD)
    strange = rivals(inside, known.targets["label"], outside)
    strange["energy"] = -torch.logsumexp(torch.from_numpy(logits), dim=1).numpy()
    best = max(float(roc_auc_score(novel, s)) for s in strange.values())
    assert (found.name, found.novel, found.known) == (name, 100, 300)
    assert found.auroc["novelty"] >= best - SLACK
    assert found.auroc["novelty"] >= 0.85
    shown = f"novelty:{SHOWN_BY[name]}"
    assert found.auroc[shown] == max(found.auroc.values())
    assert all(found.auroc[f"novelty:{s.name}"] < 0.6 for s in SPECS if f"novelty:{s.name}" != shown)


def test_the_network_that_is_judged_never_heard_of_the_class(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not in its data, not in its answers: what the trainer is given is looked at."""
    given: list[Dataset] = []

    class Spy(Trainer):
        def __init__(self, inputs: object, tasks: object, train: Dataset, val: Dataset, *rest: object) -> None:
            given.extend((train, val))
            super().__init__(inputs, tasks, train, val, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr("models.novelty.leaving_out.Trainer", Spy)
    found = leave_out("hot", SPECS, (LABEL,), TRAIN, VAL, HELD, Settings(epochs=1))
    assert found.deciding.network.tasks[0].classes == ("ok", "hum", "leak")
    assert found.deciding.network.tasks[0].frequencies == pytest.approx((1 / 3,) * 3)
    for data, whole in zip(given, (TRAIN, VAL), strict=True):
        kept = np.flatnonzero(whole.targets["label"] != 2)
        assert len(data) == len(kept) == len(whole) * 3 // 4
        assert np.bincount(data.targets["label"].astype(int)).tolist() == [len(kept) // 3] * 3
        for stream, windows in data.windows.items():
            assert np.array_equal(windows[data.rows[stream]], whole.windows[stream][whole.rows[stream][kept]])


def test_items_are_taken_with_their_own_windows_and_no_others() -> None:
    data = replace(
        without(TRAIN, "enose", [1, 5]),
        names=tuple(f"p{n}" for n in range(240)),
        weights={"": np.arange(240, dtype=np.float32)},
    )
    few = taken(data, np.array([5, 2, 9]))
    assert few.names == ("p5", "p2", "p9")
    assert few.weights[""].tolist() == [5, 2, 9]
    assert few.rows["enose"].tolist() == [-1, 0, 1]
    assert np.array_equal(few.windows["enose"], data.windows["enose"][[2, 9]])
    assert np.array_equal(few.windows["thermal"], data.windows["thermal"][[5, 2, 9]])
    assert few.targets["label"].tolist() == data.targets["label"][[5, 2, 9]].tolist()


def test_a_task_that_no_longer_varies_is_dropped_and_a_value_stays() -> None:
    targets = {"label.enose": np.float32([0, 0, np.nan]), "severity": np.float32([0, 1, 2])}
    data = replace(taken(TRAIN, np.arange(3)), targets=targets)
    value = Task(name="severity", stream=None, classes=(), frequencies=(1.0, 0.5))
    single = Task(name="label.enose", stream="enose", classes=("ok", "leak"), frequencies=(0.5, 0.5))
    assert narrowed(single, data) is None
    assert narrowed(value, data) is value


@pytest.mark.parametrize(
    ("name", "held", "said"),
    [
        ("void", HELD, "class 'void' of 'label' cannot be left out; allowed: ok, hum, hot, leak"),
        ("hot", parts(40, 1, ("ok", "hum")), "0 items of class 'hot' and 40 of others; both are needed"),
        ("hot", parts(40, 1, ("hot",)), "40 items of class 'hot' and 0 of others; both are needed"),
    ],
)
def test_what_cannot_be_measured_is_refused_before_anything_is_trained(name: str, held: Dataset, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        leave_out(name, SPECS, (LABEL,), TRAIN, VAL, held, SETTINGS)


def test_without_a_label_that_varies_there_is_nothing_to_learn() -> None:
    two = Task(name="label", stream=None, classes=("ok", "hum"), frequencies=(0.5, 0.5))
    data = parts(40, 1, ("ok", "hum"))
    with pytest.raises(ValueError, match="without class 'hum' no label of the 20 training items varies"):
        leave_out("hum", SPECS, (two,), data, data, data, SETTINGS)
