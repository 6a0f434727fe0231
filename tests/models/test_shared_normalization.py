"""A batch that two processes share, evenly or not, is normalized as one process does it, forwards and backwards."""

from pathlib import Path

import pytest
import torch
import torch.distributed as dist
from torch import nn

from models.shared_normalization import SharedNormalization, share_normalization
from tests.models.processes import several

ITEMS, CHANNELS = 7, 3
CUTS = (0, 1, 4, ITEMS)


def network() -> nn.Sequential:
    torch.manual_seed(1)
    return nn.Sequential(
        nn.Conv2d(2, CHANNELS, 3), nn.BatchNorm2d(CHANNELS), nn.ReLU(), nn.BatchNorm2d(CHANNELS)
    ).double()


def maps() -> torch.Tensor:
    return 3.0 + torch.randn(ITEMS, 2, 6, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def slopes() -> torch.Tensor:
    return torch.randn(ITEMS, CHANNELS, 4, 3, generator=torch.Generator().manual_seed(2), dtype=torch.float64)


def passed(one: nn.Module, mine: slice) -> dict[str, torch.Tensor]:
    """Outputs, gradients and statistics after two batches, the second as the first."""
    for parameter in one.parameters():
        parameter.grad = None
    one(maps()[mine])
    given = maps()[mine].requires_grad_()
    out = one(given)
    out.backward(slopes()[mine])
    assert given.grad is not None
    gradients = {n: p.grad for n, p in one.named_parameters() if p.grad is not None}
    return {"out": out.detach(), "by maps": given.grad, **gradients, **dict(one.named_buffers())}


def member(rank: int, size: int, meeting: str, file: str) -> None:
    dist.init_process_group("gloo", init_method=f"file://{meeting}", rank=rank, world_size=size)
    try:
        found = {}
        for cut in CUTS:
            one = network()
            share_normalization(one)
            found[cut] = passed(one, slice(0, cut) if rank == 0 else slice(cut, ITEMS))
        torch.save(found, f"{file}{rank}")
    finally:
        dist.destroy_process_group()


def test_however_two_processes_share_the_items_they_are_as_one(tmp_path: Path) -> None:
    several(tmp_path, 2, member, str(tmp_path / "rank"))
    first, second = (torch.load(tmp_path / f"rank{rank}", weights_only=True) for rank in (0, 1))
    alone = passed(network(), slice(None))
    for cut in CUTS:
        a, b = first[cut], second[cut]
        for name in ("out", "by maps"):
            torch.testing.assert_close(torch.cat([a[name], b[name]]), alone[name], rtol=0, atol=1e-13)
        for name, _ in network().named_parameters():
            torch.testing.assert_close(a[name] + b[name], alone[name], rtol=0, atol=1e-12)
        for name, _ in network().named_buffers():
            torch.testing.assert_close(a[name], alone[name], rtol=0, atol=1e-13)
            assert torch.equal(a[name], b[name])


def test_a_layer_that_is_shared_has_the_very_parameters_and_statistics_that_it_had() -> None:
    one = network()
    before = {**dict(one.named_parameters()), **dict(one.named_buffers())}
    share_normalization(one)
    after = {**dict(one.named_parameters()), **dict(one.named_buffers())}
    assert list(one.state_dict()) == list(network().state_dict())
    assert all(after[name] is value for name, value in before.items())
    assert isinstance(one[1], SharedNormalization)


@pytest.mark.parametrize("items", [1, 7])
def test_in_use_it_is_that_of_one_process_and_waits_for_no_other(items: int) -> None:
    one, plain = network(), network()
    share_normalization(one)
    assert torch.equal(one.eval()(maps()[:items]), plain.eval()(maps()[:items]))
