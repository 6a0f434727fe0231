"""The term that holds the champion's answers: what it counts, when it is zero, where it pulls."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from models.continual.distillation import Comparison, Distillation, divergence, likelihoods
from models.continual.replay import REPLAYED
from models.continual.warm_start import warm_start
from models.discrepancy import Pair
from models.injection import Batch, Dataset, collate
from models.losses import names
from models.losses.base import ClassLoss
from models.network import MultimodalNetwork
from models.tasks import Task
from tests.models.losses.kinds import answers, task
from tests.synthetic import ENOSE, LABEL, SEVERITY, network, raw_windows

A, B, C = (replace(ENOSE, name=name) for name in "abc")
TASKS = (LABEL, SEVERITY, Task(name="label.a", stream="a", classes=("ok", "bad"), frequencies=(0.8, 0.2)))
WIDER = replace(LABEL, classes=("ok", "burr", "crack", "leak"), frequencies=(0.4, 0.3, 0.2, 0.1))


def items(many: int = 12, replayed: int = 5, specs: tuple[object, ...] = (A, B)) -> Batch:
    mark = np.full(many, np.nan, np.float32)
    mark[:replayed] = 1.0
    windows = {s.name: raw_windows(s, many, 3) for s in specs}  # type: ignore[attr-defined]
    rows = {name: np.arange(many) for name in windows}
    return collate(Dataset(windows=windows, rows=rows, targets={REPLAYED: mark}), np.arange(many))


def term(champion: MultimodalNetwork, now: MultimodalNetwork, **changes: float) -> Distillation:
    return Distillation(champion, now.streams, now.tasks, **changes)


def total(of: Distillation, now: MultimodalNetwork, batch: Batch, presence: Tensor | None = None) -> Tensor:
    mask = batch.presence(now.streams) if presence is None else presence
    features = now.encode(batch)
    return of.total(now, batch, mask, features, now.answer(now.advance(features, mask)))


def moved(now: MultimodalNetwork) -> MultimodalNetwork:
    with torch.no_grad():
        for value in now.parameters():
            value.add_(0.1 * torch.randn_like(value))
    return now


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("loss", names())
def test_the_divergence_of_every_item_has_the_gradient_of_finite_differences(loss: str, temperature: float) -> None:
    """Also where the network knows more classes than the champion, in another order."""
    before = after = task(loss)
    if loss not in ("huber", "squared", "binary", "ordinal"):
        after = replace(before, classes=("leak", "burr", *before.classes[:2]), frequencies=(0.1, 0.2, 0.4, 0.3))
    pair = Pair(output="label:joint", task=before, stream=None, weight=1.0, loss=before.criterion)
    rows = torch.tensor([after.classes.index(name) for name in before.classes], dtype=torch.int64)
    compared = Comparison(pair=pair, loss=after.criterion, rows=rows)
    wanted, now = answers(before, 1)[0], answers(after, 2)[0].requires_grad_()

    def apart(given: Tensor) -> Tensor:
        return divergence(compared, given, wanted, temperature)

    assert apart(now).shape == (len(wanted),)
    assert torch.autograd.gradcheck(apart, now)


def test_it_is_zero_at_the_champion_and_so_is_its_gradient() -> None:
    old = network((A, B), TASKS)
    now = warm_start(old, (A, B), TASKS).eval()
    value = total(term(old, now), now, items())
    value.backward()
    assert value.item() == pytest.approx(0.0, abs=1e-5)
    assert all(p.grad is None or p.grad.abs().max() < 1e-4 for p in now.parameters())


def test_it_is_positive_elsewhere_and_a_step_down_brings_answers_back() -> None:
    old = network((A, B), TASKS)
    now = moved(warm_start(old, (A, B), TASKS).eval())
    of, batch = term(old, now), items()
    optimiser = torch.optim.SGD(now.parameters(), lr=1e-3)
    values = []
    for _ in range(20):
        optimiser.zero_grad()
        value = total(of, now, batch)
        value.backward()
        optimiser.step()
        values.append(value.item())
    assert values[-1] < 0.7 * values[0]
    assert values[0] > 0.1


def test_only_replayed_items_count() -> None:
    old = network((A, B), TASKS)
    now = moved(warm_start(old, (A, B), TASKS).eval())
    of, some, all_ = term(old, now), items(replayed=5), items(replayed=12)
    mask = some.presence(now.streams)
    assert (of.count(some, mask), of.count(all_, mask)) == (5, 12)
    first = collate(
        Dataset(
            windows={n: w.numpy()[:5] for n, w in some.windows.items()},
            rows={n: np.arange(5) for n in some.windows},
            targets={REPLAYED: np.ones(5, np.float32)},
        ),
        np.arange(5),
    )
    torch.testing.assert_close(total(of, now, some), total(of, now, first))
    assert total(of, now, all_) > total(of, now, some)


def test_a_batch_without_a_mark_has_no_replayed_item() -> None:
    old = network((A, B), TASKS)
    batch = replace(items(), targets={})
    assert term(old, old).count(batch, batch.presence(old.streams)) == 0


def test_two_halves_of_a_batch_add_up_to_the_whole() -> None:
    old = network((A, B), TASKS)
    now = moved(warm_start(old, (A, B), TASKS).eval())
    of, batch = term(old, now), items(replayed=9)
    parts = [batch.part(slice(0, 7)), batch.part(slice(7, 12))]
    torch.testing.assert_close(
        sum(total(of, now, p) for p in parts if of.count(p, p.presence(now.streams))), total(of, now, batch)
    )
    assert sum(of.count(p, p.presence(now.streams)) for p in parts) == 9


def test_items_that_the_champion_cannot_sense_do_not_count() -> None:
    old = network((A, B), TASKS[:2])
    now = moved(warm_start(old, (A, B, C), TASKS[:2], {"c": raw_windows(C, 9)}).eval())
    of, batch = term(old, now), items(specs=(A, B, C))
    mask = batch.presence(now.streams)
    mask[:2, :2] = False
    assert of.count(batch, mask) == 3
    assert total(of, now, batch, mask) < total(of, now, batch)


def test_the_champion_sees_what_modality_dropout_leaves() -> None:
    """Held to answers from streams that were taken away, a network would learn to guess."""
    old = network((A, B), TASKS)
    now = warm_start(old, (A, B), TASKS).eval()
    batch = items(replayed=12)
    mask = batch.presence(now.streams)
    mask[::2, 0] = False
    assert total(term(old, now), now, batch, mask).item() == pytest.approx(0.0, abs=1e-5)


def test_a_new_class_may_take_any_share() -> None:
    old = network((A, B), (LABEL,))
    now = warm_start(old, (A, B), (replace(WIDER, frequencies=(0.6 * 0.7, 0.3, 0.3 * 0.7, 0.1 * 0.7)),)).eval()
    of, batch = term(old, now), items()
    before = total(of, now, batch).item()
    with torch.no_grad():
        for head in now.heads.values():
            head.bias[1] += 3.0  # type: ignore[index,operator]
    assert total(of, now, batch).item() == pytest.approx(before, abs=1e-4)


def test_what_is_compared_does_not_depend_on_frequencies() -> None:
    """Answers that follow one likelihood under two sets of frequencies and class weights."""
    likelihood = torch.randn(6, 3)
    for frequencies in ((0.6, 0.3, 0.1), (0.2, 0.2, 0.6)):
        loss = replace(LABEL, frequencies=frequencies).criterion
        assert isinstance(loss, ClassLoss)
        answers = likelihood + torch.tensor(frequencies).log() + loss.shift
        torch.testing.assert_close(likelihoods(loss, answers), likelihood, rtol=1e-5, atol=1e-5)


def test_it_equals_the_formula_for_one_head() -> None:
    """T^2 sum_k p_k (log p_k - log q_k) over prior entropy, by hand."""
    task = Task(name="label.a", stream="a", classes=("ok", "bad"), frequencies=(0.5, 0.5))
    old = network((A,), (task,))
    now = moved(warm_start(old, (A,), (task,)).eval())
    batch = items(4, 4, (A,))
    mask = batch.presence(("a",))
    found = [n.answer(n.advance(n.encode(batch), mask))["label.a"].detach().double() / 3.0 for n in (old, now)]
    p, q = (np.exp(f.numpy()) / np.exp(f.numpy()).sum(axis=1, keepdims=True) for f in found)
    wanted = 9.0 * (p * np.log(p / q)).sum() / np.log(2)
    assert total(term(old, now, temperature=3.0), now, batch).item() == pytest.approx(wanted, rel=1e-4)


@pytest.mark.parametrize("temperature", [0.0, -1.0])
def test_a_temperature_that_is_none_is_refused(temperature: float) -> None:
    old = network((A, B), TASKS)
    with pytest.raises(ValueError, match="must be greater than 0"):
        term(old, old, temperature=temperature)
