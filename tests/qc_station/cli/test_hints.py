"""Every command line that a message or help text names is one that the command line takes."""

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from qc_station.cli import cli

ROOT = Path(__file__).parents[3]
PACKAGES = ("qc_station", "deploy", "sensors")
PLACE = "PLACE"
"""Stands where a message puts a value in."""
WORD = r"(?:--?[a-z][a-z-]*|[A-Z][A-Z_/]*[A-Z]|\./\S+)"
HINT = re.compile(rf"qc-station ([a-z][a-z-]*)((?: {WORD})*)")


def texts(tree: ast.AST, *, helps: bool) -> Iterator[str]:
    """Strings as a person reads them, with a placeholder for what is put in.

    Docstrings only where they are help; what stands below a field becomes a comment in station.toml.
    """
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    if not helps:
        kinds = ast.Module | ast.ClassDef | ast.FunctionDef
        heads = [node.body[0] for node in ast.walk(tree) if isinstance(node, kinds) and node.body]
        inside |= {id(head.value) for head in heads if isinstance(head, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else PLACE for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside:
            yield node.value


def hints() -> list[str]:
    """All command lines in the strings of the product."""
    found: set[str] = set()
    for file in (path for package in PACKAGES for path in (ROOT / package).rglob("*.py")):
        for text in texts(ast.parse(file.read_text(encoding="utf-8")), helps=file.parent.name == "cli"):
            found.update(f"{one[1]}{one[2]}" for one in HINT.finditer(" ".join(text.split())))
    return sorted(found)


def command(name: str) -> click.Command:
    found = cli.get_command(click.Context(cli), name)
    assert found is not None, f"no command {name}"
    return found


def test_hints_are_found() -> None:
    assert {"init", "sensors --list", f"recordings {PLACE} --check", f"sensors --station {PLACE} --watch"} <= set(
        hints()
    )


@pytest.mark.parametrize("hint", hints())
def test_a_hint_names_a_command_and_options_that_there_are(hint: str) -> None:
    name, *words = shlex.split(hint)
    flags = {flag for one in command(name).params if isinstance(one, click.Option) for flag in one.opts}
    assert {word for word in words if word.startswith("-")} <= flags


@pytest.mark.parametrize("hint", [hint for hint in hints() if " " in hint])
def test_a_hint_that_goes_beyond_the_name_is_taken_as_it_stands(hint: str, tmp_path: Path) -> None:
    name, *words = shlex.split(hint)
    one = command(name)
    # A place is a folder that there is: whether it holds what is looked for is not asked here.
    given = [word if word.startswith("-") else str(tmp_path) for word in words]
    try:
        one.make_context(name, given)
    except (click.MissingParameter, click.NoSuchOption) as error:
        pytest.fail(f"qc-station {hint}: {error.format_message()}")
    except click.UsageError:
        # Of a value, which a placeholder does not have.
        pass
