"""A stream added later: old answers and old optimiser moments bit-equal, the new stream learnt."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
import torch
from torch import Tensor

from deploy.export import plain, to_onnx
from deploy.parity import compare
from deploy.runtime import session
from models.adjustment import Paths, PathSettings
from models.continual.grown import Grown, GrownLayer
from models.continual.insertion import inserted
from models.continual.moments import carry_moments
from models.continual.places import places
from models.continual.warm_start import warm_start
from models.deciding import Deciding
from models.injection import InputSpec
from models.network import FEATURES, MultimodalNetwork
from models.neurons import RoutedLayer
from models.tasks import Task
from tests.synthetic import ACOUSTIC, ENOSE, LABEL, LABEL_ACOUSTIC, SEVERITY, THERMAL, network, raw_windows

TASKS = (LABEL, SEVERITY)
SMALL = tuple(replace(ENOSE, name=name) for name in ("a", "b", "c", "d", "e"))
ORDERS = [(THERMAL, ENOSE, ACOUSTIC), (ACOUSTIC, ENOSE, THERMAL), (ACOUSTIC, THERMAL, ENOSE)]
DTYPES = [torch.float32, torch.float64]


def windows(spec: InputSpec, items: int = 16, seed: int = 0) -> np.ndarray:
    return raw_windows(spec, items, seed)


def champion(specs: tuple[InputSpec, ...], dtype: torch.dtype = torch.float32) -> MultimodalNetwork:
    """With statistics, biases and weights as training leaves them: nowhere at their first value."""
    built = network(specs, TASKS).to(dtype)
    with torch.no_grad():
        for value in built.parameters():
            value.add_(0.05 * torch.randn_like(value))
    return built


def grown(old: MultimodalNetwork, spec: InputSpec) -> Grown:
    found = inserted(old, spec, windows(spec))
    found.eval()
    return found


def answers(net: MultimodalNetwork, inputs: dict[str, Tensor], presence: dict[str, Tensor]) -> dict[str, Tensor]:
    with torch.inference_mode():
        features = [net.encoders[name](inputs[name]) for name in net.streams]
        return net.answer(net.advance(features, torch.stack([presence[name] for name in net.streams], dim=1)))


def batch(specs: tuple[InputSpec, ...], items: int, dtype: torch.dtype) -> dict[str, Tensor]:
    return {s.name: torch.from_numpy(windows(s, items, 7).astype(np.float64)).to(dtype) for s in specs}


def bits(value: Tensor) -> Tensor:
    return value.contiguous().view(torch.int32 if value.dtype == torch.float32 else torch.int64)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("order", ORDERS, ids=lambda order: f"plus {order[-1].name}")
@pytest.mark.parametrize("items", [1, 33])
def test_every_old_answer_is_bit_equal_with_and_without_the_new_stream(
    order: tuple[InputSpec, ...], items: int, dtype: torch.dtype
) -> None:
    old = champion(order[:-1], dtype)
    new = grown(old, order[-1])
    inputs = batch(order, items, dtype)
    for mask in product((False, True), repeat=len(order)):
        here = {s.name: torch.full((items,), bit) for s, bit in zip(order, mask, strict=True)}
        before, after = answers(old, inputs, here), answers(new, inputs, here)
        assert set(before) < set(after)
        assert all(torch.equal(bits(after[name]), bits(value)) for name, value in before.items())


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("many", [1, 2, 3, 4])
def test_any_number_of_streams_can_gain_one(many: int, dtype: torch.dtype) -> None:
    """From 1 there is no neuron that hears two streams, from 2 no overlapping set, from 4 the sets join neighbours only."""
    old = champion(SMALL[:many], dtype)
    new = grown(old, SMALL[many])
    features = [torch.randn(5, FEATURES, dtype=dtype) for _ in range(many + 1)]
    presence = torch.rand(5, many + 1) < 0.6
    with torch.inference_mode():
        before = old.answer(old.advance(features[:many], presence[:, :many]))
        after = new.answer(new.advance(features, presence))
    assert all(torch.equal(bits(after[name]), bits(value)) for name, value in before.items())


def test_streams_can_be_added_one_after_another() -> None:
    first = champion(SMALL[:1])
    second = grown(first, SMALL[1])
    with torch.no_grad():
        for value in second.parameters():
            value.add_(0.05 * torch.randn_like(value))
    third = grown(second, SMALL[2])
    assert third.generations == (("a",), ("b",), ("c",))
    inputs, here = batch(SMALL[:3], 9, torch.float32), {s.name: torch.rand(9) < 0.7 for s in SMALL}
    before, after = answers(second, inputs, here), answers(third, inputs, here)
    assert all(torch.equal(bits(after[name]), bits(value)) for name, value in before.items())


def test_without_the_new_stream_what_is_decided_is_bit_equal_too() -> None:
    old = champion((THERMAL, ENOSE))
    new = grown(old, ACOUSTIC)
    inputs = batch((THERMAL, ENOSE, ACOUSTIC), 6, torch.float32)
    two, one = torch.ones(6, 2, dtype=torch.bool), torch.zeros(6, 1, dtype=torch.bool)
    with torch.inference_mode():
        before = Deciding(old).eval()(inputs["thermal"], inputs["enose"], two)
        after = Deciding(new).eval()(*inputs.values(), torch.cat([two, one], dim=1))
    found = dict(zip(Deciding(new).output_names(), after, strict=True))
    names = Deciding(old).output_names()[:-1]
    assert all(torch.equal(found[name], value) for name, value in zip(names, before, strict=False))


@pytest.mark.parametrize("optimizer", ["adamw", "nadam", "rmsprop", "nesterov"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_every_old_moment_is_bit_equal_and_new_parameters_have_none(optimizer: str, dtype: torch.dtype) -> None:
    old, before = stepped(optimizer, dtype)
    new = inserted(old, SMALL[2], windows(SMALL[2]))
    after = Paths(new.paths(), dict.fromkeys(new.paths(), PathSettings(optimizer=optimizer)))
    carry_moments(old, before.optimisers, new, after.optimisers)
    memory = {id(p): m for o in after.optimisers.values() for p, m in o.state.items()}
    named, where, moments = dict(new.named_parameters()), places(old, new), 0
    for optimiser in before.optimisers.values():
        for parameter, known in optimiser.state.items():
            name = next(n for n, p in old.named_parameters() if p is parameter)
            given = memory.pop(id(named[where[name].name]))
            assert set(given) == set(known)
            for what, value in known.items():
                if isinstance(value, Tensor):
                    assert torch.equal(given[what], value)
                    assert given[what] is not value
                    moments += value.shape == parameter.shape
                else:
                    assert given[what] == value
    assert moments >= len(list(old.parameters()))
    assert not memory


def stepped(optimizer: str, dtype: torch.dtype = torch.float32) -> tuple[MultimodalNetwork, Paths]:
    """A champion of two streams with the optimisers that it was trained with."""
    old = champion(SMALL[:2], dtype)
    paths = Paths(old.paths(), dict.fromkeys(old.paths(), PathSettings(optimizer=optimizer, clip_norm=1e9)))
    for seed in range(3):
        descend(old, paths, seed, dtype)
    return old, paths


def descend(net: MultimodalNetwork, paths: Paths, seed: int, dtype: torch.dtype) -> None:
    """One step on parts of the first two streams; the others are absent."""
    inputs = {s.name: torch.from_numpy(windows(s, 8, seed)).to(dtype) for s in SMALL[:2]}
    features = [
        net.encoders[n](inputs[n]) if n in inputs else torch.zeros(8, FEATURES, dtype=dtype) for n in net.streams
    ]
    presence = torch.tensor([[name in inputs for name in net.streams]] * 8)
    found = net.answer(net.advance(features, presence))
    paths.zero()
    old = [f"{t.name}:{n}" for t in TASKS for n in ("joint", "a", "b")]
    torch.stack([found[name].square().mean() for name in old]).sum().backward()  # type: ignore[no-untyped-call]
    paths.step(0.5)


@pytest.mark.parametrize("optimizer", ["adamw", "nesterov"])
def test_the_first_step_moves_every_old_parameter_as_if_nothing_had_been_added(optimizer: str) -> None:
    """Up to the order in which the heads' gradients are added up."""
    old, before = stepped(optimizer, torch.float64)
    new = inserted(old, SMALL[2], windows(SMALL[2])).eval()
    after = Paths(new.paths(), dict.fromkeys(new.paths(), PathSettings(optimizer=optimizer, clip_norm=1e9)))
    carry_moments(old, before.optimisers, new, after.optimisers)
    start = {n: p.detach().clone() for n, p in old.named_parameters()}
    descend(old, before, 9, torch.float64)
    descend(new, after, 9, torch.float64)
    state, where = new.state_dict(), places(old, new)
    for name, value in old.named_parameters():
        assert not torch.equal(value, start[name])
        torch.testing.assert_close(state[where[name].name], value.detach(), rtol=1e-12, atol=1e-14)


