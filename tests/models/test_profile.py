"""A profile names every stage and path, and charges each moment once."""

import subprocess
import sys
import time
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
import torch

from models.profile import BackwardStages, Profile, peak_bytes, profiling, stage
from models.settings import Settings
from models.trainer import Trainer
from tests.synthetic import ENOSE, THERMAL, dataset, tasks_for

SPECS = (THERMAL, replace(ENOSE, name="gas"))


def trainer(weighting: str = "fixed") -> Trainer:
    ticks = count()
    data, val = dataset(32, specs=SPECS), dataset(8, specs=SPECS, seed=5)
    chosen = Settings(epochs=2, batch=8, weighting=weighting)
    return Trainer(SPECS, tasks_for(SPECS), data, val, chosen, lambda: float(next(ticks)))


def test_every_stage_and_path_of_the_method_is_named() -> None:
    with Profile() as profile:
        trainer().run()
    paths = ("thermal", "gas", "shared")
    wanted = {f"{stage} {path}" for stage in ("advancement", "gradient", "adjustment") for path in paths}
    wanted |= {"injection", "augmentation", "discrepancy", "integration", "averaging", "recurrence"}
    assert set(profile.stages) == wanted
    steps = profile.stages["adjustment shared"].calls
    assert steps == profile.stages["gradient gas"].calls == 8


def test_the_stages_add_up_to_no_more_than_the_whole() -> None:
    one = trainer()
    with Profile() as profile:
        one.run()
    spent = sum(s.seconds for s in profile.stages.values())
    assert 0.5 * profile.seconds < spent <= profile.seconds


def test_a_stage_inside_another_is_charged_once(monkeypatch: pytest.MonkeyPatch) -> None:
    now = iter([0.0, 0.0, 1.0, 4.0, 6.0, 7.0])
    monkeypatch.setattr(time, "perf_counter", lambda: next(now))
    with Profile() as profile, stage("outer"), stage("inner"):
        pass
    assert profile.stages["inner"].seconds == 3.0
    assert profile.stages["outer"].seconds == 3.0
    assert profile.seconds == 7.0


def test_without_a_profile_nothing_is_measured_and_the_bits_are_the_same() -> None:
    plain = trainer().run().network.state_dict()
    with Profile():
        assert profiling()
        watched = trainer().run().network.state_dict()
    assert not profiling()
    assert all(torch.equal(watched[name], value) for name, value in plain.items())


def test_memory_that_a_stage_takes_is_charged_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    peak = iter([1000, 1500, 1500, 1700])
    monkeypatch.setattr("models.profile.peak_bytes", lambda: next(peak))
    with Profile() as profile:
        for _ in range(2):
            with stage("greedy"):
                pass
    assert profile.stages["greedy"].peak_growth_bytes == 700


def test_the_peak_is_of_the_process_alone_not_of_a_larger_one_that_started_it() -> None:
    held = b"\x01" * 300_000_000
    asked = [sys.executable, "-c", "from models.profile import peak_bytes; print(peak_bytes())"]
    small = int(subprocess.run(asked, capture_output=True, text=True, check=True).stdout)
    assert peak_bytes() > len(held)
    # Python alone has more than a megabyte.
    assert 1_000_000 < small < len(held)


def test_where_the_system_keeps_no_peak_none_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.profile.STATUS", tmp_path / "missing")
    assert peak_bytes() == 0
    monkeypatch.setattr("models.profile.STATUS", tmp_path / "status")
    (tmp_path / "status").write_text("Name:\tpython\n")
    assert peak_bytes() == 0


def test_memory_that_a_backward_pass_takes_is_charged_to_the_path_that_it_was_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    peak = iter([1000, 1300, 1300, 1700])
    monkeypatch.setattr("models.profile.peak_bytes", lambda: next(peak))
    with Profile() as profile:
        paths = BackwardStages()
        paths.begin()
        paths.reached("thermal")
        paths.reached("gas")
        paths.end()
    grown = {name: spent.peak_growth_bytes for name, spent in profile.stages.items()}
    assert grown == {"gradient shared": 300, "gradient thermal": 0, "gradient gas": 400}


def test_every_gradient_of_a_training_can_have_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    peak = count(step=1000)
    monkeypatch.setattr("models.profile.peak_bytes", lambda: next(peak))
    with Profile() as profile:
        trainer().run()
    grown = [profile.stages[f"gradient {path}"] for path in ("thermal", "gas", "shared")]
    # Each look at the memory finds the peak one step higher, and nothing is looked at within a path.
    assert [spent.peak_growth_bytes for spent in grown] == [1000 * spent.calls for spent in grown]


def test_self_tuning_is_a_stage_of_its_own() -> None:
    one = trainer("self_tuning")
    one.weighting.tune_every = 4  # type: ignore[misc]
    with Profile() as profile:
        one.run()
    assert profile.stages["self-tuning"].calls == 2
