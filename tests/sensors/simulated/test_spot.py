import numpy as np
import pytest

from sensors.simulated.spot import BLUR_PX2, COOLING_S, DIFFUSIVITY_PX2_S, Spot, cooled

SPOT = Spot(x_px=0.7, y_px=-1.2, kelvin=6.0, age_s=2.0)
X, Y = np.meshgrid(np.arange(-40.0, 41.0), np.arange(-40.0, 41.0))
SINCE_S = np.array([-1.0, 0.0, 1.0, 4.0, 20.0])


def seen(since_s: float) -> np.ndarray:
    return SPOT.excess(X, Y, np.array(since_s))


@pytest.mark.parametrize("since_s", SINCE_S)
def test_the_variance_of_the_heat_grows_by_2_d_t(since_s: float) -> None:
    heat = seen(since_s)
    for axis, middle in ((X, 0.7), (Y, -1.2)):
        assert (heat * axis).sum() / heat.sum() == pytest.approx(middle, abs=1e-3)
        variance = (heat * (axis - middle) ** 2).sum() / heat.sum()
        assert variance == pytest.approx(BLUR_PX2 + 2.0 * DIFFUSIVITY_PX2_S * (2.0 + since_s), rel=1e-3)


def test_heat_leaves_only_by_cooling() -> None:
    heat = np.array([seen(since_s).sum() for since_s in SINCE_S])
    np.testing.assert_allclose(heat / heat[1], np.exp(-SINCE_S / COOLING_S), rtol=1e-3)


def test_the_peak_is_as_declared_at_the_trigger_and_falls() -> None:
    peaks = [float(SPOT.excess(np.array(0.7), np.array(-1.2), np.array([s]))[0]) for s in SINCE_S]
    assert peaks[1] == pytest.approx(6.0)
    assert all(np.diff(peaks) < 0.0)


def test_it_obeys_the_heat_equation_with_newtons_cooling() -> None:
    h, x, y = 0.05, np.array([0.1, 2.0, -1.5]), np.array([0.3, -2.0, 0.0])

    def u(dx: float = 0.0, dy: float = 0.0, dt: float = 0.0) -> np.ndarray:
        return SPOT.excess(x + dx, y + dy, np.full(3, 1.0 + dt))

    laplacian = (u(dx=h) + u(dx=-h) + u(dy=h) + u(dy=-h) - 4.0 * u()) / h**2
    change = (u(dt=h) - u(dt=-h)) / (2.0 * h)
    np.testing.assert_allclose(change, DIFFUSIVITY_PX2_S * laplacian - u() / COOLING_S, rtol=5e-3, atol=1e-4)


def test_a_part_loses_most_of_its_warmth_in_its_time() -> None:
    assert cooled(np.array([0.0, COOLING_S])) == pytest.approx([1.0, np.exp(-1.0)])
