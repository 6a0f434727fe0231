"""A process of its own: its priority, its cap, and what is told when it does not come back."""

import os
import resource
from pathlib import Path

import pytest

from qc_station.errors import RetrainingError
from qc_station.learning import apart
from qc_station.learning.apart import (
    MIB,
    is_out_of_memory,
    memory_refused,
    run_apart,
    threads_beside_the_line,
    usual_memory_mib,
)


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program that stands where qc_station would."""
    package = tmp_path / "qc_station"
    package.mkdir()
    (package / "__init__.py").touch()
    monkeypatch.setattr(apart, "__file__", str(package / "learning" / "apart.py"))
    monkeypatch.chdir(tmp_path)
    return package / "__main__.py"


def test_it_runs_at_the_lowest_priority_under_the_cap_and_its_last_line_is_the_answer(program: Path) -> None:
    program.write_text(
        "import json, os, resource, sys, time\n"
        "while os.nice(0) < 19: time.sleep(0.01)\n"
        "while resource.getrlimit(resource.RLIMIT_DATA)[0] < 0: time.sleep(0.01)\n"
        "print('chatter')\n"
        "cap = resource.getrlimit(resource.RLIMIT_DATA)[0]\n"
        "print(json.dumps({'cap': cap, 'given': sys.argv[1:]}))\n"
    )
    assert run_apart(("retrain", "--here"), 700) == (0, {"cap": 700 * MIB, "given": ["retrain", "--here", "--json"]})
    assert resource.getrlimit(resource.RLIMIT_DATA)[0] != 700 * MIB


def test_what_takes_more_than_its_cap_is_refused_memory(program: Path) -> None:
    program.write_text(
        "import json, resource, time\n"
        "while resource.getrlimit(resource.RLIMIT_DATA)[0] < 0: time.sleep(0.01)\n"
        "try:\n    bytearray(400 << 20)\nexcept MemoryError:\n    print(json.dumps({'refused': True}))\n"
    )
    assert run_apart((), 200) == (0, {"refused": True})


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "was ended by SIGKILL; .*capped at 900 MiB"),
        ("raise SystemExit(3)", "ended with code 3 and no answer"),
        ("print('no json')", "ended with code 0 and no answer"),
    ],
)
def test_a_process_that_does_not_answer_is_told_with_how_it_ended(program: Path, lines: str, words: str) -> None:
    program.write_text(lines + "\n")
    with pytest.raises(RetrainingError, match=words):
        run_apart((), 900)


def test_an_answer_with_an_error_is_handed_on_with_its_code(program: Path) -> None:
    program.write_text('print(\'{"error": "nothing new"}\')\nraise SystemExit(2)\n')
    assert run_apart((), 900) == (2, {"error": "nothing new"})


@pytest.mark.parametrize(
    ("error", "refused"),
    [
        (MemoryError(), True),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 4096 bytes."), True),
        (RuntimeError("std::bad_alloc"), True),
        (RuntimeError("the sizes of tensors must match"), False),
    ],
)
def test_memory_that_was_refused_is_known_whoever_says_it(error: Exception, refused: bool) -> None:
    assert is_out_of_memory(error) is refused


def test_half_of_the_box_is_the_usual_cap_and_the_message_names_what_to_change() -> None:
    physical = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // MIB
    assert usual_memory_mib() == pytest.approx(physical / 2, abs=1)
    assert "more memory than it may take" in str(memory_refused(MemoryError("x")))


@pytest.mark.parametrize(("cores", "threads"), [({0, 1, 5, 7}, 3), ({0, 1}, 1), ({3}, 1)])
def test_a_core_is_left_to_the_line(monkeypatch: pytest.MonkeyPatch, cores: set[int], threads: int) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: cores)
    assert threads_beside_the_line() == threads
