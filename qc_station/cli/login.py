"""Who sits at this computer; no command of its own."""

import getpass

import click


def login(option: str) -> str:
    """The user's name.

    Args:
        option: What says it instead, e.g. "--who", for the message.

    Raises:
        click.UsageError: this login has none.
    """
    try:
        return getpass.getuser()
    except (KeyError, OSError) as error:
        raise click.UsageError(f"this login has no name; say who it is with {option}") from error
