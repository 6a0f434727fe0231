"""Every command that is about a station names it in the same way."""

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from qc_station.cli import cli
from qc_station.cli.station import station_option

CONTEXT = click.Context(cli)


def commands() -> dict[str, click.Option]:
    """The option of every command that has one."""
    loaded = {name: cli.get_command(CONTEXT, name) for name in cli.list_commands(CONTEXT)}
    options = {name: next((p for p in one.params if p.name == "station"), None) for name, one in loaded.items() if one}
    return {name: option for name, option in options.items() if isinstance(option, click.Option)}


def test_a_station_is_a_folder_that_is_there_in_every_command() -> None:
    found = commands()
    assert len(found) >= 20
    for name, option in found.items():
        assert (option.opts, option.multiple) == (["--station"], False), name
        assert isinstance(option.type, click.Path), name
        assert (option.type.exists, option.type.file_okay, option.type.type) == (True, name == "align", Path), name
        assert option.help, name


@pytest.mark.parametrize(("required", "code"), [(True, 2), (False, 0)])
def test_a_command_may_do_without_a_station_where_it_says_so(required: bool, code: int) -> None:
    @click.command()
    @station_option("Whose parts.", required=required)
    def command(station: Path | None) -> None:
        click.echo(f"station {station}")

    done = CliRunner().invoke(command, [])
    assert done.exit_code == code
    assert ("station None" in done.output) is not required
    assert "Whose parts." in CliRunner().invoke(command, ["--help"]).output


def test_a_file_is_no_station(tmp_path: Path) -> None:
    @click.command()
    @station_option()
    def command(station: Path) -> None:
        click.echo(f"station {station}")

    file = tmp_path / "station.toml"
    file.touch()
    refused = CliRunner().invoke(command, ["--station", str(file)])
    assert refused.exit_code == 2
    assert "is a file" in refused.output
    assert CliRunner().invoke(command, ["--station", str(tmp_path)]).output == f"station {tmp_path}\n"
