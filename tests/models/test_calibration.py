"""Temperatures: never worse than the prior's pull allows, and never another answer."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from models.calibration import (
    FEWEST,
    PRIOR_STRENGTH,
    best_temperature,
    calibrate,
    calibration_error,
    masks,
    safe_temperature,
)
from models.deciding import Deciding
from models.injection import collate
from models.network import key
from tests.synthetic import ENOSE, THERMAL, dataset, network, tasks_for

SPECS = (THERMAL, ENOSE)


def log_loss(logits: torch.Tensor, targets: torch.Tensor) -> float:
    return torch.nn.functional.cross_entropy(logits, targets).item()


@given(st.integers(0, 10**6), st.floats(0.01, 50), st.integers(FEWEST, 60))
def test_a_temperature_never_makes_the_log_loss_of_its_own_items_worse(seed: int, sharp: float, items: int) -> None:
    random = torch.Generator().manual_seed(seed)
    logits = torch.randn(items, 3, generator=random) * sharp
    targets = torch.randint(0, 3, (items,), generator=random)
    chosen = best_temperature(logits, targets.float())
    pull = PRIOR_STRENGTH * np.log(chosen) ** 2
    assert log_loss(logits / chosen, targets) + pull <= log_loss(logits, targets) + 1e-5


@pytest.mark.parametrize("true", [0.3, 1.0, 4.0])
def test_the_temperature_that_made_the_items_is_nearly_found(true: float) -> None:
    random = torch.Generator().manual_seed(0)
    logits = torch.randn(6000, 3, generator=random) * 3
    targets = torch.multinomial(torch.softmax(logits / true, dim=1), 1, generator=random)[:, 0]
    # The prior pulls towards 1.
    found = best_temperature(logits, targets.float())
    assert min(true, 1.0) * 0.97 <= found <= max(true, 1.0) * 1.03
    assert found == pytest.approx(true, rel=0.3)


def test_few_items_leave_the_temperature_alone() -> None:
    logits, targets = torch.randn(FEWEST - 1, 2) * 100, torch.zeros(FEWEST - 1)
    assert best_temperature(logits, targets) == 1.0


def test_a_perfectly_separated_validation_set_does_not_claim_certainty() -> None:
    logits = torch.tensor([[5.0, 0.0], [0.0, 5.0]]).repeat(50, 1)
    chosen = best_temperature(logits, torch.tensor([0.0, 1.0]).repeat(50))
    assert torch.softmax(logits / chosen, dim=1).max() < 0.9999999


def test_masks_are_all_that_hold_a_stream() -> None:
    assert sorted(m.int().tolist() for m in masks(2)) == [[0, 1], [1, 0], [1, 1]]


def test_calibration_changes_no_single_answer_and_sets_every_temperature() -> None:
    net, data = network(SPECS, tasks_for()), dataset(80)
    before, after = Deciding(net).eval(), Deciding(net).eval()
    calibrate(after, data)
    batch = collate(data, np.arange(80))
    inputs = [batch.windows[n] for n in net.streams]
    for mask in masks(2):
        here = mask.expand(80, 2)
        with torch.inference_mode():
            pairs = zip(before.output_names(), before(*inputs, here), after(*inputs, here), strict=True)
            for name, plain, calibrated in pairs:
                if name != "embedding":
                    assert torch.equal(plain.argmax(dim=1), calibrated.argmax(dim=1)), name
    moved = [n for n, b in after.named_buffers(recurse=False) if n.startswith("temperature") and (b != 1).any()]
    assert len(moved) == len([n for n in after.output_names() if n != "embedding"])


def test_the_averaged_answer_has_a_temperature_for_each_number_of_streams() -> None:
    deciding = Deciding(network(SPECS, tasks_for())).eval()
    assert len(deciding.get_buffer(key("temperature label"))) == 2
    assert len(deciding.get_buffer(key("temperature label:joint"))) == 1


def test_unlabelled_validation_items_leave_temperatures_alone() -> None:
    data = dataset(40)
    for values in data.targets.values():
        values[:] = np.nan
    deciding = Deciding(network(SPECS, tasks_for())).eval()
    calibrate(deciding, data)
    assert all((b == 1).all() for n, b in deciding.named_buffers(recurse=False) if n.startswith("temperature"))


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.floats(0.05, 20), st.floats(0.1, 10), st.integers(FEWEST, 200), st.integers(2, 5))
def test_a_temperature_never_makes_the_calibration_error_of_its_own_items_worse_and_never_changes_an_answer(
    seed: int, sharp: float, true: float, items: int, classes: int
) -> None:
    random = torch.Generator().manual_seed(seed)
    logits = torch.randn(items, classes, generator=random) * sharp
    targets = torch.multinomial(torch.softmax(logits / true, dim=1), 1, generator=random)[:, 0].float()
    chosen = safe_temperature(logits, targets)
    before, after = torch.softmax(logits, dim=1), torch.softmax(logits / chosen, dim=1)
    assert calibration_error(after, targets) <= calibration_error(before, targets)
    assert torch.equal(logits.argmax(dim=1), (logits / chosen).argmax(dim=1))


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.floats(0.05, 20), st.integers(FEWEST, 60))
def test_the_safe_temperature_is_no_worse_in_log_loss_than_none(seed: int, sharp: float, items: int) -> None:
    random = torch.Generator().manual_seed(seed)
    logits = torch.randn(items, 3, generator=random) * sharp
    targets = torch.randint(0, 3, (items,), generator=random)
    chosen = safe_temperature(logits, targets.float())
    assert log_loss(logits / chosen, targets) <= log_loss(logits, targets)


def test_the_calibration_error_is_the_mean_gap_of_the_bins_by_their_size() -> None:
    # Two items at 0.9, one of them right; one at 0.6, right.
    probabilities = torch.tensor([[0.9, 0.1], [0.1, 0.9], [0.6, 0.4]])
    found = calibration_error(probabilities, torch.tensor([0.0, 0.0, 0.0]))
    assert found == pytest.approx((2 * abs(0.5 - 0.9) + abs(1 - 0.6)) / 3)
    assert calibration_error(torch.eye(2), torch.tensor([0.0, 1.0])) == 0.0


def test_a_badly_calibrated_network_is_put_right() -> None:
    random = torch.Generator().manual_seed(0)
    logits = torch.randn(2000, 3, generator=random) * 3
    targets = torch.multinomial(torch.softmax(logits / 3, dim=1), 1, generator=random)[:, 0].float()
    chosen = safe_temperature(logits, targets)
    assert chosen == pytest.approx(3.0, rel=0.15)
    before, after = (calibration_error(torch.softmax(logits / t, dim=1), targets) for t in (1.0, chosen))
    assert after < 0.25 * before


def test_a_network_that_is_not_finite_keeps_its_temperature() -> None:
    assert safe_temperature(torch.full((FEWEST, 2), torch.nan), torch.zeros(FEWEST)) == 1.0
