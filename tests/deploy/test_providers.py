"""The provider is chosen by what was measured here, and one that does not meet the self-test is never chosen."""

from itertools import count
from pathlib import Path

import msgspec
import onnxruntime
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy import providers
from deploy.bundle import Bundle
from deploy.errors import BundleError
from deploy.providers import Trial, choose, measure, store, stored
from deploy.runtime import CPU, Runtime
from tests.tiny_bundle import tiny_bundle

CUDA, TENSORRT = "CUDAExecutionProvider", "TensorrtExecutionProvider"
Times = dict[tuple[str, int], float | str]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return Bundle(tiny_bundle(tmp_path_factory.mktemp("bundles")))


def attempt(times: Times) -> providers.Attempt:
    """Measurements that are given: milliseconds, or why it must not be chosen."""

    def trial(_: Bundle, name: str, threads: int) -> Trial:
        found = times[name, threads]
        ok = isinstance(found, float)
        return Trial(provider=name, threads=threads, median_ms=found if ok else None, fault="" if ok else found)

    return trial


def chosen(bundle: Bundle, times: Times, cores: int = 2) -> tuple[str, int]:
    names = tuple(dict.fromkeys(name for name, _ in times))
    found = choose(bundle, providers=names, cores=cores, attempt=attempt(times))
    return found.provider, found.threads


@pytest.mark.parametrize(
    ("times", "wanted"),
    [
        ({(TENSORRT, 1): 0.5, (CUDA, 1): 0.9, (CPU, 1): 4.0, (CPU, 2): 3.0}, (TENSORRT, 1)),
        ({(TENSORRT, 1): "off by 0.1", (CUDA, 1): 0.9, (CPU, 1): 4.0, (CPU, 2): 3.0}, (CUDA, 1)),
        ({(TENSORRT, 1): "off by 0.1", (CUDA, 1): "no device", (CPU, 1): 4.0, (CPU, 2): 3.0}, (CPU, 2)),
        ({(CUDA, 1): 4.5, (CPU, 1): 4.0, (CPU, 2): "off"}, (CPU, 1)),
    ],
)
def test_the_fastest_that_meets_the_self_test_is_chosen(bundle: Bundle, times: Times, wanted: tuple[str, int]) -> None:
    assert chosen(bundle, times) == wanted


def test_threads_that_bring_next_to_nothing_are_left_to_capture_and_storage(bundle: Bundle) -> None:
    times: Times = {(CPU, 1): 1.04, (CPU, 2): 1.0, (CPU, 3): 1.06, (CPU, 4): 1.0}
    assert chosen(bundle, times, cores=4) == (CPU, 1)
    assert chosen(bundle, times | {(CPU, 1): 1.06}, cores=4) == (CPU, 2)


@given(st.lists(st.tuples(st.floats(0.01, 100), st.booleans()), min_size=1, max_size=8))
def test_no_choice_is_faulty_and_none_that_passes_is_faster_by_more_than_a_tie(
    bundle: Bundle, found: list[tuple[float, bool]]
) -> None:
    times: Times = {(CPU, n): "off" if off else ms for n, (ms, off) in enumerate(found, 1)}
    passing = [ms for ms, off in found if not off]
    if not passing:
        with pytest.raises(BundleError, match="no execution provider meets its self-test: CPU: off"):
            chosen(bundle, times, cores=len(found))
        return
    took = times[chosen(bundle, times, cores=len(found))]
    assert isinstance(took, float)
    assert took <= providers.TIE * min(passing)


def test_a_provider_that_is_not_here_is_a_trial_with_a_fault(bundle: Bundle) -> None:
    trial = measure(bundle, CUDA, 1)
    assert trial.median_ms is None
    assert f"{CUDA} is not in onnxruntime" in trial.fault


