"""P-values of a part hold for every set of present streams, and what is absent says nothing."""

from itertools import product

import pytest
import torch
from torch import Tensor, nn

from models.novelty.conformal import NEVER
from models.novelty.novelty import MOST_IN_TABLES, Novelty

STREAMS = ("a", "b", "c")
MASKS = list(product((True, False), repeat=3))


def plain(scores: Tensor, streams: tuple[str, ...] = STREAMS) -> Novelty:
    """A novelty whose one layer by stream is the score itself."""
    return Novelty(streams, [[nn.Identity()] for _ in streams], scores)  # type: ignore[list-item]


def seen(scores: Tensor) -> list[list[Tensor]]:
    return [[scores[:, s : s + 1]] for s in range(scores.shape[1])]


def dependent(items: int, seed: int) -> Tensor:
    """Scores of three streams that go together."""
    random = torch.Generator().manual_seed(seed)
    return torch.randn(items, 3, generator=random) + torch.randn(items, 1, generator=random)


@pytest.mark.parametrize("mask", MASKS[:-1])
def test_each_item_against_all_others_keeps_the_promise_under_every_mask(mask: tuple[bool, ...]) -> None:
    scores = dependent(41, 0)
    here = torch.tensor([mask])
    found = []
    for item in range(41):
        others = torch.cat([scores[:item], scores[item + 1 :]])
        found.append(torch.cat(plain(others)(seen(scores[item : item + 1]), here), dim=1)[0])
    values = torch.stack(found)
    for level in (0.025, 0.1, 0.5, 0.9):
        assert ((values <= level).sum(dim=0) <= level * 41).all()


@pytest.mark.parametrize("mask", MASKS)
def test_what_an_absent_stream_holds_changes_nothing_and_its_own_p_value_is_1(mask: tuple[bool, ...]) -> None:
    novelty, scores, here = plain(dependent(60, 1)), dependent(9, 2), torch.tensor([mask] * 9)
    found = novelty(seen(scores), here)
    again = novelty(seen(torch.where(here, scores, torch.full_like(scores, 1e6))), here)
    for name, a, b in zip(novelty.names, found, again, strict=True):
        assert a.shape == (9, 1)
        assert torch.equal(a, b), name
    for stream, present in enumerate(mask):
        assert present or (found[1 + stream] == 1).all()


def test_a_part_of_which_nothing_is_there_is_not_novel() -> None:
    found = plain(dependent(60, 1))(seen(torch.full((1, 3), 50.0)), torch.zeros(1, 3, dtype=torch.bool))
    assert [float(p) for p in found] == [1.0] * 4


def test_with_one_stream_present_the_parts_p_value_is_the_streams() -> None:
    novelty, scores = plain(dependent(60, 1)), dependent(20, 3)
    for stream in range(3):
        here = torch.zeros(20, 3, dtype=torch.bool)
        here[:, stream] = True
        found = novelty(seen(scores), here)
        torch.testing.assert_close(found[0], found[1 + stream], rtol=0, atol=1e-5)


@pytest.mark.parametrize("stream", range(3))
def test_one_strange_stream_makes_the_part_strange(stream: int) -> None:
    scores = torch.zeros(1, 3)
    scores[0, stream] = 40.0
    joint, *single = plain(dependent(199, 4))(seen(scores), torch.ones(1, 3, dtype=torch.bool))
    assert float(joint) == pytest.approx(1 / 200)
    assert [s for s, p in enumerate(single) if float(p) < 0.05] == [stream]


def test_a_set_of_streams_that_no_item_has_is_judged_by_bonferroni() -> None:
    calibration = dependent(90, 5)
    calibration[:30, 1:] = calibration[30:60, [0, 2]] = calibration[60:, :2] = NEVER
    novelty, scores = plain(calibration), dependent(50, 6) * 3
    joint, *single = novelty(seen(scores), torch.ones(50, 3, dtype=torch.bool))
    wanted = (3 * torch.cat(single, dim=1).amin(dim=1)).clamp_max(1.0)
    torch.testing.assert_close(joint[:, 0], wanted)
    assert novelty.smallest == pytest.approx(3 / 31)
    assert float(joint.min()) == pytest.approx(3 / 31)


def test_more_streams_than_fit_into_tables_are_judged_by_bonferroni() -> None:
    count = MOST_IN_TABLES + 1
    names = tuple("abcdefghijk"[:count])
    novelty = plain(torch.randn(99, count), names)
    joint, *single = novelty(seen(torch.randn(20, count) * 2), torch.ones(20, count, dtype=torch.bool))
    torch.testing.assert_close(joint[:, 0], (count * torch.cat(single, dim=1).amin(dim=1)).clamp_max(1.0))
    assert len(novelty.fused.counts) == 1


def test_a_stream_that_training_hardly_had_takes_no_part() -> None:
    scores = dependent(80, 7)
    scores[:, 1] = NEVER
    novelty = Novelty(STREAMS, [[nn.Identity()], [], [nn.Identity()]], scores)  # type: ignore[list-item]
    new, every = dependent(10, 8), torch.ones(10, 3, dtype=torch.bool)
    found = novelty(seen(new), every)
    without = novelty(seen(new), every & torch.tensor([True, False, True]))
    assert torch.equal(found[0], without[0])
    assert (found[2] == 1).all()
    assert novelty.smallest == pytest.approx(1 / 81)


def test_an_item_is_judged_alike_alone_and_in_a_batch_of_other_masks() -> None:
    novelty, scores, here = plain(dependent(60, 1)), dependent(8, 9), torch.tensor(MASKS)
    together = torch.cat(novelty(seen(scores), here), dim=1)
    alone = [torch.cat(novelty(seen(scores[n : n + 1]), here[n : n + 1]), dim=1) for n in range(8)]
    torch.testing.assert_close(together, torch.cat(alone), rtol=0, atol=1e-6)
