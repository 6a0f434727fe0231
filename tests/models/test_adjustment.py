"""Paths, clip, schedule and running average."""

import pytest
import torch
from torch import nn

from models.adjustment import OPTIMISERS, Paths, PathSettings, RunningAverage
from models.schedules import one_cycle

PLAIN = PathSettings(optimizer="sgd", lr=1.0, weight_decay=0.0, clip_norm=1.0)
PEAK = 0.15
"""Progress at which `schedule` is 1."""


def two(settings: PathSettings = PLAIN) -> tuple[Paths, nn.Parameter, nn.Parameter]:
    one, other = nn.Parameter(torch.zeros(4)), nn.Parameter(torch.zeros(4))
    return Paths({"eye": [one], "ear": [other]}, {"eye": settings, "ear": settings}), one, other


def with_gradients(one: nn.Parameter, other: nn.Parameter, first: float, second: float) -> None:
    one.grad, other.grad = torch.full((4,), first), torch.full((4,), second)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
def test_a_gradient_that_is_not_finite_skips_the_step_of_every_path(bad: float) -> None:
    paths, one, other = two()
    with_gradients(one, other, 0.1, 0.1)
    assert other.grad is not None
    other.grad[2] = bad
    assert paths.step(PEAK) is False
    assert paths.skipped == 1
    assert not one.any()
    assert not other.any()
    paths.zero()
    with_gradients(one, other, 0.1, 0.1)
    assert paths.step(PEAK) is True
    torch.testing.assert_close(one.detach(), torch.full((4,), -0.1))
    assert paths.skipped == 1


def test_a_step_that_brought_something_else_that_is_not_finite_is_skipped_likewise() -> None:
    paths, one, other = two()
    with_gradients(one, other, 0.1, 0.1)
    assert paths.step(PEAK, sound=False) is False
    assert paths.skipped == 1
    assert not one.any()


def test_each_path_is_clipped_by_its_own_norm() -> None:
    paths, one, other = two()
    with_gradients(one, other, 100.0, 0.1)
    paths.step(PEAK)
    torch.testing.assert_close(one.detach().norm(), torch.tensor(1.0))
    torch.testing.assert_close(other.detach(), torch.full((4,), -0.1))


def test_each_path_has_its_own_rate() -> None:
    one, other = nn.Parameter(torch.zeros(1)), nn.Parameter(torch.zeros(1))
    slow = PathSettings(optimizer="sgd", lr=0.01, weight_decay=0.0)
    paths = Paths({"eye": [one], "ear": [other]}, {"eye": PLAIN, "ear": slow})
    one.grad, other.grad = torch.ones(1), torch.ones(1)
    paths.step(PEAK)
    assert (one.item(), other.item()) == pytest.approx((-1.0, -0.01))


def test_the_rate_follows_the_schedule() -> None:
    paths, one, other = two()
    with_gradients(one, other, 0.5, 0.5)
    paths.step(1.0)
    assert not one.any()


def test_a_path_without_parameters_is_left_out() -> None:
    assert set(Paths({"empty": [], "full": [nn.Parameter(torch.zeros(1))]}, {}).optimisers) == {"full"}


def test_an_unknown_optimizer_is_refused_with_path_and_choice() -> None:
    with pytest.raises(ValueError, match="path 'eye': no optimizer 'lion'; there are: adam, adamw") as error:
        two(PathSettings(optimizer="lion"))
    assert all(name in str(error.value) for name in OPTIMISERS)


@pytest.mark.parametrize("name", OPTIMISERS)
def test_every_optimizer_goes_downhill(name: str) -> None:
    value = nn.Parameter(torch.tensor([3.0]))
    paths = Paths({"p": [value]}, {"p": PathSettings(optimizer=name, lr=0.05, weight_decay=0.0)})
    for _ in range(30):
        paths.zero()
        value.square().sum().backward()
        paths.step(PEAK)
    assert abs(value.item()) < 2.5


def test_the_schedule_starts_low_peaks_at_one_and_ends_at_nothing() -> None:
    assert 0 < one_cycle(0.0) < 0.1
    assert one_cycle(PEAK) == pytest.approx(1.0)
    assert one_cycle(1.0) == pytest.approx(0.0)
    assert one_cycle(1.5) == pytest.approx(0.0)
    rates = [one_cycle(i / 1000) for i in range(1001)]
    top = rates.index(max(rates))
    assert rates[: top + 1] == sorted(rates[: top + 1])
    assert rates[top:] == sorted(rates[top:], reverse=True)


def test_the_running_average_by_hand() -> None:
    net = nn.Linear(1, 1, bias=False)
    nn.init.constant_(net.weight, 0.0)
    average = RunningAverage(net, horizon=4.0)
    expected = 0.0
    for step, value in enumerate([1.0, 2.0, 3.0, 10.0, 10.0, 10.0], start=1):
        nn.init.constant_(net.weight, value)
        average.update()
        expected += (1 - min(0.75, (1 + step) / (10 + step))) * (value - expected)
    assert average.network.weight.item() == pytest.approx(expected)


def test_the_running_average_takes_statistics_in_and_stays_in_evaluation_mode() -> None:
    net = nn.Sequential(nn.BatchNorm1d(2)).train()
    average = RunningAverage(net, horizon=2.0)
    for _ in range(50):
        net(torch.randn(8, 2) + 5)
        average.update()
    torch.testing.assert_close(average.network[0].running_mean, net[0].running_mean, rtol=0, atol=0.2)
    assert not average.network.training
    assert net.training


def test_a_kept_state_does_not_move_with_the_average() -> None:
    net = nn.Linear(2, 2)
    average = RunningAverage(net, horizon=2.0)
    kept = average.state()
    before = kept["weight"].clone()
    nn.init.constant_(net.weight, 9.0)
    average.update()
    assert torch.equal(kept["weight"], before)
