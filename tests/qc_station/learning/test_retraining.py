"""Learning on from a champion: what is new, what is replayed, new classes, and when it begins from nothing."""

import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from models.continual.ewc import Elastic
from models.injection import ABSENT
from models.network import MultimodalNetwork
from qc_station.config.loading import parse_station
from qc_station.config.station import StationConfig, StreamConfig
from qc_station.config.training import TrainingConfig
from qc_station.config.writing import station_text
from qc_station.errors import ConfigError, ParametersError
from qc_station.items import Item
from qc_station.learning.datasets import as_dataset
from qc_station.learning.parameters import Parameters, parameters_file, read_parameters, write_parameters
from qc_station.learning.retraining import retrain
from qc_station.learning.training import Trained, train
from qc_station.store.digests import content_digest

STREAMS = {"enose": StreamConfig(kind="series", channels=("a", "b"), window_steps=6)}
CONFIG = StationConfig(name="line", streams=STREAMS, training=TrainingConfig(epochs=2, threads=1))
DIGEST = "d" * 64


def item(number: int, label: str, *, streams: tuple[str, ...] = ("enose",)) -> Item:
    random = np.random.default_rng(number)
    rise = {"ok": 0.0, "bad": 1.0, "burr": -1.0}[label]
    window = (np.linspace(1, 1 + rise, 6) + 0.1 * random.standard_normal((2, 6))).astype(np.float32)
    return Item(
        name=f"p{number:03d}",
        group=f"g{number}",
        split="val" if number % 5 == 0 else "train",
        windows=dict.fromkeys(streams, window),
        labels={"label": label},
    )


OLD = [item(number, ("ok", "bad")[number % 2]) for number in range(60)]
NEW = [item(number, "burr") for number in range(60, 75)]


@pytest.fixture(scope="module")
def trained() -> Trained:
    return train(CONFIG, OLD)


@pytest.fixture(scope="module")
def champion(trained: Trained, tmp_path_factory: pytest.TempPathFactory) -> Parameters:
    """As it was left beside its bundle."""
    bundle = tmp_path_factory.mktemp("bundles") / DIGEST[:12]
    write_parameters(bundle, DIGEST, trained.outcome.network, {i.name: content_digest(i) for i in trained.splits.train})
    return read_parameters(bundle, DIGEST)


def test_parameters_come_back_bit_for_bit_with_inputs_and_tasks(trained: Trained, champion: Parameters) -> None:
    before = trained.outcome.network.state_dict()
    for name, value in champion.network.state_dict().items():
        assert torch.equal(value, before[name])
    assert champion.network.tasks == trained.outcome.network.tasks
    assert champion.network.inputs == trained.outcome.network.inputs
    assert set(champion.about.learnt) == {i.name for i in OLD if i.split == "train"}


def test_parameters_that_are_missing_damaged_or_of_another_bundle_are_refused(trained: Trained, tmp_path: Path) -> None:
    bundle = tmp_path / DIGEST[:12]
    with pytest.raises(ParametersError, match="has no parameters beside it"):
        read_parameters(bundle, DIGEST)
    path = write_parameters(bundle, DIGEST, trained.outcome.network, {})
    with pytest.raises(ParametersError, match="belongs to bundle dddddddddddd, not to eeeeeeeeeeee"):
        read_parameters(bundle, "e" * 64)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(ParametersError, match="cannot be read"):
        read_parameters(bundle, DIGEST)
    assert path == parameters_file(bundle)


def test_a_class_that_the_champion_never_saw_is_learnt_beside_replayed_old_items(champion: Parameters) -> None:
    found = retrain(CONFIG, [*OLD, *NEW], champion, who="ann")
    assert found.anew == ""
    assert found.tuned is not None
    new = [i for i in NEW if i.split == "train"]
    old = [i for i in OLD if i.split == "train"]
    assert (found.tuned.new, found.tuned.replayed) == (len(new), len(old))
    (task,) = found.trained.outcome.network.tasks
    assert task.classes == ("ok", "bad", "burr")
    assert found.trained.origin["parent"] == DIGEST
    assert found.trained.origin["new_classes"] == {"label": ["burr"]}
    assert found.trained.origin["asked_by"] == "ann"
    assert len(found.trained.train) == len(new) + len(old)
    assert found.summary()["how"] == "fine-tuned"


