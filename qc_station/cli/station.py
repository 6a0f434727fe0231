"""The option that names the station that a command is about; no command of its own."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


def station_option(
    text: str = "The station's folder.", *, required: bool = True, or_file: bool = False
) -> Callable[[Command], Command]:
    """Give a command the option `--station` as the argument `station`, a folder that is there.

    Args:
        text: The option's help.
        required: Whether the command cannot do without; otherwise `station` may be None.
        or_file: Whether station.toml itself serves as well.
    """
    kind = click.Path(exists=True, file_okay=or_file, path_type=Path)
    return click.option("--station", required=required, type=kind, help=text)
