"""What a defect does to the sensor that sees it, and that it leaves the others alone."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from sensors.simulated.frame import AMBIENT_K, RATE_HZ, ThermalCamera
from sensors.simulated.gas import BASELINE_KOHM, GasArray, puff
from sensors.simulated.knock import Microphone, knock
from sensors.simulated.resonance import ring
from sensors.simulated.line import START_NS, Passing
from sensors.simulated.parts import Part

GOOD = Part(name="a", defect="ok", severity=0.0, rattle=0.0, warmth=0.0)
SOURCES = {"acoustic": (Microphone, 16_000.0), "thermal": (ThermalCamera, RATE_HZ), "enose": (GasArray, 10.0)}


def passing(part: Part) -> list[Passing]:
    return [Passing(part=part, time_ns=START_NS + 1_000_000_000)]


def samples(stream: str, part: Part, seconds: float = 2.0) -> NDArray[Any]:
    make, rate_hz = SOURCES[stream]
    return make(passing(part), 3).samples(0, np.arange(int(seconds * rate_hz)) / rate_hz)


@pytest.mark.parametrize("stream", SOURCES)
@pytest.mark.parametrize(("defect", "shown"), [("crack", "acoustic"), ("overheat", "thermal"), ("leak", "enose")])
def test_a_defect_changes_its_own_stream_and_no_other(stream: str, defect: str, shown: str) -> None:
    bad = replace(GOOD, defect=defect, severity=0.8)
    same = np.array_equal(samples(stream, GOOD), samples(stream, bad))
    assert same == (stream != shown)


@pytest.mark.parametrize(("stream", "dtype"), [("acoustic", np.int16), ("thermal", np.uint16), ("enose", np.float32)])
def test_samples_have_the_dtype_and_shape_of_the_sensor(stream: str, dtype: type) -> None:
    data = samples(stream, GOOD)
    make, rate_hz = SOURCES[stream]
    assert data.dtype == dtype
    assert data.shape == (int(2.0 * rate_hz), *make(passing(GOOD), 3).stream.shape)


def test_a_mode_rings_at_its_frequency_and_decays_with_its_time() -> None:
    times_s = np.arange(16_000) / 16_000.0
    sound = ring(times_s, np.array([1000.0]), np.array([0.2]), np.array([1.0]))
    assert np.argmax(np.abs(np.fft.rfft(sound))) == 1000
    envelope = np.abs(sound).reshape(-1, 800).max(axis=1)
    np.testing.assert_allclose(envelope[4:8] / envelope[:4], np.exp(-1.0), rtol=0.02)


def test_a_crack_lowers_the_weakened_modes_and_shortens_them() -> None:
    times_s = np.arange(3200) / 16_000.0
    frequencies_hz = np.fft.rfftfreq(times_s.size, 1.0 / 16_000.0)
    band = (frequencies_hz > 2500.0) & (frequencies_hz < 3300.0)
    peaks_hz, tails = [], []
    for severity in (0.0, 0.5, 1.0):
        part = replace(GOOD, defect="crack" if severity else "ok", severity=severity)
        sound = knock(part, np.random.default_rng(0), times_s)
        peaks_hz.append(frequencies_hz[band][np.argmax(np.abs(np.fft.rfft(sound))[band])])
        tails.append(np.square(sound[1600:]).sum() / np.square(sound).sum())
    assert peaks_hz[0] > peaks_hz[1] > peaks_hz[2]
    assert tails[0] > tails[1] > tails[2]


def test_a_hot_spot_grows_hotter_and_wider_with_severity() -> None:
    def hotter(severity: float) -> NDArray[np.float64]:
        part = replace(GOOD, defect="overheat", severity=severity)
        return samples("thermal", part)[9].astype(float) - samples("thermal", GOOD)[9]

    mild, severe = hotter(0.3), hotter(1.0)
    assert 100.0 < mild.max() < severe.max() < 1200.0
    assert (mild > mild.max() / 2.0).sum() < (severe > severe.max() / 2.0).sum()


def test_an_empty_belt_is_at_room_temperature() -> None:
    first = samples("thermal", GOOD)[0].astype(float)
    assert abs(np.median(first) / 100.0 - AMBIENT_K) < 2.0


def test_a_leak_lowers_every_channel_most_the_first_and_comes_back() -> None:
    leak = replace(GOOD, defect="leak", severity=1.0)
    ratio = samples("enose", leak, 6.0) / samples("enose", GOOD, 6.0)
    assert (ratio[:10] == 1.0).all()
    lowest = ratio.min(axis=0)
    assert (lowest < 0.95).all()
    assert lowest.argmin() == 0
    assert (ratio[-5:] > 0.99).all()
    assert BASELINE_KOHM.size == ratio.shape[1]


def test_a_puff_is_nothing_before_it_comes_and_peaks_at_one() -> None:
    times_s = np.linspace(-1.0, 3.0, 4001)
    gas = puff(times_s)
    assert (gas[times_s <= 0.0] == 0.0).all()
    assert gas.max() == pytest.approx(1.0, abs=1e-4)
