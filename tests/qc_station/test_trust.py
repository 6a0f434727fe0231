"""A station that requires signatures runs signed bundles alone, and none older than one that ran, but on purpose."""

import hashlib
from pathlib import Path

import pytest

from deploy import providers
from deploy.bundle import Bundle
from deploy.errors import BundleError
from deploy.keys import PRIVATE, make_keys
from deploy.selftest import selftest_fault
from deploy.signature import sign
from qc_station.config.bundles import BundlesConfig
from qc_station.config.loading import load_station
from qc_station.config.station import StationConfig, StreamConfig
from qc_station.config.writing import write_station
from qc_station.errors import ConfigError
from qc_station.trust import CACHE, MEMORY, read_memory, trusted_runtime
from tests.tiny_bundle import WEIGHTS, model, tiny_bundle

STREAMS = {"sound": StreamConfig(kind="waveform", rate_hz=8000.0, dtype="int16", window_s=0.0005)}


@pytest.fixture
def station(tmp_path: Path) -> Path:
    make_keys(tmp_path)
    config = StationConfig(name="s", streams=STREAMS, bundles=BundlesConfig(require_signed="../signing.pub"))
    write_station(tmp_path / "s", config)
    return tmp_path / "s"


def made(station: Path, name: str, counter: int | None) -> Path:
    folder = tiny_bundle(station / "bundles", station=name)
    if counter is not None:
        sign(Bundle(folder), station.parent / PRIVATE, counter)
    return folder


def runs(station: Path, folder: Path, *, rollback: bool = False) -> str:
    return trusted_runtime(station, load_station(station), folder, rollback=rollback).bundle.name


def test_a_signed_bundle_runs_again_and_again(station: Path) -> None:
    folder = made(station, "a", 3)
    assert runs(station, folder) == runs(station, folder) == folder.name
    assert read_memory(station).counter == 3


def test_an_unsigned_bundle_is_refused_and_leaves_no_trace(station: Path) -> None:
    with pytest.raises(BundleError, match="is not signed, and this station requires it"):
        runs(station, made(station, "a", None))
    assert not (station / MEMORY).exists()


def test_a_station_that_does_not_ask_runs_unsigned_bundles_and_remembers_nothing(station: Path) -> None:
    plain = StationConfig(name="s", streams=STREAMS)
    folder = made(station, "a", None)
    assert trusted_runtime(station, plain, folder).bundle.name == folder.name
    assert not (station / MEMORY).exists()


@pytest.mark.parametrize("counter", [4, 5])
def test_an_older_bundle_or_another_of_the_same_count_is_refused(station: Path, counter: int) -> None:
    older, newer = made(station, "older", counter), made(station, "newer", 5)
    runs(station, newer)
    with pytest.raises(BundleError, match=rf"has counter {counter}, and bundle {newer.name} with 5 ran here before"):
        runs(station, older)


def test_an_explicit_rollback_holds_until_a_newer_one_runs(station: Path) -> None:
    older, newer, newest = (made(station, name, number) for name, number in (("a", 1), ("b", 2), ("c", 3)))
    runs(station, newer)
    runs(station, older, rollback=True)
    assert runs(station, older) == older.name
    assert read_memory(station).counter == 2
    runs(station, newest)
    with pytest.raises(BundleError, match="ran here before"):
        runs(station, older)


def test_going_forward_again_ends_a_rollback(station: Path) -> None:
    older, newer = made(station, "a", 1), made(station, "b", 2)
    runs(station, newer)
    runs(station, older, rollback=True)
    runs(station, newer)
    with pytest.raises(BundleError, match="ran here before"):
        runs(station, older)


def test_a_rollback_does_not_make_an_unsigned_bundle_welcome(station: Path) -> None:
    with pytest.raises(BundleError, match="is not signed"):
        runs(station, made(station, "a", None), rollback=True)


