"""The command folder: discovery, exit codes, the --json contract, and that --help imports nothing heavy."""

import json
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from qc_station.cli import CommandFolder, cli, main, summaries
from qc_station.cli.output import finish, json_option, note
from qc_station.errors import ConfigError, ManifestError


def run(*arguments: str) -> Result:
    return CliRunner().invoke(group, arguments)


@click.group(cls=CommandFolder)
def group() -> None:
    """A group whose one command does as it is told."""


@click.command()
@click.argument("outcome")
@json_option
def command(outcome: str, as_json: bool) -> None:
    """Do as told."""
    note("working")
    if outcome == "config":
        raise ConfigError("station.toml: name is missing")
    if outcome == "manifest":
        raise ManifestError("manifest.csv row 2: no")
    finish({"path": Path("a/b"), "auc": float("nan")}, as_json, text="all well", passed=outcome != "failed")


@pytest.fixture(autouse=True)
def _one_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CommandFolder, "get_command", lambda _self, _ctx, name: command if name == "do" else None)


@pytest.mark.parametrize(
    ("outcome", "code"), [("done", 0), ("failed", 1), ("manifest", 1), ("config", 2), ("--no-such-option", 2)]
)
def test_exit_codes(outcome: str, code: int) -> None:
    assert run("do", outcome).exit_code == code


def test_an_unknown_command_is_wrong_usage() -> None:
    assert run("no-such-command").exit_code == 2


def test_json_is_the_last_line_of_stdout_and_all_of_it() -> None:
    result = run("do", "done", "--json")
    assert json.loads(result.stdout) == {"path": "a/b", "auc": None}
    assert result.stdout.count("\n") == 1
    assert result.stderr == "working\n"


def test_text_for_people_stands_on_stdout_without_json() -> None:
    assert run("do", "done").stdout == "all well\n"


def test_an_error_is_json_too_when_json_was_asked_for() -> None:
    result = run("do", "manifest", "--json")
    assert json.loads(result.stdout) == {"error": "manifest.csv row 2: no", "type": "ManifestError"}
    assert "manifest.csv row 2: no" in result.stderr


def test_an_error_without_json_leaves_stdout_empty() -> None:
    result = run("do", "config")
    assert result.stdout == ""
    assert "name is missing" in result.stderr


def test_every_command_file_has_a_summary() -> None:
    assert all(summary.endswith(".") and len(summary) > 10 for summary in summaries().values())
    assert "output" not in summaries()


def test_help_imports_no_command_and_nothing_heavy() -> None:
    script = (
        "import sys\nfrom qc_station.cli import main\ntry:\n    main(['--help'])\n"
        "except SystemExit as end:\n    assert end.code == 0\n"
        "heavy = {'torch', 'onnxruntime', 'cv2', 'numpy', 'soundfile', 'librosa', 'rich', 'msgspec', 'sqlite3'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
    assert "Usage: qc-station" in done.stdout


def test_the_module_runs_as_the_program_does() -> None:
    done = subprocess.run([sys.executable, "-m", "qc_station", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("qc-station")


def test_main_without_a_command_shows_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main([])
    assert end.value.code == 2
    assert "Usage" in capsys.readouterr().err
    assert isinstance(cli, CommandFolder)