def test_what_was_labelled_anew_is_new_and_what_was_not_is_replayed(champion: Parameters) -> None:
    changed = [replace(i, labels={"label": "bad"}) if i.name == "p002" else i for i in OLD]
    found = retrain(CONFIG, changed, champion)
    assert found.tuned is not None
    assert found.tuned.new == 1


def test_nothing_new_is_nothing_to_learn(champion: Parameters) -> None:
    with pytest.raises(ConfigError, match="nothing was labelled since the champion learnt: all 48 training items"):
        retrain(CONFIG, OLD, champion)


def test_items_that_taught_the_champion_never_validate_what_comes_after_it(champion: Parameters) -> None:
    held = [replace(i, split="val") if i.name in ("p001", "p002") else i for i in [*OLD, *NEW]]
    found = retrain(CONFIG, held, champion)
    assert not {"p001", "p002"} & {i.name for i in found.trained.splits.val}
    assert {"p001", "p002"} <= {i.name for i in found.trained.splits.train}


def test_without_parameters_or_with_a_window_of_another_shape_it_begins_from_nothing_and_says_why(
    champion: Parameters,
) -> None:
    found = retrain(CONFIG, OLD, "no parameters beside the bundle")
    assert (found.tuned, found.anew) == (None, "no parameters beside the bundle")
    shorter = {"enose": StreamConfig(kind="series", channels=("a", "b"), window_steps=4)}
    cut = [replace(i, windows={"enose": i.windows["enose"][:, :4].copy()}) for i in [*OLD, *NEW]]
    found = retrain(StationConfig(name="line", streams=shorter, training=CONFIG.training), cut, champion)
    assert found.tuned is None
    assert "the champion cannot learn this: stream 'enose': shape is (2, 4)" in found.anew
    assert found.summary() == {"how": "trained anew", "because": found.anew}
    assert found.trained.origin["anew"] == found.anew


@pytest.mark.parametrize(("ewc", "terms"), [(0.0, {"distillation"}), (0.5, {"distillation", "ewc"})])
def test_the_weight_of_elastic_weights_in_station_toml_reaches_the_training(
    champion: Parameters, ewc: float, terms: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = []

    class Watched(Elastic):
        def __init__(self, champion: MultimodalNetwork, importance: dict[str, torch.Tensor], weight: float) -> None:
            weights.append(weight)
            super().__init__(champion, importance, weight)

    monkeypatch.setattr("models.continual.fine_tuning.Elastic", Watched)
    text = f"{station_text(CONFIG)}\n".replace("\newc = 0.0\n", f"\newc = {ewc}\n")
    found = retrain(parse_station(tomllib.loads(text)), [*OLD, *NEW], champion)
    assert weights == ([ewc] if ewc else [])
    assert set(found.trained.outcome.epochs[-1].extra) == terms


def test_agreement_between_streams_is_asked_for_in_fine_tuning_too(tmp_path: Path) -> None:
    streams = dict.fromkeys(("enose", "mox"), STREAMS["enose"])
    config = StationConfig(name="line", streams=streams, training=TrainingConfig(epochs=1, threads=1, agreement=0.3))
    old, new = ([item(int(i.name[1:]), i.labels["label"], streams=tuple(streams)) for i in some] for some in (OLD, NEW))
    before = train(config, old)
    assert set(before.outcome.epochs[-1].extra) == {"agreement:enose+mox"}
    bundle = tmp_path / DIGEST[:12]
    learnt = {i.name: content_digest(i) for i in before.splits.train}
    write_parameters(bundle, DIGEST, before.outcome.network, learnt)
    found = retrain(config, [*old, *new], read_parameters(bundle, DIGEST))
    assert found.anew == ""
    assert set(found.trained.outcome.epochs[-1].extra) == {"agreement:enose+mox", "distillation"}


def test_taking_items_shares_their_windows() -> None:
    data = as_dataset([*OLD[:3], replace(OLD[3], windows={}, weight=0.5)], STREAMS, ())
    some = data.taken(np.array([0, 3]))
    assert some.windows["enose"] is data.windows["enose"]
    assert some.rows["enose"].tolist() == [0, ABSENT]
    assert some.weights[""].tolist() == [1.0, 0.5]
    assert some.names == ("p000", "p003")
