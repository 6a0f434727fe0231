"""Markup in which foreign text cannot run: what is not `Markup` is escaped wherever it is put in."""

import html
import re

DANGEROUS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters, halves of pairs, and what turns the direction of text so that a name could look like another."""
REPLACEMENT = "\ufffd"
VOID = frozenset(("meta", "br", "hr", "link"))
"""HTML elements without an end."""


class Markup(str):
    """Text that is markup already; only `text` and `element` make it."""

    __slots__ = ()


def text(value: object) -> Markup:
    """Foreign text as markup: escaped, without control characters; markup stays as it is."""
    if isinstance(value, Markup):
        return value
    return Markup(html.escape(DANGEROUS.sub(REPLACEMENT, str(value)), quote=True))


def element(name: str, /, *children: object, **attributes: object) -> Markup:
    """An element.

    Args:
        name: Tag, e.g. "td".
        children: Markup as it is, anything else as escaped text.
        attributes: `class_` is class, underscores inside are hyphens, floats are written short; None is left out.
    """
    given = "".join(f' {_attribute(k)}="{text(written(v))}"' for k, v in attributes.items() if v is not None)
    if name in VOID:
        return Markup(f"<{name}{given}>")
    return Markup(f"<{name}{given}>{join(*children)}</{name}>")


def join(*parts: object) -> Markup:
    """Parts one after another."""
    return Markup("".join(text(part) for part in parts))


def _attribute(name: str) -> str:
    return name.removesuffix("_").replace("_", "-")


def written(value: object) -> object:
    """A float with at most two decimals, which is what a picture needs; anything else as it is."""
    if not isinstance(value, float):
        return value
    return f"{value:.2f}".rstrip("0").rstrip(".") if value % 1 else f"{value:.0f}"
