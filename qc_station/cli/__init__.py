"""The command line: a file per command, imported only when that command is called.

A file of this folder that binds `command` at its top level is a command; its name is the file's name (`import_.py` is
`import`), and the first line of the file's docstring is its summary in `qc-station --help`. Exit codes: 0 done,
1 a check failed, 2 wrong usage or configuration.
"""

import ast
import pkgutil
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

import click

from qc_station.cli.output import fail
from qc_station.errors import ConfigError
from sensors.errors import QCError

__all__ = ["cli", "main"]


def summaries() -> dict[str, str]:
    """First docstring line of every command file by command name, read without importing any of them."""
    found = {}
    for module in pkgutil.iter_modules(__path__):
        tree = ast.parse((Path(__path__[0]) / f"{module.name}.py").read_text(encoding="utf-8"))
        if any(_binds_command(statement) for statement in tree.body):
            found[_shown(module.name)] = (ast.get_docstring(tree) or "").partition("\n")[0]
    return found


def _binds_command(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.FunctionDef):
        return statement.name == "command"
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    return any(isinstance(target, ast.Name) and target.id == "command" for target in targets)


def _shown(module: str) -> str:
    return module.rstrip("_").replace("_", "-")


class CommandFolder(click.Group):
    """The commands of this folder; turns the product's own errors into a message and an exit code."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Names of all commands."""
        return sorted(summaries())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import the command's file; None for a name that no file has."""
        modules = {_shown(module.name): module.name for module in pkgutil.iter_modules(__path__)}
        if cmd_name not in modules or cmd_name not in summaries():
            return None
        command = import_module(f"{__name__}.{modules[cmd_name]}").command
        if not isinstance(command, click.Command):
            raise TypeError(f"qc_station/cli/{modules[cmd_name]}.py: `command` is no click command: {command!r}")
        command.name = cmd_name
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the commands for `--help` from their files' first lines."""
        if found := summaries():
            with formatter.section("Commands"):
                formatter.write_dl(sorted(found.items()))

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; a `ConfigError` exits with 2, any other `QCError` with 1."""
        try:
            return super().invoke(ctx)
        except ConfigError as error:
            fail(ctx, error, code=2)
        except QCError as error:
            fail(ctx, error, code=1)


def _show_version(ctx: click.Context, _param: click.Parameter, wanted: bool) -> None:
    if wanted:
        # Imported on use: `--help` has to answer at once.
        from importlib.metadata import PackageNotFoundError, version

        try:
            click.echo(f"qc-station {version('qc-station')}")
        except PackageNotFoundError:
            click.echo("qc-station, run from a source tree that is not installed")
        ctx.exit()


@click.group(cls=CommandFolder, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version", is_flag=True, callback=_show_version, expose_value=False, is_eager=True, help="Show the version."
)
def cli() -> None:
    """Listen, look and smell at every part of a line, decide in milliseconds, learn from labelled defects."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point of `qc-station` and `python -m qc_station`; ends with SystemExit.

    Args:
        arguments: Command line without the program's name; None: the process's own.
    """
    cli.main(args=sys.argv[1:] if arguments is None else list(arguments), prog_name="qc-station")
