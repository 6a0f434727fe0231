"""Routes between neurons: what reaches what, shown by the gradients themselves."""

import pytest
import torch

from models.neurons import RoutedLayer, described, neuron_sets, routes

STREAMS = (1, 2, 3, 4, 5, 6)


def stack(streams: int) -> tuple[torch.Tensor, list[RoutedLayer]]:
    """Inputs' membership and two routed layers with every connection open."""
    before = torch.eye(streams, dtype=torch.bool).repeat_interleave(2, dim=0)
    layers = []
    below = before
    for _ in range(2):
        after = neuron_sets(streams, 3, 2, 4)
        layers.append(RoutedLayer(below, after))
        with torch.no_grad():
            layers[-1].weight.abs_().add_(0.1)
        below = after
    return before, layers


def reach(streams: int) -> torch.Tensor:
    """Whether each stream's input moves each neuron of the last layer, shape (neurons, streams)."""
    before, layers = stack(streams)
    signals = torch.ones(1, len(before), requires_grad=True)
    out = signals
    for layer in layers:
        out = layer(out)
    rows = [torch.autograd.grad(out[0, n], signals, retain_graph=True)[0][0] for n in range(out.shape[1])]
    moved = torch.stack(rows) != 0
    return (moved.float() @ before.float()) > 0


@pytest.mark.parametrize("streams", STREAMS)
def test_a_neuron_hears_exactly_the_streams_it_belongs_to(streams: int) -> None:
    assert torch.equal(reach(streams), neuron_sets(streams, 3, 2, 4))


@pytest.mark.parametrize("streams", STREAMS)
def test_every_stream_reaches_every_shared_neuron_and_no_foreign_dedicated_one(streams: int) -> None:
    found = reach(streams)
    assert found[-4:].all()
    for stream in range(streams):
        dedicated = found[3 * stream : 3 * (stream + 1)]
        assert dedicated[:, stream].all()
        assert dedicated.sum() == 3


@pytest.mark.parametrize("streams", STREAMS)
def test_weights_outside_the_routes_change_nothing_and_never_learn(streams: int) -> None:
    _, (layer, _) = stack(streams)
    signals = torch.randn(4, layer.weight.shape[1])
    before = layer(signals)
    before.square().sum().backward()
    outside = layer.mask == 0
    assert layer.weight.grad is not None
    assert not layer.weight.grad[outside].any()
    with torch.no_grad():
        layer.weight[outside] = 1e6
    assert torch.equal(layer(signals), before)


def test_pairs_overlap_only_where_a_pair_is_not_everything() -> None:
    assert described(neuron_sets(2, 1, 5, 1), "ab") == {"a": 1, "b": 1, "all": 1}
    assert described(neuron_sets(3, 1, 5, 1), "abc") == {"a": 1, "b": 1, "c": 1, "a+b": 5, "a+c": 5, "b+c": 5, "all": 1}


def test_with_many_streams_only_neighbours_overlap() -> None:
    assert [name for name in described(neuron_sets(6, 1, 1, 1), "abcdef") if "+" in name] == [
        "a+b",
        "b+c",
        "c+d",
        "d+e",
        "e+f",
    ]


def test_a_single_stream_has_no_all() -> None:
    assert described(neuron_sets(1, 2, 3, 4), ["only"]) == {"only": 6}


def test_a_narrow_neuron_listens_to_no_wider_one() -> None:
    sets = neuron_sets(3, 1, 1, 1)
    table = routes(sets, sets)
    inside = (sets[None, :, :] <= sets[:, None, :]).all(dim=2)
    assert torch.equal(table, inside)


def test_initial_weights_have_the_spread_of_their_own_fan_in() -> None:
    before = neuron_sets(2, 200, 0, 200)
    layer = RoutedLayer(before, neuron_sets(2, 300, 0, 300))
    for row in (0, 599, 899):
        used = layer.mask[row] == 1
        spread = (layer.weight[row, used].std() * (used.sum() / 2).sqrt()).item()
        assert 0.8 < spread < 1.2
