"""What a stream says of itself reaches its driver, and what it does not say leaves the driver its own."""

from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from qc_station.config.drivers import driver_builds, driver_faults
from qc_station.config.station import StationConfig, StreamConfig
from sensors import registry
from tests.sensors.supervision.scripted import stream


class Theirs:
    """A driver of somebody else, with a rate of its own."""

    def __init__(self, *, name: str, port: str, rate_hz: float = 7.0) -> None:
        self.name, self.port, self.rate_hz, self.stream = name, port, rate_hz, stream()


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_foreign", lambda: {"theirs": EntryPoint("theirs", f"{__name__}:x", "g")})
    monkeypatch.setattr(EntryPoint, "load", lambda _self: Theirs)


def gas(rate_hz: float | None, **driver: object) -> StreamConfig:
    table = {"type": "theirs", "port": "x", **driver}
    return StreamConfig(kind="series", channels=("a",), rate_hz=rate_hz, window_steps=5, driver=table)


@pytest.mark.parametrize(("said", "known"), [(10.0, 10.0), (None, 7.0)])
def test_a_rate_that_the_stream_does_not_say_is_the_drivers_own(said: float | None, known: float) -> None:
    station = StationConfig(name="line", streams={"enose": gas(said)})
    driver = driver_builds(station, Path())["enose"]()
    assert isinstance(driver, Theirs)
    assert driver.rate_hz == known


def test_an_option_of_another_type_is_a_fault_of_the_table() -> None:
    fault = "streams.enose.driver: driver 'theirs': option 'port' is 5; allowed: text"
    assert driver_faults("enose", gas(None, port=5)) == [fault]
