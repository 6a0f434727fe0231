"""Whether the values of a configuration are of the types that a driver's parameters are annotated with."""

import inspect
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import Any, Literal, Union, get_args, get_origin

WORDS: Mapping[Any, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "text",
    PurePath: "a path",
    list: "a list",
    dict: "a table",
}
"""What a person is told of a type; a parameter of any other type is not looked at."""


def parameters_of(driver: Callable[..., Any]) -> Mapping[str, inspect.Parameter]:
    """The parameters of a class or function, with annotations evaluated where that is possible."""
    try:
        return inspect.signature(driver, eval_str=True).parameters
    # A third party may name a type that it imports for its type checker alone.
    except (NameError, AttributeError, TypeError, SyntaxError):
        return inspect.signature(driver).parameters


def wrong_types(driver: Callable[..., Any], options: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with each option whose value is of another type than its parameter: name, value, what is allowed.

    What is not annotated, or with a type that no configuration can hold, is left to the driver.
    """
    parameters = parameters_of(driver)
    for name, value in options.items():
        annotation = parameters[name].annotation if name in parameters else Any
        if not _fits(value, annotation):
            yield f"option {name!r} is {value!r}; allowed: {_said(annotation)}"


def _fits(value: Any, annotation: Any) -> bool:
    return any(_fits_one(value, member) for member in _members(annotation))


def _fits_one(value: Any, kind: Any) -> bool:
    """Whether a value is of one type; of what cannot be told here, yes."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Literal or kind is type(None):
        return value in (arguments or (None,))
    plain = _plain(origin or kind)
    if plain is None:
        return True
    if plain is list:
        return isinstance(value, list | tuple) and all(_fits(one, _item(arguments)) for one in value)
    if plain in (int, float):
        # To Python a truth value is a number, and a whole number is no float.
        return isinstance(value, int if plain is int else int | float) and not isinstance(value, bool)
    return isinstance(value, str | PurePath if plain is PurePath else dict if plain is dict else plain)


def _plain(kind: Any) -> Any:
    """The type of `WORDS` that a type stands for; None for one that is not told."""
    if kind in (bool, int, float, str):
        return kind
    if not isinstance(kind, type):
        return None
    if issubclass(kind, PurePath):
        return PurePath
    if issubclass(kind, dict) or kind is Mapping:
        return dict
    return list if issubclass(kind, list | tuple) or kind is Sequence else None


def _item(arguments: tuple[Any, ...]) -> Any:
    """The type of what a list holds; of a tuple of several types none."""
    return arguments[0] if len(arguments) == 1 or arguments[1:] == (...,) else Any


def _members(annotation: Any) -> tuple[Any, ...]:
    """The types of a union, else the one; no annotation is any type."""
    if annotation is inspect.Parameter.empty:
        return (Any,)
    return get_args(annotation) if get_origin(annotation) in (Union, types.UnionType) else (annotation,)


def _said(annotation: Any) -> str:
    """The types in words; nothing is no value that a configuration can hold."""
    said = [_word(member) for member in _members(annotation) if member is not type(None)]
    return " or ".join(dict.fromkeys(said))


def _word(kind: Any) -> str:
    if get_origin(kind) is Literal:
        return ", ".join(map(repr, get_args(kind)))
    plain, arguments = _plain(get_origin(kind) or kind), get_args(kind)
    item = _said(_item(arguments)) if plain is list and arguments and _item(arguments) is not Any else ""
    return f"{WORDS[plain]} of {item}" if item else WORDS[plain]
