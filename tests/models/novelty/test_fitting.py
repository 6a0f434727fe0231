"""Novelty is fitted to training, calibrated on validation, and leaves the answers alone."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from models.deciding import Deciding
from models.injection import ABSENT, Dataset
from models.novelty.fitting import FEWEST, fit_novelty
from models.novelty.leaving_out import p_values
from tests.models.novelty.kinds import CLASSES, LABEL, parts
from tests.synthetic import SPECS, network, raw_windows, without

TRAIN, VAL, NEW = parts(160, 1, ("ok", "hum")), parts(199, 2, ("ok", "hum")), parts(200, 3, ("ok", "hum"))
STREAM_OF = {"hot": "thermal", "leak": "enose"}


def fitted(train: Dataset = TRAIN, val: Dataset = VAL) -> Deciding:
    deciding = Deciding(network(SPECS, (LABEL,))).eval()
    fit_novelty(deciding, train, val)
    return deciding


@pytest.fixture(scope="module")
def deciding() -> Deciding:
    return fitted()


def test_parts_like_those_of_training_have_p_values_spread_evenly(deciding: Deciding) -> None:
    """200 new parts on 199 calibration ones: both draws scatter, by 0.05 each at the middle at two deviations."""
    for name, values in p_values(deciding, NEW).items():
        assert values.shape == (200,)
        for level in (0.05, 0.2, 0.5, 0.8):
            share = float((values <= level).mean())
            assert abs(share - level) <= 3 * (level * (1 - level) / 100) ** 0.5 + 0.01, (name, level)


@pytest.mark.parametrize("kind", ["hot", "leak"])
def test_parts_of_a_kind_that_was_never_seen_have_small_ones_where_the_stream_shows_it(
    deciding: Deciding, kind: str
) -> None:
    found = p_values(deciding, parts(60, 4, (kind,)))
    assert np.median(found["novelty"]) <= 0.02
    assert np.median(found[f"novelty:{STREAM_OF[kind]}"]) <= 0.02
    for stream in {"acoustic", "thermal", "enose"} - {STREAM_OF[kind]}:
        assert np.median(found[f"novelty:{stream}"]) > 0.2


def test_answers_and_embedding_stay_bit_equal_and_names_stay_in_order(deciding: Deciding) -> None:
    before = Deciding(deciding.network).eval()
    inputs = [torch.from_numpy(raw_windows(s, 5).astype(np.float32)) for s in SPECS]
    here = torch.tensor([[True, False, True]] * 5)
    with torch.inference_mode():
        plain = dict(zip(before.output_names(), before(*inputs, here), strict=True))
        whole = dict(zip(deciding.output_names(), deciding(*inputs, here), strict=True))
    assert list(whole) == [
        *before.output_names()[:-1],
        "novelty",
        "novelty:acoustic",
        "novelty:thermal",
        "novelty:enose",
        "embedding",
    ]
    assert before.answer_names() == before.output_names() == deciding.answer_names()
    for name, values in plain.items():
        assert torch.equal(values, whole[name]), name


def test_fitting_again_gives_the_same_bits(deciding: Deciding) -> None:
    assert deciding.novelty is not None
    again = fitted().novelty
    assert again is not None
    first = deciding.novelty.state_dict()
    assert all(torch.equal(value, first[name]) for name, value in again.state_dict().items())


def test_a_stream_that_no_part_has_says_nothing_and_the_others_say_the_same(deciding: Deciding) -> None:
    part = without(NEW, "thermal", list(range(200)))
    found, whole = p_values(deciding, part), p_values(deciding, NEW)
    assert (found["novelty:thermal"] == 1).all()
    for stream in ("acoustic", "enose"):
        np.testing.assert_allclose(found[f"novelty:{stream}"], whole[f"novelty:{stream}"], atol=1e-5)


def test_with_too_few_training_windows_a_stream_says_nothing(deciding: Deciding) -> None:
    few = without(TRAIN, "enose", list(range(FEWEST - 1, 160)))
    found = p_values(fitted(few), parts(30, 5, ("leak",)))
    assert (found["novelty:enose"] == 1).all()
    assert np.median(found["novelty"]) > 0.2
    assert np.median(p_values(deciding, parts(30, 5, ("leak",)))["novelty"]) <= 0.02


def test_without_validation_items_nothing_is_novel() -> None:
    none = replace(
        VAL,
        windows={n: w[:0] for n, w in VAL.windows.items()},
        rows={n: r[:0] for n, r in VAL.rows.items()},
        targets={"label": np.zeros(0, np.float32)},
    )
    found = p_values(fitted(val=none), parts(10, 6, ("hot",)))
    assert all((values == 1).all() for values in found.values())


def test_items_of_an_unknown_class_count_as_a_class_of_their_own() -> None:
    label = TRAIN.targets["label"].copy()
    label[label == 1] = np.nan
    found = p_values(fitted(replace(TRAIN, targets={"label": label})), NEW)
    assert 0.3 < np.median(found["novelty"]) < 0.7


def test_single_stream_items_are_calibrated_by_bonferroni() -> None:
    """A station that records each sensor by itself has no validation item with all of them."""
    rows = {n: np.where(np.arange(199) % 3 == i, r, ABSENT) for i, (n, r) in enumerate(VAL.rows.items())}
    apart = fitted(val=replace(VAL, rows=rows)).novelty
    assert apart is not None
    assert apart.smallest == pytest.approx(3 / 68)
    assert apart.tabled.tolist() == [False, True, True, False, True, False, False, False]


@pytest.mark.parametrize("name", ["", "thermal"])
def test_what_counts_for_nothing_in_training_is_not_known(name: str) -> None:
    """A hot part that somebody took out of training by its weight, or whose camera was blind, is still a new one."""
    mixed, hot = parts(160, 1, ("ok", "hum", "hot")), parts(40, 4, ("hot",))
    out = np.where(mixed.targets["label"] == CLASSES.index("hot"), 0, 1).astype(np.float32)
    known, unknown = (p_values(fitted(data), hot) for data in (mixed, replace(mixed, weights={name: out})))
    assert np.median(known["novelty:thermal"]) > 0.05
    assert np.median(unknown["novelty:thermal"]) <= 0.02
