"""Mel bands by ourselves are librosa's, bit for bit, and cost no librosa."""

import subprocess
import sys
import warnings

import librosa
import numpy as np
import pytest

from models.frontends.mel import hz_to_mel, mel_filters, mel_frequencies

RATES_HZ = [1000.0, 8000.0, 16000.0, 25600.0, 44100.0, 48000.0]


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("n_fft", [32, 256, 1024])
@pytest.mark.parametrize("bands", [8, 40, 128])
def test_filters_are_those_of_librosa(rate_hz: float, n_fft: int, bands: int) -> None:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Empty filters")
        wanted = librosa.filters.mel(sr=rate_hz, n_fft=n_fft, n_mels=bands)
    found = mel_filters(rate_hz, n_fft, bands)
    assert found.dtype == wanted.dtype
    assert np.array_equal(found, wanted)


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_the_scale_is_that_of_librosa(rate_hz: float) -> None:
    assert hz_to_mel(rate_hz / 2) == librosa.hz_to_mel(rate_hz / 2)
    assert np.array_equal(mel_frequencies(42, rate_hz / 2), librosa.mel_frequencies(42, fmax=rate_hz / 2))


def test_building_a_spectrogram_loads_neither_librosa_nor_numba() -> None:
    code = (
        "import sys; from models.frontends.logmel import LogMel; LogMel(16000.0, 512, 128, 64);"
        "assert not {'librosa', 'numba', 'scipy'} & set(sys.modules), sorted(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
