"""torchjd's published vectors through our wrapper, and what our projection must fulfil."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torchjd.aggregation import PCDWeighting

from models.gramian import gramian
from models.weighting import weighting_named
from models.weighting.base import Measured
from models.weighting.gramians import RIDGE, aligned_mtl, mgda, non_negative, pcgrad, upgrad

JACOBIAN = torch.tensor([[-4.0, 1.0, 1.0], [6.0, 1.0, 1.0]], dtype=torch.float64)
GRAMIAN = JACOBIAN @ JACOBIAN.T
MEAN = torch.full((2,), 0.5, dtype=torch.float64)


@pytest.mark.parametrize(
    ("weights", "published"),
    [
        (upgrad(GRAMIAN, MEAN), (0.2929, 1.9004, 1.9004)),
        (aligned_mtl(GRAMIAN, MEAN), (0.2133, 0.9673, 0.9673)),
        (mgda(GRAMIAN), (0.0, 1.0, 1.0)),
        (pcgrad(GRAMIAN), (0.5848, 3.8012, 3.8012)),
    ],
    ids=["upgrad", "aligned_mtl", "mgda", "pcgrad"],
)
def test_the_published_step_comes_from_the_gramian_alone(weights: Tensor, published: tuple[float, ...]) -> None:
    assert (weights @ JACOBIAN).tolist() == pytest.approx(published, abs=1e-4)


def jacobians(tasks: int) -> st.SearchStrategy[Tensor]:
    def built(seed: int, scale: float) -> Tensor:
        draw = torch.Generator().manual_seed(seed)
        return scale * torch.randn(tasks, 12, dtype=torch.float64, generator=draw)

    return st.builds(built, st.integers(0, 10**6), st.sampled_from([1e-4, 1.0, 1e4]))


@given(jacobians(4))
def test_upgrad_raises_no_loss_and_gives_nobody_less_than_the_priority(jacobian: Tensor) -> None:
    priorities = torch.tensor([1.0, 0.1, 2.0, 0.5], dtype=torch.float64)
    weights = upgrad(jacobian @ jacobian.T, priorities)
    assert bool((weights >= priorities * (1 - 1e-12)).all())
    # The ridge lets a loss rise by as much as it is long.
    slopes = jacobian @ (weights @ jacobian)
    assert float(slopes.min()) >= -1e-3 * float(jacobian.square().sum()) * float(weights.max())


@given(jacobians(3))
def test_upgrad_of_gradients_that_agree_is_the_priorities(jacobian: Tensor) -> None:
    priorities = torch.tensor([1.0, 0.1, 2.0], dtype=torch.float64)
    assert torch.allclose(upgrad((jacobian @ jacobian.T).abs(), priorities), priorities, rtol=1e-12)


@pytest.mark.parametrize("scale", [1e-9, 1e9])
def test_no_length_of_the_gradients_changes_how_conflicts_are_resolved(scale: float) -> None:
    assert torch.allclose(upgrad(scale * GRAMIAN, MEAN), upgrad(GRAMIAN, MEAN), rtol=1e-9)


def losses_of(net: dict[str, Tensor], items: Tensor, counts: Tensor) -> tuple[list[Tensor], list[Tensor]]:
    """Three losses over two streams, each divided by its count over the whole; and the features."""
    features = [torch.tanh(ITEMS[s][items] @ net[s]) * THERE[items, s_at, None] for s_at, s in enumerate("pq")]
    answers = torch.cat(features, dim=1) @ net["head"]
    known = KNOWN[items]
    each = ((answers - TARGETS[items]).square() * known).sum(dim=0) / counts
    return list(each), features


DRAW = torch.Generator().manual_seed(7)
ITEMS = {s: torch.randn(23, 5, dtype=torch.float64, generator=DRAW) for s in "pq"}
TARGETS = torch.randn(23, 3, dtype=torch.float64, generator=DRAW)
KNOWN = (torch.rand(23, 3, generator=DRAW) > 0.3).double()
"""About 30 % of labels are missing."""
THERE = (torch.rand(23, 2, generator=DRAW) > 0.3).double()
THERE[:4, 1] = 0.0
NET = {s: torch.randn(5, 4, dtype=torch.float64, generator=DRAW, requires_grad=True) for s in "pq"}
NET["head"] = torch.randn(8, 3, dtype=torch.float64, generator=DRAW, requires_grad=True)


def accumulated(borders: list[int]) -> Tensor:
    total = torch.zeros(3, 3, dtype=torch.float64)
    for start, end in zip([0, *borders], [*borders, 23], strict=True):
        total += gramian(*losses_of(NET, torch.arange(start, end), KNOWN.sum(dim=0)))
    return total


@settings(max_examples=30)
@given(st.sets(st.integers(1, 22), max_size=22))
@pytest.mark.parametrize("name", ["upgrad", "aligned_mtl", "grad_norm", "pcd"])
def test_any_split_of_a_batch_gives_the_weights_of_the_whole(name: str, borders: set[int]) -> None:
    losses = {"a": 0.4, "b": 0.9, "c": 1.3}
    found, wanted = (
        weighting_named(name, {"a": 1.0, "b": 0.3, "c": 2.0}).weights(Measured(losses=losses, gramian=products))
        for products in (accumulated(sorted(borders)), accumulated([]))
    )
    assert found == pytest.approx(wanted, rel=1e-12)


def test_chunks_of_one_are_a_split_too() -> None:
    assert torch.allclose(accumulated(list(range(1, 23))), accumulated([]), rtol=1e-12)


@pytest.mark.parametrize("name", ["upgrad", "aligned_mtl", "grad_norm", "pcd", "auto"])
def test_a_weighting_on_gradients_says_so_when_it_gets_none(name: str) -> None:
    weighting = weighting_named(name, {})
    assert weighting.needs_gradients
    with pytest.raises(ValueError, match="needs Measured"):
        weighting.weights(Measured(losses={"a": 1.0}))


def test_priority_constrained_descent_remembers_as_torchjd_does() -> None:
    weighting = weighting_named("pcd", {"a": 1.0, "b": 1.0, "c": 1.0})
    published = PCDWeighting()
    draw = torch.Generator().manual_seed(3)
    for _ in range(40):
        jacobian = torch.randn(3, 6, dtype=torch.float64, generator=draw)
        products = jacobian @ jacobian.T
        wanted = [min(max(w, 0.01), 100.0) for w in published(products).tolist()]
        found = weighting.weights(Measured(losses={"a": 1.0, "b": 1.0, "c": 1.0}, gramian=products))
        assert list(found.values()) == pytest.approx(wanted, rel=1e-9)
        # What a checkpoint carries is enough to go on.
        state = weighting.state
        weighting = weighting_named("pcd", {"a": 1.0, "b": 1.0, "c": 1.0})
        weighting.load_state(state)


def test_the_most_important_task_leads() -> None:
    found = weighting_named("pcd", {"a": 1.0, "b": 5.0}).weights(Measured(losses={"a": 1.0, "b": 1.0}, gramian=GRAMIAN))
    step = found["a"] * JACOBIAN[0] + found["b"] * JACOBIAN[1]
    along = JACOBIAN @ step / (JACOBIAN.norm(dim=1) * step.norm())
    # The leader's direction is kept but for what the other needs so as not to get worse.
    assert float(along[1]) > 0.4 > 0.01 > float(along[0]) >= 0.0


def test_of_equals_the_first_that_was_named_leads() -> None:
    step = Measured(losses={"a": 1.0, "b": 1.0}, gramian=torch.eye(2, dtype=torch.float64))
    assert weighting_named("pcd", {"b": 1.0, "a": 1.0}).weights(step)["a"] < 0.1
    assert weighting_named("pcd", {"a": 1.0, "b": 1.0}).weights(step)["b"] < 0.1


def test_the_least_distance_is_the_least_for_every_last_bit_of_a_gramian() -> None:
    # Measured in a training of seven tasks; scipy's nnls alone misses the optimum of about one in fifteen of these.
    upper = np.diag([0.3526, 0.005175, 0.03944, 0.1029, 0.05635, 0.1007, 0.3428])
    pairs = {(0, 3): 1.718e-4, (0, 5): -7.62e-4, (1, 4): -3.187e-4, (1, 5): 6.461e-5, (2, 5): -2.337e-4}
    for place, value in (pairs | {(2, 6): 6.602e-3, (3, 5): 6.394e-4, (4, 5): 1.484e-2, (5, 6): -1.761e-2}).items():
        upper[place] = value
    random, asked = np.random.default_rng(0), np.eye(7)[1]
    for _ in range(300):
        disturbed = upper * (1 + 1e-11 * random.normal(size=(7, 7)))
        whole = disturbed + np.triu(disturbed, 1).T + RIDGE * np.eye(7)
        root = np.linalg.cholesky(whole).T
        found = non_negative(root, -root @ asked)
        slope = whole @ (asked + found)
        assert found.min() >= 0.0
        assert slope.min() >= -1e-14
        assert np.abs(found * slope).max() <= 1e-14
