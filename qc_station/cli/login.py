"""Who sits at this computer, and the option that says who it is instead; no command of its own."""

import getpass
from collections.abc import Callable
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


def login(instead: str) -> str:
    """The user's name.

    Args:
        instead: How to say it otherwise, for the message, e.g. "who labels with --by".

    Raises:
        click.UsageError: this login has none.
    """
    try:
        return getpass.getuser()
    except (KeyError, OSError) as error:
        raise click.UsageError(f"this login has no name; say {instead}") from error


def who_option(text: str = "Who says so") -> Callable[[Command], Command]:
    """Give a command the option `--who` as the argument `who`; without it the user of this login.

    Args:
        text: The option's help, without its end.
    """
    whole = f"{text}; without it the user of this login."
    return click.option("--who", callback=lambda _, __, said: said or login("who it is with --who"), help=whole)