def test_a_newer_bundle_that_fails_its_self_test_does_not_lock_out_the_one_before(
    station: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, bad = made(station, "good", 1), made(station, "bad", 2)
    runs(station, good)
    with monkeypatch.context() as patch:
        patch.setattr("deploy.runtime.selftest_fault", lambda bundle, _: "off" if bundle.folder == bad else "")
        with pytest.raises(BundleError, match="off"):
            runs(station, bad)
    assert runs(station, good) == good.name


def test_a_newer_bundle_for_other_streams_does_not_lock_out_the_one_before(station: Path) -> None:
    good, foreign = made(station, "good", 1), made(station, "foreign", 2)
    runs(station, good)
    slower = StationConfig(
        name="s",
        streams={"sound": StreamConfig(kind="waveform", rate_hz=4000.0, dtype="int16", window_s=0.001)},
        bundles=BundlesConfig(require_signed="../signing.pub"),
    )
    with pytest.raises(BundleError, match="was built for other streams: stream 'sound': rate_hz"):
        trusted_runtime(station, slower, foreign)
    assert runs(station, good) == good.name


def test_a_memory_that_cannot_be_read_takes_nothing_for_new(station: Path) -> None:
    folder = made(station, "a", 1)
    (station / MEMORY).write_bytes(b"?")
    with pytest.raises(BundleError, match=r"trust\.json cannot be read: .*no bundle can be told from an old one"):
        runs(station, folder)


def test_the_measured_choice_of_provider_is_taken_and_left_where_it_fails_now(station: Path) -> None:
    folder = made(station, "a", 1)
    bundle = Bundle(folder)
    choice = providers.choose(bundle, cores=2, attempt=faked({("CPUExecutionProvider", 2): 1.0}))
    providers.store(station / CACHE, bundle, choice)
    assert trusted_runtime(station, load_station(station), folder).threads == 2
    gone = providers.choose(bundle, providers=("GoneExecutionProvider",), attempt=faked({}))
    providers.store(station / CACHE, bundle, gone)
    runtime = trusted_runtime(station, load_station(station), folder)
    assert (runtime.provider, runtime.threads) == ("CPUExecutionProvider", 1)


def faked(times: dict[tuple[str, int], float]) -> providers.Attempt:
    return lambda _, name, threads: providers.Trial(
        provider=name, threads=threads, median_ms=times.get((name, threads), 5.0), fault=""
    )


def test_the_table_is_read_written_and_checked(station: Path) -> None:
    assert load_station(station).bundles.require_signed == "../signing.pub"
    text = (station / "station.toml").read_text()
    (station / "station.toml").write_text(text.replace('require_signed = "../signing.pub"', 'require_signed = ""'))
    with pytest.raises(ConfigError, match=r"bundles\.require_signed = '': .*; allowed: File of the public key"):
        load_station(station)


def test_the_optimised_graph_is_kept_and_a_wrong_one_never_decides(station: Path) -> None:
    plain = StationConfig(name="s", streams=STREAMS)
    folder = made(station, "a", None)
    trusted_runtime(station, plain, folder)
    graph, note = (station / CACHE / f"graph-{folder.name}.{ending}" for ending in ("onnx", "json"))
    whole = graph.read_bytes()
    # Another network, noted in good order: only the self-test can tell.
    wrong = model(WEIGHTS * 2).SerializeToString()
    graph.write_bytes(wrong)
    said = [hashlib.sha256(content).hexdigest().encode() for content in (whole, wrong)]
    note.write_bytes(note.read_bytes().replace(*said))
    found = trusted_runtime(station, plain, folder)
    assert selftest_fault(found.bundle, found.session) == ""
    assert not graph.exists()
    assert not note.exists()


def test_a_station_that_asks_for_signatures_keeps_no_graph_that_nobody_signed(station: Path) -> None:
    runs(station, made(station, "a", 3))
    assert list((station / CACHE).glob("graph-*")) == []
