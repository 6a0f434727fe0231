"""`selfcheck` passes on a sound machine and says so when something computes wrong: each fault is put in on purpose."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import torch
from click.testing import CliRunner

from models.adjustment import OPTIMISERS
from models.cumulative import CumulativeLoss
from models.hypergradient import OneStep
from models.weighting.kendall import Kendall
from qc_station.cli import cli
from qc_station.selfcheck import running
from qc_station.selfcheck.checks import accumulation, export, gradients, least_squares
from qc_station.selfcheck.measurement import Measurement
from qc_station.selfcheck.precision import double_precision

GROUPS = running.names()
QUICK = tuple(name for name in GROUPS if name != "export")


def selfcheck(monkeypatch: pytest.MonkeyPatch, *groups: str) -> tuple[int, dict[str, dict[str, Any]]]:
    monkeypatch.setattr(running, "names", lambda: groups)
    result = CliRunner().invoke(cli, ["selfcheck", "--json"])
    answer = json.loads(result.stdout.splitlines()[-1])
    assert answer["passed"] == (result.exit_code == 0)
    return result.exit_code, {check["name"]: check for check in answer["checks"]}


def test_what_is_checked() -> None:
    assert set(GROUPS) == {
        "accumulation",
        "export",
        "gradients",
        "hypergradient",
        "least_squares",
        "optimisers",
        "propagation",
        "weightings",
    }


@pytest.mark.parametrize("group", QUICK)
def test_a_sound_machine_passes(group: str, monkeypatch: pytest.MonkeyPatch) -> None:
    code, checks = selfcheck(monkeypatch, group)
    assert (code, [c for c in checks.values() if not c["passed"]]) == (0, [])
    assert checks
    assert all(c["error"] <= c["bound"] and c["group"] == group for c in checks.values())


@pytest.mark.slow
def test_the_whole_of_it_passes_and_ends_with_the_sum() -> None:
    result = CliRunner().invoke(cli, ["selfcheck"])
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1].startswith("all ")
    assert "export: ONNX against torch" in result.stdout


def crooked(patch: pytest.MonkeyPatch) -> str:
    patch.setattr(gradients, "squared", lambda f, y: 1.000001 * (f[:, 0] - y) ** 2)
    return "squared residual against 2 X'(Xw - y)"


def smoothed(patch: pytest.MonkeyPatch) -> str:
    right = gradients.cross_entropy
    patch.setattr(gradients, "cross_entropy", lambda f, y, w: right(f, y, w, 1e-9))
    return "cross-entropy against softmax - target"


def mean_of_means(patch: pytest.MonkeyPatch) -> str:
    right = CumulativeLoss._counts
    patch.setattr(CumulativeLoss, "_counts", lambda self, batches, masks: right(self, batches[:1], masks[:1]))
    return "step cut ragged against the whole, relative"


def hasty(patch: pytest.MonkeyPatch) -> str:
    right = OPTIMISERS["adam"]
    patch.setitem(OPTIMISERS, "adam", lambda params, **k: right(params, **k, betas=(0.9, 0.9990001)))
    return "60 steps of adam against its formula, relative"


def impatient(patch: pytest.MonkeyPatch) -> str:
    patch.setattr(least_squares, "MOST_STEPS", 20)
    return "linear model at rest against lstsq"


def leaky(patch: pytest.MonkeyPatch) -> str:
    patch.setattr("models.neurons.routes", lambda before, after: torch.ones(len(after), len(before)).bool())
    return "ways between streams and neurons that are wrong"


def biased(patch: pytest.MonkeyPatch) -> str:
    right = Kendall.weights
    patch.setattr(Kendall, "weights", lambda self, m: {n: w * (1 + 1e-9) for n, w in right(self, m).items()})
    return "kendall: log-variance is log L"


def forgetful(patch: pytest.MonkeyPatch) -> str:
    right = OneStep._moving
    patch.setattr(OneStep, "_moving", lambda self: {n: v for n, v in right(self).items() if n != "2.bias"})
    return "slope against autograd through the step"


FAULTS: dict[str, Callable[[pytest.MonkeyPatch], str]] = {
    "gradients": crooked,
    "accumulation": mean_of_means,
    "optimisers": hasty,
    "hypergradient": forgetful,
    "least_squares": impatient,
    "propagation": leaky,
    "weightings": biased,
}


@pytest.mark.parametrize(("group", "fault"), [*FAULTS.items(), ("gradients", smoothed)])
def test_a_fault_is_found_and_named(
    group: str, fault: Callable[[pytest.MonkeyPatch], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    name = fault(monkeypatch)
    code, checks = selfcheck(monkeypatch, group)
    assert code == 1
    assert not checks[name]["passed"]
    assert checks[name]["error"] > checks[name]["bound"]


def test_a_check_that_breaks_is_reported_and_hides_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> bytes:
        raise RuntimeError("no such operator")

    monkeypatch.setattr(export, "to_onnx", broken)
    code, checks = selfcheck(monkeypatch, "export", "propagation")
    assert code == 1
    assert checks["could not be checked"]["detail"] == "RuntimeError: no such operator"
    assert checks["could not be checked"]["error"] is None
    assert checks["ways between streams and neurons that are wrong"]["passed"]


def test_people_see_the_fault_with_its_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    crooked(monkeypatch)
    monkeypatch.setattr(running, "names", lambda: ("gradients",))
    lines = CliRunner().invoke(cli, ["selfcheck"]).stdout.splitlines()
    (wrong,) = (line for line in lines if line.startswith("FAIL"))
    assert "squared residual" in wrong
    assert "allowed 1e-13" in wrong
    assert lines[-1].startswith("1 of ")


def test_an_error_that_is_no_number_is_no_pass() -> None:
    assert not Measurement(name="x", error=float("nan"), bound=1.0).passed
    assert Measurement(name="x", error=1.0, bound=1.0).passed


def test_precision_and_generator_are_given_back_also_after_a_fault() -> None:
    def fails() -> None:
        with double_precision():
            assert torch.zeros(1).dtype == torch.float64
            torch.rand(3)
            raise ValueError("inside")

    torch.manual_seed(4)
    before = torch.get_rng_state()
    with pytest.raises(ValueError, match="inside"):
        fails()
    assert torch.zeros(1).dtype == torch.float32
    assert torch.equal(torch.get_rng_state(), before)


def test_the_cuts_hold_every_item_once() -> None:
    for cuts in accumulation.CUTS.values():
        assert sorted(n for cut in cuts for n in cut) == list(range(accumulation.ITEMS))
