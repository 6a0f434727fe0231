import numpy as np
import pytest

from sensors.simulated.climate import Climate, Room, water_g_m3

HOUR_S = np.arange(0.0, 3600.0, 1.0)


@pytest.mark.parametrize(
    ("celsius", "percent", "expected"), [(0.0, 100.0, 4.85), (20.0, 100.0, 17.3), (25.0, 50.0, 11.5), (30.0, 0.0, 0.0)]
)
def test_water_in_the_air_is_that_of_the_tables(celsius: float, percent: float, expected: float) -> None:
    assert water_g_m3(np.array(celsius), np.array(percent)) == pytest.approx(expected, rel=0.01)


def test_the_room_wanders_about_its_middle() -> None:
    room = Room(Climate(), 4)
    for values, middle, swing in (
        (room.temperature_celsius(HOUR_S), 22.0, 1.5),
        (room.humidity_percent(HOUR_S), 45.0, 12.0),
    ):
        assert values.mean() == pytest.approx(middle, abs=0.5 * swing)
        assert swing < np.ptp(values) < 2.2 * swing


def test_a_steady_climate_is_steady() -> None:
    room = Room(Climate(temperature_swing_k=0.0, humidity_swing_percent=0.0), 1)
    assert (room.temperature_celsius(HOUR_S) == 22.0).all()
    assert (room.humidity_percent(HOUR_S) == 45.0).all()


@pytest.mark.parametrize(("middle", "swing"), [(90.0, 12.0), (10.0, 12.0), (45.0, 60.0)])
def test_air_that_cannot_be_is_refused(middle: float, swing: float) -> None:
    with pytest.raises(ValueError, match=f"humidity {middle} % with a swing of {swing} % reaches"):
        Climate(humidity_percent=middle, humidity_swing_percent=swing)
