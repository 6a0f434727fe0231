"""What batch normalization remembers is kept, put back and looked at as a whole."""

import math

import pytest
import torch
from torch import nn

from models.batch_statistics import BatchStatistics, still_statistics


def layers() -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.Flatten(), nn.LazyBatchNorm1d())


def seen(network: nn.Module, value: float = 1.0) -> dict[str, torch.Tensor]:
    """The buffers after a batch with one such number in it."""
    maps = torch.randn(4, 1, 5, 5)
    maps[1, 0, 2, 2] = value
    network(maps)
    return {name: buffer.clone() for name, buffer in network.named_buffers()}


def same(network: nn.Module, before: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(before[name], buffer) for name, buffer in network.named_buffers())


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan, 1e30])
def test_a_number_that_cannot_be_remembered_is_noticed_and_forgotten(value: float) -> None:
    network = layers()
    before = seen(network)
    statistics = BatchStatistics(network)
    assert statistics.finite()
    seen(network, value)
    assert not statistics.finite()
    statistics.restore()
    assert statistics.finite()
    assert same(network, before)


def test_what_was_kept_last_is_put_back() -> None:
    network = layers()
    seen(network)
    statistics = BatchStatistics(network)
    before = seen(network)
    statistics.keep()
    seen(network)
    statistics.restore()
    assert same(network, before)


def test_a_network_without_such_layers_has_nothing_to_forget() -> None:
    statistics = BatchStatistics(nn.Linear(2, 2))
    statistics.keep()
    statistics.restore()
    assert statistics.finite()


@pytest.mark.parametrize("value", [1.0, math.nan])
def test_a_pass_with_still_statistics_leaves_no_trace(value: float) -> None:
    network = layers()
    before = seen(network)
    with still_statistics(network):
        seen(network, value)
    assert same(network, before)
