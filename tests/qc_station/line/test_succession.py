"""A new champion takes over between two parts, and one that cannot be used never does."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.errors import BundleError
from deploy.runtime import Runtime
from qc_station.align.snapshot import Reason, Snapshot, Window
from qc_station.champion.record import FILE, crown, step_back
from qc_station.config.station import StationConfig, StreamConfig
from qc_station.line.inspection import Inspector
from qc_station.line.succession import EVERY_NS, Succession
from qc_station.store import Store
from tests.told_bundle import CONFIG, told_bundle, told_item

SECOND_NS = 1_000_000_000


def adopted(runtime: Runtime) -> None:
    """The line takes whatever comes."""


@pytest.fixture
def station(tmp_path: Path) -> Path:
    """Two bundles that answer differently."""
    for row in (0, 1):
        told_bundle(tmp_path / "bundles", row)
    return tmp_path


def runtimes(station: Path) -> tuple[Runtime, Runtime]:
    first, second = (Runtime(folder) for folder in sorted((station / "bundles").iterdir()))
    return first, second


def succession(station: Path, running: Runtime | None, later: list[Callable[[], None]] | None = None) -> Succession:
    """Loads at once, or when the test does what stands in `later`."""
    start = (lambda work: work()) if later is None else later.append
    return Succession(station, CONFIG, running, start=start)


def crowned(station: Path, runtime: Runtime) -> None:
    crown(station, runtime.manifest.digest, who="ann", why="")


def test_a_new_champion_is_handed_on_once(station: Path) -> None:
    first, second = runtimes(station)
    found = succession(station, first)
    found.look(0)
    assert found.take(adopted) is None
    crowned(station, second)
    found.look(EVERY_NS)
    taken = found.take(adopted)
    assert taken is not None
    assert taken.manifest.digest == second.manifest.digest
    assert found.take(adopted) is None


def test_a_station_without_a_bundle_gets_its_first(station: Path) -> None:
    first, _ = runtimes(station)
    found = succession(station, None)
    crowned(station, first)
    found.look(0)
    assert found.take(adopted) is not None


def test_the_file_is_looked_at_once_a_second_and_loaded_only_when_it_changed(station: Path) -> None:
    first, second = runtimes(station)
    later: list[Callable[[], None]] = []
    found = succession(station, first, later)
    crowned(station, second)
    for now_ns in (0, 1, EVERY_NS - 1):
        found.look(now_ns)
    assert len(later) == 1
    later.pop()()
    assert found.take(adopted) is not None
    found.look(EVERY_NS)
    found.look(3 * EVERY_NS)
    assert later == []


def test_while_one_is_loaded_no_second_is(station: Path) -> None:
    first, second = runtimes(station)
    later: list[Callable[[], None]] = []
    found = succession(station, None, later)
    crowned(station, first)
    found.look(0)
    crowned(station, second)
    found.look(EVERY_NS)
    assert len(later) == 1
    later.pop()()
    found.look(2 * EVERY_NS)
    for work in later:
        work()
    taken = found.take(adopted)
    assert taken is not None
    assert taken.manifest.digest == second.manifest.digest


def test_what_runs_is_no_news_and_what_waited_is_forgotten_when_it_is_rolled_back(station: Path) -> None:
    first, second = runtimes(station)
    crowned(station, first)
    found = succession(station, first)
    found.look(0)
    assert found.take(adopted) is None
    crowned(station, second)
    found.look(EVERY_NS)
    step_back(station, who="ann", why="")
    found.look(2 * EVERY_NS)
    assert found.take(adopted) is None
    assert found.fault == ""


def test_a_champion_that_is_damaged_or_gone_leaves_what_runs_and_says_why(station: Path) -> None:
    first, second = runtimes(station)
    found = succession(station, first)
    crowned(station, second)
    model = second.bundle.folder / "model.onnx"
    whole = model.read_bytes()
    model.write_bytes(whole[:-1])
    found.look(0)
    assert found.take(adopted) is None
    assert "truncated or changed" in found.fault
    shutil.rmtree(second.bundle.folder)
    step_back_and_forth(station, first, second)
    found.look(EVERY_NS)
    assert found.take(adopted) is None
    assert "cannot be read" in found.fault
    crowned(station, first)
    found.look(2 * EVERY_NS)
    assert (found.take(adopted), found.fault) == (None, "")


def step_back_and_forth(station: Path, first: Runtime, second: Runtime) -> None:
    """The record changes and names the same champion."""
    crowned(station, first)
    crowned(station, second)


def test_a_champion_for_other_sensors_never_takes_over(station: Path) -> None:
    first, second = runtimes(station)
    other = StationConfig(name="x", streams={"gas": StreamConfig(kind="series", window_steps=3)})
    found = Succession(station, other, first, start=lambda work: work())
    crowned(station, second)
    found.look(0)
    assert found.take(adopted) is None
    assert "needs stream 'enose'" in found.fault


def test_a_folder_that_holds_another_bundle_than_the_champion_is_refused(station: Path) -> None:
    first, second = runtimes(station)
    crowned(station, second)
    shutil.rmtree(second.bundle.folder)
    shutil.copytree(first.bundle.folder, second.bundle.folder)
    found = succession(station, None)
    found.look(0)
    assert found.take(adopted) is None
    assert f"holds bundle {first.bundle.name}" in found.fault


def test_whatever_goes_wrong_while_loading_is_told_and_the_next_champion_is_looked_for(station: Path) -> None:
    first, second = runtimes(station)
    answers = iter([RuntimeError("no room"), BundleError("not this one"), second])

    def load(*_: object) -> Runtime:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    found = Succession(station, CONFIG, None, load=load, start=lambda work: work())
    for now, (runtime, words) in enumerate([(first, "no room"), (second, "not this one")]):
        crowned(station, runtime)
        found.look(now * EVERY_NS)
        assert words in found.fault
    (station / FILE).touch()
    found.look(5 * EVERY_NS)
    assert found.take(adopted) is second


def test_what_the_line_refuses_to_adopt_is_told_and_comes_again_when_the_record_changes(station: Path) -> None:
    first, second = runtimes(station)
    found = succession(station, first)

    def refused(runtime: Runtime) -> None:
        raise BundleError(f"no point for {runtime.bundle.name}")

    crowned(station, second)
    found.look(0)
    assert found.take(refused) is None
    assert f"no point for {second.bundle.name}" in found.fault
    (station / FILE).touch()
    found.look(EVERY_NS)
    assert found.take(adopted) is not None
    assert found.fault == ""


def snapshot(number: int) -> Snapshot:
    """A part of which the first bundle says ok and the second crack."""
    data = told_item(f"p{number}", "ok", "ok", "crack").windows["enose"]
    window = Window(data=data, start_ns=0, missing=0, skew_ns=0, uncertainty_ns=0, shared=False)
    return Snapshot(part=f"p{number}", time_ns=SECOND_NS, windows={"enose": window}, reasons={"enose": Reason.OK})


def test_every_row_holds_the_verdict_and_the_digest_of_the_one_bundle_that_decided_it(tmp_path: Path) -> None:
    says_ok, says_crack = (Runtime(told_bundle(tmp_path / "bundles", row)) for row in (0, 1))
    found = succession(tmp_path, says_ok)
    with Store.open(tmp_path) as store:
        inspector = Inspector(store, CONFIG, says_ok, clock=lambda: SECOND_NS)
        for number in range(4):
            if number == 2:
                crowned(tmp_path, says_crack)
            found.look(number * EVERY_NS)
            found.take(inspector.swap)
            inspector.inspect(snapshot(number))
        rows = [(row.part, row.verdict, row.bundle) for row in store.decisions()]
    first, second = says_ok.manifest.digest, says_crack.manifest.digest
    assert rows == [
        ("p0", "PASS", first),
        ("p1", "PASS", first),
        ("p2", "REJECT", second),
        ("p3", "REJECT", second),
    ]