def test_moments_of_another_optimiser_are_refused() -> None:
    old, before = stepped("adamw")
    new = inserted(old, SMALL[2], windows(SMALL[2]))
    after = Paths(new.paths(), {"shared": PathSettings(optimizer="sgd")})
    with pytest.raises(ValueError, match="path 'shared': moments of AdamW cannot go on in SGD"):
        carry_moments(old, before.optimisers, new, after.optimisers)


def test_the_new_stream_reaches_the_joint_answer_after_one_step_and_its_own_neurons_after_two() -> None:
    new = inserted(champion(SMALL[:2]), SMALL[2], windows(SMALL[2])).eval()
    optimiser = torch.optim.SGD(new.parameters(), lr=0.1)
    features, presence = [torch.randn(6, FEATURES) for _ in range(3)], torch.ones(6, 3, dtype=torch.bool)
    reached = []
    for _ in range(3):
        optimiser.zero_grad()
        signals = [f.clone().requires_grad_() for f in features]
        new.answer(new.advance(signals, presence))["label:joint"].square().sum().backward()
        assert signals[2].grad is not None
        reached.append(bool(signals[2].grad.any()))
        optimiser.step()
    assert reached == [False, True, True]


def test_neurons_of_the_first_streams_never_hear_the_new_one() -> None:
    new = grown(champion(SMALL[:2]), SMALL[2])
    for layer in new.hidden:
        assert isinstance(layer, GrownLayer)
        first = layer.blocks[0]
        assert not first.membership[:, 2].any()
    assert list(new.describe()[0]) == ["a", "b", "a+b", "c", "a+c", "b+c", "all"]


