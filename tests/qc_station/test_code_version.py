"""A bundle names the code that made it."""

import re
from pathlib import Path

import pytest

from qc_station.code_version import PACKAGES, code_version, source_digest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "inner").mkdir()
    (tmp_path / "a.py").write_text("one\n")
    (tmp_path / "inner" / "b.py").write_text("two\n")
    return tmp_path


def test_version_and_source_of_all_packages_are_named() -> None:
    found = code_version()
    assert re.fullmatch(r"(\d+\.\d+\.\d+.*|not installed), source [0-9a-f]{12}", found)
    assert found.endswith(source_digest({name: ROOT / name for name in PACKAGES})[:12])


@pytest.mark.parametrize(
    "change",
    [
        lambda tree: (tree / "a.py").write_text("One\n"),
        lambda tree: (tree / "a.py").rename(tree / "c.py"),
        lambda tree: (tree / "inner" / "b.py").rename(tree / "b.py"),
        lambda tree: (tree / "c.py").write_text(""),
        lambda tree: ((tree / "a.py").write_text("one\ntwo\n"), (tree / "inner" / "b.py").write_text("")),
    ],
)
def test_any_change_of_a_file_is_seen(tree: Path, change: object) -> None:
    before = source_digest({"p": tree})
    change(tree)  # type: ignore[operator]
    assert source_digest({"p": tree}) != before


def test_what_is_no_python_changes_nothing(tree: Path) -> None:
    before = source_digest({"p": tree})
    (tree / "notes.txt").write_text("x")
    assert source_digest({"p": tree}) == before
