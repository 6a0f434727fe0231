"""A promoted bundle runs as fast as the one before it, without anybody who measures again."""

from pathlib import Path

import pytest

from deploy.bundle import Bundle
from deploy.providers import Attempt, Trial, choose, store, stored
from deploy.runtime import CPU
from qc_station.champion.loading import deciding_runtime
from qc_station.champion.promotion import promote
from qc_station.champion.provision import provided
from qc_station.store import Store
from qc_station.trust import CACHE
from tests.told_bundle import CONFIG, GOOD_FIGURES, told_bundle

CUDA = "CUDAExecutionProvider"
Tried = list[tuple[str, str, int]]


def noting(tried: Tried, faults: dict[str, str] | None = None) -> Attempt:
    """Measurements that are written down, by bundle; more threads are faster, and a bundle with a fault runs nowhere
    but with one thread of the CPU."""

    def trial(bundle: Bundle, provider: str, threads: int) -> Trial:
        tried.append((bundle.name, provider, threads))
        fault = (faults or {}).get(bundle.name, "") if (provider, threads) != (CPU, 1) else ""
        return Trial(provider=provider, threads=threads, median_ms=None if fault else 4.0 / threads, fault=fault)

    return trial


@pytest.fixture
def station(tmp_path: Path) -> Path:
    Store.open(tmp_path).close()
    return tmp_path


@pytest.fixture
def four(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 1, 2, 3})


def bundle(station: Path, row: int, **provenance: str) -> Bundle:
    return Bundle(told_bundle(station / "bundles", row, provenance={"row": row} | provenance))


@pytest.mark.usefixtures("four")
def test_the_first_champion_is_measured_and_a_processor_is_left_to_the_others(station: Path) -> None:
    tried: Tried = []
    first = bundle(station, 0)
    found = provided(station, first, None, attempt=noting(tried))
    assert found is not None
    assert [threads for _, provider, threads in tried if provider == CPU] == [1, 2, 3]
    assert (found.provider, found.threads) == (CPU, 3)
    assert stored(station / CACHE, first) == found


@pytest.mark.usefixtures("four")
def test_the_next_one_inherits_after_its_self_test_passed_there(station: Path) -> None:
    first, second = bundle(station, 0), bundle(station, 1)
    store(station / CACHE, first, choose(first, providers=(CPU,), cores=2, attempt=noting([])))
    tried: Tried = []
    found = provided(station, second, first.folder, attempt=noting(tried))
    assert found is not None
    assert tried == [(second.name, CPU, 2)]
    assert (found.threads, found.bundle) == (2, second.manifest.digest)
    assert found.told() == "CPU with 2 threads; CPU 2: 2.00 ms"
    assert stored(station / CACHE, second) == found


@pytest.mark.usefixtures("four")
def test_one_that_fails_its_self_test_as_the_champion_runs_is_measured_anew(station: Path) -> None:
    first, second = bundle(station, 0), bundle(station, 1)
    store(station / CACHE, first, choose(first, providers=(CPU,), cores=2, attempt=noting([])))
    found = provided(station, second, first.folder, attempt=noting([], {second.name: "differs by 0.1"}))
    assert found is not None
    assert (found.threads, len(found.trials)) == (1, 3)


@pytest.mark.usefixtures("four")
def test_a_variant_in_another_arithmetic_is_measured_anew(station: Path) -> None:
    first, second = bundle(station, 0), bundle(station, 1, variant="int8")
    store(station / CACHE, first, choose(first, providers=(CPU,), cores=2, attempt=noting([])))
    tried: Tried = []
    provided(station, second, first.folder, attempt=noting(tried))
    assert len(tried) == 3


def test_what_was_measured_for_the_bundle_itself_stays(station: Path) -> None:
    first = bundle(station, 0)
    kept = choose(first, providers=(CPU,), cores=4, attempt=noting([]))
    store(station / CACHE, first, kept)
    tried: Tried = []
    assert provided(station, first, None, attempt=noting(tried)) == kept
    assert tried == []


def test_a_champion_that_is_damaged_bequeaths_nothing(station: Path) -> None:
    first, second = bundle(station, 0), bundle(station, 1)
    (first.folder / "model.onnx").write_bytes(b"")
    assert provided(station, second, first.folder, attempt=noting([])) is not None


def test_a_cache_that_cannot_be_written_costs_speed_alone(station: Path) -> None:
    (station / CACHE).write_bytes(b"a file")
    assert provided(station, bundle(station, 0), None, attempt=noting([])) is None


def test_a_promoted_bundle_runs_with_the_threads_of_the_champion_before(station: Path) -> None:
    first, second = (told_bundle(station / "bundles", row, figures=GOOD_FIGURES) for row in (0, 1))
    assert promote(station, CONFIG, first, who="ann").runs_on is not None
    store(station / CACHE, Bundle(first), choose(Bundle(first), providers=(CPU,), cores=2, attempt=noting([])))
    runs_on = promote(station, CONFIG, second, who="ann").runs_on
    assert runs_on is not None
    assert runs_on.threads == 2
    assert deciding_runtime(station, CONFIG, second).threads == 2
