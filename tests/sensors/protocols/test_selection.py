from typing import Any

import pytest

from sensors.protocols.csv import Csv
from sensors.protocols.selection import decoder, protocol_names, protocol_options


def test_the_files_of_the_package_are_the_protocols() -> None:
    assert protocol_names() == ("bme688", "csv", "jsonl", "mlx90640")


def test_the_options_of_a_protocol_are_known_and_a_name_that_there_is_not_has_none() -> None:
    assert protocol_options("csv") == ("channels", "units", "delimiter")
    assert protocol_options("modbus") == protocol_options(None) == ()


def test_options_reach_the_protocol_and_those_that_are_none_do_not() -> None:
    built = decoder("csv", {"channels": ["a", "b"], "units": ["Ohm", "Cel"], "delimiter": None})
    assert isinstance(built, Csv)
    assert (built.shape, built.units) == ((2,), ("Ohm", "Cel"))


@pytest.mark.parametrize(
    ("protocol", "options", "message"),
    [
        ("modbus", {}, "unknown protocol 'modbus'; there are: bme688, csv, jsonl, mlx90640"),
        ("decoder", {}, "unknown protocol 'decoder'"),
        ("mlx90640", {"units": ["a"]}, "protocol 'mlx90640' has no option 'units'; it has: none"),
        ("csv", {"unit": ["1"]}, "protocol 'csv' has no option 'unit'; it has: channels, units, delimiter"),
        ("jsonl", {"time_key": "ms"}, "protocol 'jsonl' needs the option 'channels'"),
    ],
)
def test_what_cannot_be_built_is_named_with_what_is_allowed(
    protocol: str, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        decoder(protocol, options)