def test_a_provider_that_falls_back_to_the_processor_is_not_taken_for_what_it_was_asked_for(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So does a build with CUDA on a computer without a driver: onnxruntime only logs it."""
    real = onnxruntime.InferenceSession
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: [CUDA, CPU])
    monkeypatch.setattr(onnxruntime, "InferenceSession", lambda m, o, **_: real(m, o, providers=[CPU]))
    trial = measure(bundle, CUDA, 1)
    assert (trial.median_ms, trial.fault) == (None, f"{CUDA} does not start here; onnxruntime fell back to {CPU}")
    assert choose(bundle, cores=1).provider == CPU


def test_a_session_that_gives_something_else_is_timed_by_nobody(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(providers, "selftest_fault", lambda *_: "self-test output 'label' differs by 0.1")
    trial = measure(bundle, CPU, 1, clock=lambda: pytest.fail("was timed"))
    assert (trial.median_ms, trial.fault) == (None, "self-test output 'label' differs by 0.1")


def test_the_time_is_the_median_of_the_runs_after_the_warm_up(bundle: Bundle) -> None:
    calls = count()

    def clock() -> int:
        """The k-th run takes k ms."""
        call = next(calls)
        return (call // 2 if call % 2 else 0) * 1_000_000

    trial = measure(bundle, CPU, 1, clock=clock)
    assert trial.median_ms == providers.WARM_UP + (providers.RUNS - 1) / 2


def test_every_number_of_threads_of_the_processor_is_tried_and_others_once(bundle: Bundle) -> None:
    times: Times = {(CUDA, 1): 1.0} | {(CPU, n): 2.0 for n in (1, 2, 3)}
    found = choose(bundle, providers=(CUDA, CPU), cores=3, attempt=attempt(times))
    assert [(t.provider, t.threads) for t in found.trials] == [(CUDA, 1), (CPU, 1), (CPU, 2), (CPU, 3)]
    assert found.told() == "CUDA with 1 thread; CUDA 1: 1.00 ms, CPU 1: 2.00 ms, CPU 2: 2.00 ms, CPU 3: 2.00 ms"


def test_the_processor_is_always_among_those_that_are_here_and_last() -> None:
    assert providers.present()[-1] == CPU
    assert "AzureExecutionProvider" not in providers.present()


def test_what_was_really_chosen_runs(bundle: Bundle) -> None:
    found = choose(bundle)
    assert Runtime(bundle, found.threads, found.provider).provider == found.provider
    assert all(trial.median_ms for trial in found.trials)


def test_a_choice_is_found_again(bundle: Bundle, tmp_path: Path) -> None:
    assert stored(tmp_path / "cache", bundle) is None
    found = choose(bundle, cores=1, attempt=attempt({(CPU, 1): 1.5}))
    store(tmp_path / "cache", bundle, found)
    assert stored(tmp_path / "cache", bundle) == found


@pytest.mark.parametrize("field", ["bundle", "onnxruntime", "machine"])
def test_a_choice_of_another_bundle_version_or_computer_is_none(bundle: Bundle, tmp_path: Path, field: str) -> None:
    found = choose(bundle, cores=1, attempt=attempt({(CPU, 1): 1.5}))
    store(tmp_path, bundle, msgspec.structs.replace(found, **{field: "other"}))
    assert stored(tmp_path, bundle) is None


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b'{"provider": 3}'])
def test_a_damaged_choice_is_none(bundle: Bundle, tmp_path: Path, content: bytes) -> None:
    file = store(tmp_path, bundle, choose(bundle, cores=1, attempt=attempt({(CPU, 1): 1.5})))
    file.write_bytes(content)
    assert stored(tmp_path, bundle) is None


def test_a_choice_that_was_never_tried_is_none(bundle: Bundle, tmp_path: Path) -> None:
    found = choose(bundle, cores=1, attempt=attempt({(CPU, 1): 1.5}))
    store(tmp_path, bundle, msgspec.structs.replace(found, threads=64))
    assert stored(tmp_path, bundle) is None
