"""Plain measures: what an encoder says about a window before anything is learnt, and whatever is learnt."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from models.encoders import encoder_for, kinds
from models.encoders.base import MOST_MEASURES, Encoder, thinned
from models.injection import InputSpec
from tests.synthetic import ACOUSTIC, ENOSE, SPECS, THERMAL, raw_windows

EXAMPLES = {spec.kind: spec for spec in SPECS}


def batch(spec: InputSpec, items: int = 5) -> torch.Tensor:
    return torch.from_numpy(raw_windows(spec, items).astype(np.float32))


def built(spec: InputSpec) -> Encoder:
    torch.manual_seed(0)
    encoder = encoder_for(spec, 6)
    with torch.no_grad():
        encoder.fit(batch(spec, 40))
    return encoder.eval()


@pytest.mark.parametrize("kind", kinds())
def test_they_stand_beside_the_features_of_the_same_pass(kind: str) -> None:
    encoder, windows = built(EXAMPLES[kind]), batch(EXAMPLES[kind])
    measures, features = encoder.observe(windows)
    assert torch.equal(features, encoder(windows))
    assert torch.equal(measures, encoder.measure(encoder.prepare(windows)))
    assert measures.shape[0] == 5
    assert measures.dtype == torch.float32
    assert measures.isfinite().all()


@pytest.mark.parametrize("kind", kinds())
def test_no_training_shapes_them(kind: str) -> None:
    encoder, windows = built(EXAMPLES[kind]), batch(EXAMPLES[kind])
    before, features = encoder.observe(windows)
    with torch.no_grad():
        for parameter in encoder.parameters():
            parameter.add_(torch.randn_like(parameter))
    after, others = encoder.observe(windows)
    assert torch.equal(before, after)
    assert not torch.allclose(features, others, atol=1e-3)


@pytest.mark.parametrize("kind", kinds())
def test_on_the_windows_that_set_the_scale_they_are_about_standard(kind: str) -> None:
    measures, _ = built(EXAMPLES[kind]).observe(batch(EXAMPLES[kind], 40))
    assert float(measures.mean(dim=0).median().abs()) < 1.0
    assert 0.02 < float(measures.std(dim=0).median()) < 2.0


@pytest.mark.parametrize("kind", kinds())
def test_a_window_is_measured_alike_alone_and_in_a_batch(kind: str) -> None:
    encoder, windows = built(EXAMPLES[kind]), batch(EXAMPLES[kind])
    alone = torch.cat([encoder.observe(windows[n : n + 1])[0] for n in range(5)])
    torch.testing.assert_close(alone, encoder.observe(windows)[0], rtol=0, atol=1e-4)


@pytest.mark.parametrize(
    ("spec", "most"),
    [
        (replace(ACOUSTIC, shape=(6, 2048)), 4 * MOST_MEASURES),
        (replace(ENOSE, shape=(8, 300)), MOST_MEASURES),
        (replace(THERMAL, shape=(1, 240, 320)), 6 * 6 * 2 + 60),
    ],
)
def test_long_windows_and_many_channels_do_not_make_them_many(spec: InputSpec, most: int) -> None:
    assert 20 < built(spec).observe(batch(spec, 2))[0].shape[1] <= most


@pytest.mark.parametrize("level", [False, True])
def test_a_frame_that_is_hotter_everywhere_differs_unless_its_level_is_declared_to_say_nothing(level: bool) -> None:
    spec = replace(THERMAL, dtype="float32", level_normalization=level)
    encoder, frames = built(spec), batch(spec) * 0.5
    moved = (encoder.observe(frames)[0] - encoder.observe(frames + 100)[0]).abs().amax()
    assert (float(moved) < 0.01) == level


@given(st.integers(1, 9), st.integers(1, 400), st.integers(1, 200))
def test_thinned_rows_keep_their_mean_and_are_no_more_than_asked(channels: int, steps: int, most: int) -> None:
    rows = torch.from_numpy(np.random.default_rng(0).normal(size=(2, channels, steps)).astype(np.float32))
    found = thinned(rows, most)
    assert found.shape[:2] == (2, channels)
    assert found.shape[1] * found.shape[2] <= max(most, channels)
    if channels * steps <= most:
        assert torch.equal(found, rows)
    elif steps % found.shape[2] == 0:
        torch.testing.assert_close(found.mean(dim=2), rows.mean(dim=2), rtol=0, atol=1e-5)
