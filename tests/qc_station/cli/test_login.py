"""Who says something: who is named, or who sits there."""

import getpass

import click
import pytest
from click.testing import CliRunner

from qc_station.cli.login import who_option


@click.command()
@who_option("Who asks for it")
def command(who: str) -> None:
    """Say who."""
    click.echo(f"<{who}>")


@pytest.mark.parametrize(
    ("arguments", "who"), [(["--who", "ann"], "ann"), ([], "at the desk"), (["--who", ""], "at the desk")]
)
def test_who_is_not_named_is_the_user_of_this_login(
    arguments: list[str], who: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(getpass, "getuser", lambda: "at the desk")
    assert CliRunner().invoke(command, arguments).output == f"<{who}>\n"


def test_a_login_without_a_name_is_asked_and_its_help_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    def nameless() -> str:
        raise KeyError("uid not found: 4711")

    monkeypatch.setattr(getpass, "getuser", nameless)
    refused = CliRunner().invoke(command, [])
    assert refused.exit_code == 2
    assert "this login has no name; say who it is with --who" in refused.output
    shown = CliRunner().invoke(command, ["--help"])
    assert shown.exit_code == 0
    assert "Who asks for it; without it the user of this login." in " ".join(shown.output.split())
