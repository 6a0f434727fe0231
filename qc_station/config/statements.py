"""The statements of a TOML text and where each stands, so that one can be changed and all else stays as it is.

Only what is needed to find the borders: strings, brackets and comments of TOML 1.0. What they mean, tomllib says.
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

BLANK = re.compile(r"[ \t\r\n]+|#[^\n]*")
STRING = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*"""(?:"{0,2})|'
    r"'''(?:[^']|'(?!''))*'''(?:'{0,2})|"
    r'"(?:[^"\\\n]|\\.)*"|'
    r"'[^'\n]*'",
    re.DOTALL,
)
"""The four kinds of string; the longest come first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A table's header, or a key with its value."""

    path: tuple[str, ...]
    """Of the table or the key, from the root."""
    table: tuple[str, ...]
    """Path of the header that it stands under; its own path for a header."""
    header: bool
    """Whether it is a table's header."""
    begin: int
    """Index of its first character."""
    value: int
    """Index of its value's first character; of its end for a header."""
    end: int
    """Index after its last character; a comment behind it does not belong to it."""


def statements(text: str) -> Iterator[Statement]:
    """Every statement in order.

    Args:
        text: TOML that tomllib has read without a fault.
    """
    table: tuple[str, ...] = ()
    place = _skip(text, 0)
    while place < len(text):
        begin = place
        if text[place] == "[":
            end = _end(text, place, stop="\n#")
            table = _path(text[begin:end].rstrip().strip("[]"))
            end = begin + len(text[begin:end].rstrip())
            yield Statement(path=table, table=table, header=True, begin=begin, value=end, end=end)
        else:
            equals = _end(text, place, stop="=")
            value = equals + 1 + len(text[equals + 1 :]) - len(text[equals + 1 :].lstrip(" \t"))
            end = value + len(text[value : _end(text, value, stop="\n#")].rstrip())
            path = (*table, *_path(text[begin:equals]))
            yield Statement(path=path, table=table, header=False, begin=begin, value=value, end=end)
        place = _skip(text, end)


def _skip(text: str, place: int) -> int:
    """The first character from a place on that is neither blank nor part of a comment."""
    while match := BLANK.match(text, place):
        place = match.end()
    return place


def _end(text: str, place: int, stop: str) -> int:
    """The first of some characters from a place on that stands in no string and within no brackets."""
    depth = 0
    while place < len(text) and (depth > 0 or text[place] not in stop):
        if match := STRING.match(text, place):
            place = match.end()
        elif depth > 0 and text[place] == "#":
            place = text.find("\n", place) if "\n" in text[place:] else len(text)
        else:
            depth += (text[place] in "[{") - (text[place] in "]}")
            place += 1
    return place


def _path(key: str) -> tuple[str, ...]:
    """The names of a dotted key, quoted ones among them."""
    names: list[str] = []
    found: Any = tomllib.loads(f"{key} = 0")
    while isinstance(found, dict):
        ((name, found),) = found.items()
        names.append(name)
    return tuple(names)