def test_what_all_shared_overlaps_now_and_new_neurons_are_shared_by_all() -> None:
    old = champion(SMALL[:2])
    before, after = old.describe()[1], grown(old, SMALL[2]).describe()[1]
    assert after["a+b"] == before["all"]
    assert after["all"] == before["all"]


def test_a_stream_of_that_name_is_refused() -> None:
    with pytest.raises(ValueError, match="stream 'a' is already one of the champion's: a, b"):
        inserted(champion(SMALL[:2]), SMALL[0], windows(SMALL[0]))


def test_a_new_stream_without_a_window_is_refused() -> None:
    with pytest.raises(ValueError, match="stream 'c' is new: at least one window is needed"):
        inserted(champion(SMALL[:2]), SMALL[2], windows(SMALL[2])[:0])


def test_a_new_stream_brings_its_own_task() -> None:
    old = champion((THERMAL, ENOSE))
    new = inserted(old, ACOUSTIC, windows(ACOUSTIC), (LABEL_ACOUSTIC,)).eval()
    inputs = batch((THERMAL, ENOSE, ACOUSTIC), 3, torch.float32)
    found = answers(new, inputs, {name: torch.ones(3, dtype=torch.bool) for name in inputs})
    assert found["label.acoustic"].shape == (3, 2)


def test_streams_stand_in_the_order_of_the_inputs_whichever_came_first() -> None:
    """A station may name its new sensor first."""
    old = champion(SMALL[1:3])
    new = Grown((SMALL[0], *SMALL[1:3]), TASKS, (("b", "c"), ("a",))).eval()
    state = new.state_dict()
    for name, place in places(old, new).items():
        place.put(old.state_dict()[name], state[place.name])
    inputs, here = batch(SMALL[:3], 4, torch.float32), {s.name: torch.rand(4) < 0.7 for s in SMALL}
    before, after = answers(old, inputs, here), answers(new, inputs, here)
    assert new.streams == ("a", "b", "c")
    assert all(torch.equal(after[name], value) for name, value in before.items())


def test_a_stream_in_no_generation_is_refused() -> None:
    with pytest.raises(ValueError, match="must hold each of the streams"):
        Grown(SMALL[:2], (Task(name="label", stream=None, classes=("ok", "bad"), frequencies=(0.5, 0.5)),), (("a",),))


@pytest.mark.slow
def test_a_grown_network_is_exported_without_masks_and_answers_as_in_torch() -> None:
    new = grown(champion(SMALL[:2]), SMALL[2])
    deciding = Deciding(new).eval()
    layers = [m for m in plain(deciding).network.hidden.modules() if isinstance(m, RoutedLayer)]
    assert not layers
    parity = compare(deciding, session(to_onnx(deciding), 1), {s.name: windows(s, 8, 3) for s in SMALL[:3]})
    assert parity.worst <= 1e-5


def test_rows_of_a_new_class_begin_without_moments_and_the_old_rows_keep_theirs() -> None:
    old, before = stepped("adamw")
    wider = replace(LABEL, classes=("ok", "burr", "crack", "leak"), frequencies=(0.4, 0.3, 0.2, 0.1))
    new = warm_start(old, SMALL[:2], (wider, SEVERITY))
    after = Paths(new.paths(), {})
    carry_moments(old, before.optimisers, new, after.optimisers)
    known = before.optimisers["shared"].state[old.heads["label:a"].weight]
    found = after.optimisers["shared"].state[new.heads["label:a"].weight]
    for moment in ("exp_avg", "exp_avg_sq"):
        assert torch.equal(found[moment][[0, 2, 3]], known[moment])
        assert not found[moment][1].any()
    assert found["step"] == known["step"]
