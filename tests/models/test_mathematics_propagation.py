"""Full propagation in the whole network: from the raw windows of every stream to every neuron that is its own, and back."""

import pytest
import torch
from torch import Tensor

from models.injection import collate
from models.network import LAYERS, MultimodalNetwork
from models.neurons import neuron_sets
from tests.synthetic import ENOSE, THERMAL, dataset, network, tasks_for

SPECS = (THERMAL, ENOSE)
STREAMS = [spec.name for spec in SPECS]


def open_network() -> MultimodalNetwork:
    """Every rectifier is on, so that a gradient of zero means that there is no way."""
    net = network(SPECS, tasks_for(SPECS))
    with torch.no_grad():
        for layer in net.hidden:
            layer.weight.abs_()
            layer.bias += 1e3
    return net


def signals(net: MultimodalNetwork, depth: int) -> tuple[list[Tensor], Tensor]:
    """Raw windows of three parts by stream, and the neurons of one hidden layer, both in one graph."""
    data = dataset(3, specs=SPECS)
    windows = [torch.from_numpy(data.windows[n]).float().requires_grad_() for n in STREAMS]
    features = [net.encoders[n](w) for n, w in zip(STREAMS, windows, strict=True)]
    kept: list[Tensor] = []
    hook = net.hidden[depth].register_forward_hook(lambda _layer, _inputs, out: kept.append(out))
    net.advance(features, torch.ones(3, len(SPECS), dtype=torch.bool))
    hook.remove()
    return windows, kept[0]


@pytest.mark.parametrize("depth", range(len(LAYERS)))
def test_raw_windows_move_exactly_the_neurons_that_their_stream_belongs_to(depth: int) -> None:
    windows, neurons = signals(open_network(), depth)
    moved = torch.zeros(neurons.shape[1], len(SPECS), dtype=torch.bool)
    for place in range(neurons.shape[1]):
        found = torch.autograd.grad(neurons[:, place].sum(), windows, retain_graph=True, allow_unused=True)
        moved[place] = torch.tensor([g is not None and bool(g.any()) for g in found])
    assert torch.equal(moved, neuron_sets(len(SPECS), *LAYERS[depth]))


def gradients_of(output: str) -> tuple[MultimodalNetwork, dict[str, Tensor]]:
    """Gradient of one head's answers by parameter; those without any are left out."""
    net = open_network()
    batch = collate(dataset(6, specs=SPECS), torch.arange(6).numpy())
    answers = net.answer(net.advance(net.encode(batch), batch.presence(net.streams)))
    answers[output].square().sum().backward()
    return net, {n: p.grad for n, p in net.named_parameters() if p.grad is not None and bool(p.grad.any())}


def test_the_joint_answer_teaches_every_encoder_and_every_neuron() -> None:
    net, found = gradients_of("label:joint")
    for stream in STREAMS:
        own = {f"encoders.{stream}.{n}" for n, _ in net.encoders[stream].named_parameters()}
        assert len(own & set(found)) > len(own) / 2
    for depth, layer in enumerate(net.hidden):
        assert found[f"hidden.{depth}.bias"].ne(0).all()
        assert torch.equal(found[f"hidden.{depth}.weight"].ne(0).any(dim=1), torch.ones(len(layer.bias)).bool())


@pytest.mark.parametrize("stream", STREAMS)
@pytest.mark.parametrize("output", ["label:{}", "label.{}"])
def test_a_single_streams_answer_teaches_that_stream_and_no_other(stream: str, output: str) -> None:
    net, found = gradients_of(output.format(stream))
    foreign = next(s for s in STREAMS if s != stream)
    assert any(n.startswith(f"encoders.{stream}.") for n in found)
    assert not any(n.startswith(f"encoders.{foreign}.") for n in found)
    place = STREAMS.index(stream)
    for depth in range(len(net.hidden)):
        sets = neuron_sets(len(SPECS), *LAYERS[depth])
        own = sets[:, place] & (sets.sum(dim=1) == 1)
        assert torch.equal(found[f"hidden.{depth}.bias"].ne(0), own)
