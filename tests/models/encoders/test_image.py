"""What only the encoder of frames does."""

import pytest
import torch

from models.encoders.image import FEW_FRAMES, FEWEST_FRAMES, STATISTICS_ALONE, Halved, Image
from models.injection import InputSpec

SPEC = InputSpec(name="thermal", kind="image", shape=(1, 8, 8))
ITEMS = 20_000


def left_out(frames: int) -> float:
    """Share of training items whose learned features are left out after that many frames were seen."""
    generator = torch.Generator().manual_seed(0)
    image = Image(SPEC, 4)
    image.fit(torch.randn(frames, 1, 8, 8, generator=generator))
    torch.manual_seed(0)
    kept = image.train().symmetric(lambda maps: torch.ones(len(maps), 4), torch.zeros(ITEMS, 1, 1, 1))  # type: ignore[arg-type]
    return float((kept == 0).all(dim=1).float().mean())


@pytest.mark.parametrize("frames", [FEWEST_FRAMES, FEW_FRAMES])
def test_with_few_frames_a_share_of_the_items_is_judged_by_statistics_alone(frames: int) -> None:
    assert left_out(frames) == pytest.approx(STATISTICS_ALONE, abs=0.02)


def test_with_many_frames_that_share_falls_in_proportion() -> None:
    assert left_out(5 * FEW_FRAMES) == pytest.approx(STATISTICS_ALONE / 5, abs=0.01)


@pytest.mark.parametrize("sides", [(24, 32), (6, 8), (5, 8), (3, 1)])
def test_halving_is_the_mean_of_two_by_two_cells_with_what_is_left_at_an_odd_edge(sides: tuple[int, int]) -> None:
    maps = torch.randn(2, 3, *sides, generator=torch.Generator().manual_seed(0))
    cells = [
        maps[:, :, row : row + 2, column : column + 2]
        for row in range(0, sides[0], 2)
        for column in range(0, sides[1], 2)
    ]
    wanted = torch.stack([cell.mean(dim=(2, 3)) for cell in cells], dim=2)
    torch.testing.assert_close(Halved()(maps).flatten(2), wanted)
