"""What only the encoder of frames does."""

from dataclasses import replace

import pytest
import torch

from models.encoders.image import (
    FEW_FRAMES,
    FEWEST_FRAMES,
    MOST_NOISE,
    NOISE_ALONE,
    STATISTICS_ALONE,
    STATISTICS_NOISE,
    Halved,
    Image,
)
from models.frontends.contrast import Contrast
from models.frontends.statistics import Statistics
from models.frontends.top_hat import TopHats
from models.injection import InputSpec

SPEC = InputSpec(name="thermal", kind="image", shape=(1, 8, 8))
ITEMS = 20_000


def fitted(frames: int) -> Image:
    """An encoder that has seen that many frames."""
    image = Image(SPEC, 4)
    image.fit(torch.randn(frames, 1, 8, 8, generator=torch.Generator().manual_seed(0)))
    return image


def left_out(frames: int) -> float:
    """Share of training items whose learned features are left out after that many frames were seen."""
    image = fitted(frames)
    torch.manual_seed(0)
    kept = image.train().symmetric(lambda maps: torch.ones(len(maps), 4), torch.zeros(ITEMS, 1, 1, 1))  # type: ignore[arg-type]
    return float((kept == 0).all(dim=1).float().mean())


@pytest.mark.parametrize("frames", [FEWEST_FRAMES, FEW_FRAMES])
def test_with_few_frames_a_share_of_the_items_is_judged_by_statistics_alone(frames: int) -> None:
    assert left_out(frames) == pytest.approx(STATISTICS_ALONE, abs=0.02)


def test_with_many_frames_that_share_falls_in_proportion() -> None:
    assert left_out(5 * FEW_FRAMES) == pytest.approx(STATISTICS_ALONE / 5, abs=0.01)


@pytest.mark.parametrize(
    ("frames", "noise"),
    [
        (20, MOST_NOISE),
        (FEW_FRAMES // 4, 2 * NOISE_ALONE),
        (FEW_FRAMES, STATISTICS_NOISE),
        (4 * FEW_FRAMES, STATISTICS_NOISE / 2),
    ],
)
def test_the_variance_of_the_noise_on_statistics_falls_with_the_number_of_frames(frames: int, noise: float) -> None:
    assert fitted(frames).noise == pytest.approx(noise)


@pytest.mark.parametrize(("sides", "few"), [((8, 8), Contrast), ((32, 40), TopHats)])
def test_few_frames_leave_statistics_and_no_convolutions(sides: tuple[int, int], few: type[Statistics]) -> None:
    image = Image(replace(SPEC, shape=(1, *sides)), 4)
    frames = torch.randn(FEWEST_FRAMES, 1, *sides, generator=torch.Generator().manual_seed(0))
    image.fit(frames)
    assert image.deep is not None
    assert isinstance(image.statistics, Contrast)
    image.fit(frames[1:])
    assert image.deep is None
    assert isinstance(image.statistics, few)
    assert image(frames[:2]).shape == (2, 4)


def test_statistics_alone_keep_how_far_a_frame_lies_from_the_common_ones() -> None:
    few, many = fitted(FEWEST_FRAMES - 1).eval(), fitted(FEWEST_FRAMES).eval()
    torch.nn.init.zeros_(few.ranked.bias)
    near = few.statistics.offset.new_full((1, few.statistics.count), 0.5)
    for encoder, ratio in ((few, 4.0), (many, 1.0)):
        maps = torch.zeros(1, *encoder.cells)
        lengths = [encoder.encode((maps, maps, there, maps, maps)).norm().item() for there in (near, 4 * near)]
        assert lengths[1] / lengths[0] == pytest.approx(ratio, rel=0.05)


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
