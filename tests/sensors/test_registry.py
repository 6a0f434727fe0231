"""Drivers are found by name, own and installed ones."""

from importlib.metadata import EntryPoint
from types import ModuleType

import pytest

import sensors.driver
from sensors import registry
from sensors.errors import SensorError
from tests.sensors.supervision.scripted import stream


class Array:
    """What a third party ships."""

    def __init__(self, *, name: str, port: str, rate_hz: float = 10.0, chance: object = object) -> None:
        if rate_hz <= 0:
            raise ValueError(f"rate_hz is {rate_hz}; it must be above 0")
        self.name, self.port, self.rate_hz, self.chance, self.stream = name, port, rate_hz, chance, stream()


@pytest.fixture
def array(monkeypatch: pytest.MonkeyPatch) -> None:
    """A driver `array` in a file of the package."""
    module = ModuleType("sensors.array")
    module.DRIVER = Array  # type: ignore[attr-defined]
    monkeypatch.setattr(registry, "_own", lambda: iter([("array", Array)]))


@pytest.mark.usefixtures("array")
def test_a_driver_is_built_from_a_name_and_a_table() -> None:
    driver = registry.build("array", "enose", {"port": "/dev/ttyUSB0"})
    assert isinstance(driver, Array)
    assert (driver.name, driver.port, driver.rate_hz) == ("enose", "/dev/ttyUSB0", 10.0)


@pytest.mark.usefixtures("array")
@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("magic", {}, "no driver 'magic'; there are: array"),
        ("array", {"port": "x", "bauds": 9600}, "has no option 'bauds'; it has: port, rate_hz"),
        ("array", {"port": "x", "chance": 1}, "has no option 'chance'"),
        ("array", {}, "needs the option 'port'"),
        ("array", {"port": "x", "rate_hz": -1.0}, "rate_hz is -1.0; it must be above 0"),
        ("array", {"port": 5}, "stream 'enose': driver 'array': option 'port' is 5; allowed: text"),
        ("array", {"port": "x", "rate_hz": "fast"}, "option 'rate_hz' is 'fast'; allowed: a number"),
    ],
)
def test_what_a_table_gets_wrong_is_named(name: str, options: dict[str, object], message: str) -> None:
    with pytest.raises(SensorError, match=message):
        registry.build(name, "enose", options)


def test_a_driver_that_passes_options_on_looks_at_them_itself() -> None:
    options = {"port": "loop://", "protocol": "csv", "channels": ["a", "b"]}
    assert registry.build("serial_array", "enose", options | {"units": ["Ohm", "Ohm"]}).stream.units == ("Ohm", "Ohm")
    with pytest.raises(SensorError, match="protocol 'csv' has no option 'parity'"):
        registry.build("serial_array", "enose", options | {"parity": "N"})


@pytest.mark.parametrize(
    ("driver", "options", "message"),
    [
        ("microphone", {"device": 1.5}, "option 'device' is 1.5; allowed: text or a whole number"),
        ("serial_array", {"port": 5, "protocol": "csv"}, "option 'port' is 5; allowed: text"),
        ("serial_array", {"port": "x", "protocol": "csv", "units": 5}, "option 'units' is 5; allowed: a list of text"),
        ("camera", {"source": 0, "pixels": 16}, "option 'pixels' is 16; allowed: text"),
    ],
)
def test_our_own_drivers_are_given_values_of_their_types_only(
    driver: str, options: dict[str, object], message: str
) -> None:
    with pytest.raises(SensorError, match=f"stream 'one': driver '{driver}': .*{message}"):
        registry.build(driver, "one", options)


def test_an_installed_drivers_options_are_checked_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_foreign", lambda: {"theirs": EntryPoint("theirs", f"{__name__}:x", "g")})
    monkeypatch.setattr(EntryPoint, "load", lambda _self: Array)
    with pytest.raises(SensorError, match="driver 'theirs': option 'port' is 5; allowed: text"):
        registry.build("theirs", "enose", {"port": 5})


@pytest.mark.usefixtures("array")
def test_an_installed_driver_is_found_by_its_entry_point() -> None:
    point = EntryPoint(name="theirs", value=f"{sensors.driver.__name__}:Driver", group=registry.GROUP)
    assert registry.driver_names({"theirs": point}) == ["array", "theirs"]
    assert registry.driver_class("theirs", {"theirs": point}) is sensors.driver.Driver


@pytest.mark.usefixtures("array")
def test_an_installed_driver_that_cannot_be_imported_is_named_with_its_place() -> None:
    point = EntryPoint(name="theirs", value="nowhere_at_all:Driver", group=registry.GROUP)
    with pytest.raises(SensorError, match=r"driver 'theirs' \(nowhere_at_all:Driver\) cannot be imported"):
        registry.driver_class("theirs", {"theirs": point})


def test_what_a_driver_can_be_told_may_hang_on_its_other_options() -> None:
    serial = registry.driver_class("serial_array", {})
    assert "units" in registry.defaults_of(serial, {"protocol": "csv"})
    assert "units" not in registry.defaults_of(serial, {"protocol": "mlx90640"})
    assert registry.defaults_of(serial, {})["baud"] == 115200
