"""A file holds one idea and a function one step: neither grows past what a person reads at once."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("qc_station", "deploy", "models", "sensors")
FILE_LINES, FUNCTION_LINES = 350, 50


def files(*folders: str) -> list[Path]:
    return sorted(file for folder in folders for file in (ROOT / folder).rglob("*.py"))


def functions(file: Path) -> Iterator[tuple[str, int]]:
    """Place of each function, also of one inside another, and its lines with those of its docstring."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            yield f"{file.relative_to(ROOT)}:{node.lineno} {node.name}", node.end_lineno - node.lineno + 1


def test_no_file_is_longer_than_350_lines() -> None:
    found = files(*PACKAGES, "tests")
    lines = {str(file.relative_to(ROOT)): len(file.read_text(encoding="utf-8").splitlines()) for file in found}
    assert len(lines) > 100
    assert {name: count for name, count in lines.items() if count > FILE_LINES} == {}


def test_no_function_is_longer_than_50_lines() -> None:
    lines = dict(found for file in files(*PACKAGES) for found in functions(file))
    assert len(lines) > 1000
    assert {place: count for place, count in lines.items() if count > FUNCTION_LINES} == {}
