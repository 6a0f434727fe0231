"""The aligner depends on nothing but what it is told, which is why replay and properties can be exact."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import qc_station.align

FILES = sorted(Path(qc_station.align.__path__[0]).rglob("*.py"))
ALLOWED = {
    *("bisect", "collections", "dataclasses", "enum", "fractions", "heapq", "typing"),
    *("numpy", "qc_station", "sensors"),
}
"""What has neither a thread nor a clock nor a device."""


def imported(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_it_imports_no_thread_no_clock_and_no_device(file: Path) -> None:
    assert {name.partition(".")[0] for name in imported(file)} <= ALLOWED
    ours = {name for name in imported(file) if name.partition(".")[0] in ("qc_station", "sensors")}
    within = ("qc_station.align", "qc_station.view.applied", "qc_station.config.station", "qc_station.errors")
    assert all(name.startswith((*within, "sensors.readings", "sensors.streams")) for name in ours), ours


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_it_opens_nothing_and_prints_nothing(file: Path) -> None:
    called = {
        node.func.id
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert not called & {"open", "print", "input", "exec", "eval", "__import__"}
