"""Who sits at this computer; no command of its own."""

import getpass

import click


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
