"""Values of a configuration against annotations, as drivers of ours and of others write them."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Optional, Union

import pytest

from sensors.options import wrong_types

if TYPE_CHECKING:
    from nowhere import Unknown


def built(
    *,
    name: str = "",
    device: str | int = 0,
    rate_hz: float = 1.0,
    count: int = 1,
    on: bool = False,
    path: Path = Path(),
    channels: Sequence[str] | None = None,
    sizes: list[int] | None = None,
    pair: tuple[float, float] = (0.0, 0.0),
    many: tuple[float, ...] = (),
    mode: Literal["fast", "exact"] = "fast",
    old: Optional[Union[int, str]] = None,  # noqa: UP007, UP045 - as others still write it
    table: Mapping[str, float] | None = None,
    plain=None,
    whatever: Any = None,
    call: Callable[[], int] | None = None,
) -> None:
    """Stands for a driver."""


@pytest.mark.parametrize(
    ("option", "value"),
    [
        *[("device", "UMIK-1"), ("device", 3), ("rate_hz", 8000), ("rate_hz", 0.5), ("count", 4), ("on", True)],
        *[("path", "/a"), ("path", Path("/a")), ("channels", ["a", "b"]), ("channels", ("a",)), ("channels", [])],
        *[("channels", None), ("sizes", [1, 2]), ("pair", [1, 2.5]), ("many", [1.5]), ("mode", "exact"), ("old", 3)],
        *[("old", "x"), ("old", None), ("table", {"a": 1}), ("plain", object()), ("whatever", [1]), ("call", len)],
        *[("unheard_of", 1)],
    ],
)
def test_a_value_of_its_type_passes_and_so_does_what_cannot_be_told(option: str, value: object) -> None:
    assert list(wrong_types(built, {option: value})) == []


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("device", 1.5, "option 'device' is 1.5; allowed: text or a whole number"),
        ("device", True, "option 'device' is True; allowed: text or a whole number"),
        ("rate_hz", "fast", "option 'rate_hz' is 'fast'; allowed: a number"),
        ("rate_hz", False, "option 'rate_hz' is False; allowed: a number"),
        ("rate_hz", None, "option 'rate_hz' is None; allowed: a number"),
        ("count", 1.0, "option 'count' is 1.0; allowed: a whole number"),
        ("on", 1, "option 'on' is 1; allowed: true or false"),
        ("path", 3, "option 'path' is 3; allowed: a path"),
        ("channels", "ab", "option 'channels' is 'ab'; allowed: a list of text"),
        ("channels", ["a", 1], "option 'channels' is ['a', 1]; allowed: a list of text"),
        ("sizes", [1.5], "option 'sizes' is [1.5]; allowed: a list of a whole number"),
        ("pair", 3, "option 'pair' is 3; allowed: a list"),
        ("many", ["x"], "option 'many' is ['x']; allowed: a list of a number"),
        ("mode", "slow", "option 'mode' is 'slow'; allowed: 'fast', 'exact'"),
        ("old", 1.5, "option 'old' is 1.5; allowed: a whole number or text"),
        ("table", [1], "option 'table' is [1]; allowed: a table"),
    ],
)
def test_a_value_of_another_type_is_named_with_what_is_allowed(option: str, value: object, message: str) -> None:
    assert list(wrong_types(built, {option: value})) == [message]


def test_everything_that_is_wrong_is_said() -> None:
    assert len(list(wrong_types(built, {"count": "x", "on": "y", "device": 1}))) == 2


def test_annotations_that_cannot_be_evaluated_are_left_to_the_driver() -> None:
    def theirs(*, thing: "Unknown", count: int = 1) -> None:
        """Needs an import that only a type checker makes."""

    assert list(wrong_types(theirs, {"thing": 1})) == []
    assert list(wrong_types(theirs, {"count": "x"})) == ["option 'count' is 'x'; allowed: a whole number"]
