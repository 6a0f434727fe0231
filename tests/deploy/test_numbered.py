"""The number of a format is looked at before what the format holds."""

import msgspec
import pytest
from msgspec import Struct

from deploy.numbered import read_numbered


class Second(Struct, forbid_unknown_fields=True):
    """What this program reads."""

    name: str
    format: int = 2


def test_what_is_of_the_format_is_read() -> None:
    assert read_numbered(b'{"format": 2, "name": "a"}', Second, 2) == Second("a")


def test_another_format_is_named_whatever_its_fields_are() -> None:
    with pytest.raises(msgspec.DecodeError, match=r"^format 3; this program reads 2$"):
        read_numbered(b'{"names": ["a"], "format": 3}', Second, 2)


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        (b'{"name": "a"}', "missing required field `format`"),
        (b'{"format": "2"}', "Expected `int`, got `str`"),
        (b'{"format": 2}', "missing required field `name`"),
        (b'{"format": 2, "name": "a", "more": 1}', "unknown field `more`"),
        (b'{"format": 2', "truncated"),
    ],
)
def test_what_is_no_object_of_the_format_is_refused_with_the_fault(raw: bytes, fault: str) -> None:
    with pytest.raises(msgspec.DecodeError, match=fault):
        read_numbered(raw, Second, 2)
