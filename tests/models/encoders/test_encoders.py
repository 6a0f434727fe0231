"""Every encoder: found by its file, windows in, features out; augmentations keep what they must."""

from pathlib import Path

import numpy as np
import pytest
import torch

import models.encoders
from models.encoders import encoder_for, kinds
from models.encoders.base import Encoder
from models.injection import InputSpec
from tests.synthetic import SPECS, raw_windows

FILES = sorted(f.stem for f in Path(models.encoders.__path__[0]).glob("*.py") if f.stem not in ("__init__", "base"))
EXAMPLES = {spec.kind: spec for spec in SPECS}
AUGMENTATIONS = [(kind, name) for kind, spec in EXAMPLES.items() for name in encoder_for(spec, 4).augmentations]


def batch(spec: InputSpec, items: int = 5) -> torch.Tensor:
    return torch.from_numpy(raw_windows(spec, items).astype(np.float32))


def built(spec: InputSpec, width: int = 6) -> Encoder:
    encoder = encoder_for(spec, width)
    with torch.no_grad():
        encoder.fit(batch(spec, 20))
    return encoder.eval()


def test_every_file_is_a_kind_and_every_kind_has_an_example_here() -> None:
    assert set(kinds()) == {f for f in FILES if "_" not in f}
    assert set(kinds()) == set(EXAMPLES)


@pytest.mark.parametrize("kind", kinds())
def test_features_have_the_promised_shape_and_are_finite(kind: str) -> None:
    spec = EXAMPLES[kind]
    features = built(spec)(batch(spec))
    assert features.shape == (5, 6)
    assert features.dtype == torch.float32
    assert features.isfinite().all()


@pytest.mark.parametrize("kind", kinds())
def test_a_window_is_encoded_alike_alone_and_in_a_batch(kind: str) -> None:
    spec, encoder = EXAMPLES[kind], built(EXAMPLES[kind])
    windows = batch(spec)
    alone = torch.cat([encoder(windows[i : i + 1]) for i in range(len(windows))])
    torch.testing.assert_close(alone, encoder(windows), rtol=0, atol=1e-5)


@pytest.mark.parametrize("kind", kinds())
@pytest.mark.parametrize("value", [0.0, 7.0])
def test_a_constant_window_gives_finite_features_even_when_nothing_else_was_seen(kind: str, value: float) -> None:
    spec = EXAMPLES[kind]
    encoder = encoder_for(spec, 6)
    windows = torch.full((3, *spec.shape), value)
    with torch.no_grad():
        encoder.fit(windows)
    assert encoder.eval()(windows).isfinite().all()


@pytest.mark.parametrize("kind", kinds())
def test_one_training_window_is_enough_to_set_the_scale(kind: str) -> None:
    spec = EXAMPLES[kind]
    encoder = encoder_for(spec, 6)
    with torch.no_grad():
        encoder.fit(batch(spec, 1))
    assert encoder.eval()(batch(spec)).isfinite().all()


@pytest.mark.parametrize("kind", kinds())
def test_the_whole_encoder_can_learn(kind: str) -> None:
    spec = EXAMPLES[kind]
    encoder = built(spec).train()
    encoder(batch(spec)).square().sum().backward()
    silent = [n for n, p in encoder.named_parameters() if p.grad is None or not p.grad.abs().any()]
    # LayerNorm's bias and the biases before a normalization get a gradient of their own; every weight must.
    assert [n for n in silent if n.endswith("weight")] == []


@pytest.mark.parametrize(("kind", "name"), AUGMENTATIONS)
def test_an_augmentation_keeps_shape_and_dtype_and_its_input(kind: str, name: str) -> None:
    windows = batch(EXAMPLES[kind], 40)
    before = windows.clone()
    changed = encoder_for(EXAMPLES[kind], 4).augmentations[name](windows)
    assert (changed.shape, changed.dtype) == (windows.shape, windows.dtype)
    assert changed.isfinite().all()
    assert torch.equal(windows, before)
    assert not torch.equal(changed, windows)


@pytest.mark.parametrize(("kind", "name"), AUGMENTATIONS)
def test_an_augmentation_repeats_with_the_seed_and_only_then(kind: str, name: str) -> None:
    windows, change = batch(EXAMPLES[kind], 40), encoder_for(EXAMPLES[kind], 4).augmentations[name]

    def seeded(seed: int) -> torch.Tensor:
        torch.manual_seed(seed)
        return change(windows)

    assert torch.equal(seeded(1), seeded(1))
    assert not torch.equal(seeded(1), seeded(2))


@pytest.mark.parametrize("kind", kinds())
def test_no_augmentation_leaves_windows_as_they_are(kind: str) -> None:
    spec = EXAMPLES[kind]
    plain = InputSpec(name="s", kind=kind, shape=spec.shape, rate_hz=spec.rate_hz, dtype=spec.dtype, augment=())
    assert torch.equal(encoder_for(plain, 4).augment(batch(spec)), batch(spec))


@pytest.mark.parametrize("kind", kinds())
def test_an_unknown_augmentation_is_refused_with_what_is_allowed(kind: str) -> None:
    spec = EXAMPLES[kind]
    wrong = InputSpec(name="eye", kind=kind, shape=spec.shape, rate_hz=spec.rate_hz, augment=("sneeze",))
    with pytest.raises(ValueError, match=f"stream 'eye': no augmentation 'sneeze' for kind '{kind}'; allowed: ") as e:
        encoder_for(wrong, 4)
    assert all(name in str(e.value) for name in encoder_for(spec, 4).augmentations)


def test_an_unknown_kind_is_refused_with_those_there_are() -> None:
    with pytest.raises(ValueError, match="stream 'x': no encoder for kind 'radar'; there are: image, series, waveform"):
        encoder_for(InputSpec(name="x", kind="radar", shape=(1, 4)), 4)


def test_base_is_no_kind() -> None:
    with pytest.raises(ValueError, match="no encoder for kind 'base'"):
        encoder_for(InputSpec(name="x", kind="base", shape=(1, 4)), 4)
