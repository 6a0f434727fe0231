"""What commands print: text for people on stdout, or with `--json` one JSON object as stdout's last line.

A command takes `@json_option`, reports progress with `note`, and ends with `finish`. With `--json` everything except
the object goes to stderr, also tables for people, which `console` places.
"""

from collections.abc import Callable, Mapping
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

if TYPE_CHECKING:
    from rich.console import Console

Command = TypeVar("Command", bound=Callable[..., Any])
AS_JSON = f"{__name__}.as_json"


def _remember(ctx: click.Context, _param: click.Parameter, value: bool) -> bool:
    ctx.meta[AS_JSON] = value
    return value


def json_option(command: Command) -> Command:
    """Give a command the flag `--json` as the argument `as_json`."""
    text = "Print one JSON object as the last line of stdout, everything else on stderr."
    return click.option("--json", "as_json", is_flag=True, callback=_remember, is_eager=True, help=text)(command)


def note(message: str) -> None:
    """Tell a person how it is going, on stderr."""
    click.echo(message, err=True)


def console(as_json: bool) -> "Console":
    """A rich console for tables and progress: on stdout, or on stderr where stdout belongs to the JSON object."""
    from rich.console import Console

    return Console(stderr=as_json)


def finish(result: Mapping[str, object], as_json: bool, *, text: str | None = None, passed: bool = True) -> None:
    """End a command with its result.

    Args:
        result: What was done; numbers that are not finite become null, paths become text, numpy scalars numbers.
        as_json: Whether `--json` was given.
        text: The result for people, on stdout; None: one line per key.
        passed: False ends with exit code 1, a check that failed.
    """
    if as_json:
        click.echo(json_line(result))
    else:
        click.echo("\n".join(f"{key}: {value}" for key, value in result.items()) if text is None else text)
    if not passed:
        click.get_current_context().exit(1)


def json_line(result: Mapping[str, object]) -> str:
    """The result as one line of JSON."""
    # Imported on use: `qc-station --help` has to answer at once.
    import msgspec

    return msgspec.json.encode(result, enc_hook=_plain).decode()


def _plain(value: Any) -> object:
    """What JSON has no form for: a path, and numpy's scalars and arrays."""
    if isinstance(value, PurePath):
        return str(value)
    if hasattr(value, "tolist"):
        return value.tolist()
    raise NotImplementedError(f"a result of type {type(value).__name__} has no JSON form")


def fail(ctx: click.Context, error: Exception, *, code: int) -> NoReturn:
    """Report an error on stderr, with `--json` also as {"error": ...} on stdout, and exit with the code."""
    click.echo(f"qc-station: {error}", err=True)
    if ctx.meta.get(AS_JSON):
        click.echo(json_line({"error": str(error), "type": type(error).__name__}))
    ctx.exit(code)
