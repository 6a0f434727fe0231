"""A graph that would end the process ends another one, and is told with how."""

import sys
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from deploy.probe import probe_fault
from tests.tiny_bundle import SAMPLES, model, selftest

INPUTS = selftest()[0]
ORT = f"onnxruntime {onnxruntime.__version__}"


def in_its_place(monkeypatch: pytest.MonkeyPatch, folder: Path, *lines: str) -> None:
    """A program that is started instead of python."""
    program = folder / "program"
    program.write_text("\n".join(("#!/bin/sh", *lines)), encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))


def test_a_graph_that_runs_has_no_fault() -> None:
    assert probe_fault(model().SerializeToString(), INPUTS) == ""


def test_one_that_onnxruntime_refuses_is_told_in_its_words() -> None:
    assert probe_fault(b"no graph", INPUTS).startswith(f"{ORT} refuses the model: ")


def test_one_that_cannot_run_the_self_test_is_told_with_the_reason() -> None:
    longer = INPUTS | {"sound": np.zeros((2, 1, SAMPLES + 1), np.float32)}
    assert probe_fault(model().SerializeToString(), longer).startswith("its self-test cannot be run: ")


@pytest.mark.parametrize("step", ["make the session", "run the self-test"])
def test_a_crash_is_told_by_its_signal_and_where_it_came(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, step: str
) -> None:
    in_its_place(monkeypatch, tmp_path, f"echo {step}", "kill -SEGV $$")
    said = probe_fault(b"", INPUTS)
    assert said == f"{ORT} was ended by SIGSEGV where it had to {step}, in a process of its own"


def test_an_end_without_a_word_is_told_by_its_code(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    in_its_place(monkeypatch, tmp_path, "exit 7")
    assert probe_fault(b"", INPUTS) == f"{ORT} was ended with code 7 where it had to start, in a process of its own"


def test_one_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    in_its_place(monkeypatch, tmp_path, "exec tail -f /dev/null")
    assert probe_fault(b"", INPUTS, limit_s=0.05) == f"{ORT} did not make the session and run it within 0.05 s"
