"""Reads what carries the number of its format: that number first, since another format has other fields."""

from typing import TypeVar

import msgspec
from msgspec import Struct

Content = TypeVar("Content")


class _Numbered(Struct):
    """The one field that every format has; all others are passed over."""

    format: int


def read_numbered(raw: bytes, kind: type[Content], number: int) -> Content:
    """Decode JSON of one format.

    Args:
        raw: The bytes of the JSON object.
        kind: What it is to be, a struct with a field `format`.
        number: The format that this program reads.

    Raises:
        msgspec.DecodeError: it is no JSON, of another format, or not of that kind.
        UnicodeDecodeError: its text is no UTF-8.
        RecursionError: it is nested too deeply.
    """
    found = msgspec.json.decode(raw, type=_Numbered).format
    if found != number:
        raise msgspec.ValidationError(f"format {found}; this program reads {number}")
    return msgspec.json.decode(raw, type=kind)
