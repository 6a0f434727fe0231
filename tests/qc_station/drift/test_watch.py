"""A station's stored decisions give the same alarms live, afterwards, and after any stop."""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from deploy.bundle import Bundle
from qc_station.cli import cli
from qc_station.config.writing import write_station
from qc_station.drift.state import FILE, read_state
from qc_station.drift.stream import Question
from qc_station.drift.watch import AT_ONCE, LOOK_NS, DriftWatch
from qc_station.line.simulation import station
from qc_station.store import Store
from qc_station.store.decisions import Decision, record
from qc_station.store.schema import FILE_NAME
from tests.qc_station.drift.simulation import p_values
from tests.qc_station.drift.test_reference import with_record

BEFORE, AFTER = 260, 90
BUNDLE = "c0ffee" * 10


def decided(number: int, p: float, bundle: str = BUNDLE, **more: float) -> Decision:
    """A decision whose sound has a p-value; thermal is always as usual as the parts before it."""
    scores = {"label": {"ok": 1.0}, "novelty": p, "novelty:acoustic": p} | more
    return Decision(part=f"part-{number}", verdict="PASS", reason="ok 1.00", scores=scores, bundle=bundle)


def shifted(seed: int = 5) -> list[Decision]:
    """Parts whose sound becomes stranger with part-260, and whose picture stays."""
    rng = np.random.default_rng(seed)
    scores = rng.standard_normal(BEFORE + AFTER)
    scores[BEFORE:] += 1.5
    sound = p_values(rng.standard_normal(300), scores)
    heat = rng.uniform(size=len(sound))
    return [
        decided(n, float(p), **{"novelty:thermal": float(h)}) for n, (p, h) in enumerate(zip(sound, heat, strict=True))
    ]


def store_all(folder: Path, decisions: Iterable[Decision]) -> None:
    """In one transaction, which a line never does, and which is quick."""
    with sqlite3.connect(folder / FILE_NAME) as database:
        for decision in decisions:
            record(database, decision, 1_700_000_000_000_000_000, lambda one: one)
    database.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_station(tmp_path, station())
    Store.open(tmp_path).close()
    return tmp_path


@pytest.fixture
def store(folder: Path) -> Iterator[Store]:
    with Store.open(folder) as opened:
        yield opened


def drift(folder: Path, *more: str) -> Result:
    return CliRunner().invoke(cli, ["drift", "--station", str(folder), *more])


def test_the_stream_that_changes_is_named_with_the_part_since_when_and_the_other_is_not(
    folder: Path, store: Store
) -> None:
    store_all(folder, shifted())
    watch = DriftWatch(folder, store)
    watch.catch_up()
    (said,) = watch.standing
    assert said.startswith("drift: acoustic stranger than before since part part-2")
    begun = int(said.rpartition("-")[2])
    assert abs(begun - BEFORE) < 15
    assert not watch.streams["thermal"].alarms


def test_a_line_that_stops_anywhere_alarms_as_one_that_never_does(folder: Path, store: Store) -> None:
    decisions = shifted()
    live, said = DriftWatch(folder, store), []
    for start in range(0, len(decisions), 23):
        store_all(folder, decisions[start : start + 23])
        said += live.look((1 + start) * LOOK_NS)
        if start % 4 == 0:
            live.save()
            live = DriftWatch(folder, store)
        elif start % 5 == 0:
            # Killed: what was not saved is read again.
            live = DriftWatch(folder, store)
    live.catch_up()
    afterwards = DriftWatch(folder, store)
    afterwards.catch_up()
    (folder / FILE).unlink()
    unsaved = DriftWatch(folder, store)
    unsaved.catch_up()
    states = [{name: one.state() for name, one in watch.streams.items()} for watch in (live, afterwards, unsaved)]
    assert states[0] == states[1] == states[2]
    assert set(said) == set(live.standing) != set()


def test_the_line_is_never_held_up_by_many_decisions_and_looks_no_oftener_than_it_should(
    folder: Path, store: Store
) -> None:
    store_all(folder, shifted())
    watch = DriftWatch(folder, store)
    watch.look(LOOK_NS)
    assert watch.number == AT_ONCE
    watch.look(LOOK_NS + 1)
    assert watch.number == AT_ONCE
    watch.look(2 * LOOK_NS)
    assert watch.number == 2 * AT_ONCE


def test_another_bundle_begins_anew_and_takes_its_alarms_with_it(folder: Path, store: Store) -> None:
    store_all(folder, shifted())
    store_all(folder, [decided(1000 + n, 0.5, bundle="decade" * 10) for n in range(3)])
    watch = DriftWatch(folder, store)
    watch.catch_up()
    assert watch.bundle == "decade" * 10
    assert {name: one.parts for name, one in watch.streams.items()} == {"acoustic": 3}
    assert watch.standing == []


def test_parts_that_no_bundle_decided_or_that_a_stream_did_not_see_are_not_counted(folder: Path, store: Store) -> None:
    unseen = Decision(part="a", verdict="REVIEW", reason="no model yet", scores={}, bundle=None)
    store_all(folder, [unseen, decided(1, 0.3), decided(2, 0.4, **{"novelty:thermal": 0.7})])
    watch = DriftWatch(folder, store)
    watch.catch_up()
    assert {name: one.parts for name, one in watch.streams.items()} == {"acoustic": 2, "thermal": 1}


@pytest.mark.parametrize("content", [b"", b"{", b'{"format": 1, "number": "x"}', b'{"format": 99, "number": 5}'])
def test_a_state_that_cannot_be_used_is_made_again_from_the_decisions(
    folder: Path, store: Store, content: bytes
) -> None:
    store_all(folder, [decided(n, 0.5) for n in range(4)])
    (folder / FILE).write_bytes(content)
    watch = DriftWatch(folder, store)
    watch.catch_up()
    assert watch.streams["acoustic"].parts == 4


def test_a_state_that_is_ahead_of_the_store_is_not_believed(folder: Path, store: Store) -> None:
    store_all(folder, [decided(n, 0.5) for n in range(4)])
    watch = DriftWatch(folder, store)
    watch.catch_up()
    watch.number = 10
    watch.save()
    again = DriftWatch(folder, store)
    again.catch_up()
    assert again.streams["acoustic"].parts == 4


def test_the_command_shows_each_stream_and_fails_where_an_alarm_stands(folder: Path) -> None:
    empty = drift(folder)
    assert (empty.exit_code, empty.stdout) == (0, "no part was decided by a bundle that tells novelty\n")
    store_all(folder, shifted())
    shown = drift(folder)
    assert shown.exit_code == 1
    assert shown.stdout.splitlines()[-1].startswith("drift: acoustic stranger than before since part part-2")
    assert "10^6.3" in shown.stdout
    told = drift(folder, "--json")
    assert told.exit_code == 1
    (line,) = told.stdout.splitlines()
    result = json.loads(line)
    assert result["bundle"] == BUNDLE
    acoustic, thermal = result["streams"]["acoustic"], result["streams"]["thermal"]
    assert acoustic["parts"] == thermal["parts"] == BEFORE + AFTER
    assert acoustic["first_part"] == "part-0"
    alarm = acoustic["alarms"]["before"]
    assert alarm["parts_are"] == "stranger"
    assert int(alarm["since_part"].partition("-")[2]) < int(alarm["found_part"].partition("-")[2])
    assert alarm["since_ns"] == 1_700_000_000_000_000_000
    assert thermal["alarms"] == {}
    assert thermal["log10_martingale"]["before"] < thermal["log10_threshold"]


def test_looking_changes_nothing_in_the_station(folder: Path) -> None:
    store_all(folder, shifted())
    drift(folder)
    assert not (folder / FILE).exists()
    assert read_state(folder).number == 0


def test_a_folder_that_is_no_station_is_refused_as_wrong_usage(tmp_path: Path) -> None:
    assert drift(tmp_path).exit_code == 2
    assert "station.toml" in drift(tmp_path).output


def test_a_bundle_that_decides_from_elsewhere_is_compared_with_its_own_training(
    bundle_folder: Path, folder: Path, store: Store, tmp_path_factory: pytest.TempPathFactory
) -> None:
    record = json.dumps({"validation": {"novelty": {"novelty:acoustic": [0.25, 0.5]}}}).encode()
    running = Bundle(with_record(bundle_folder, tmp_path_factory.mktemp("elsewhere"), record))
    store_all(folder, [decided(0, 0.5, running.manifest.digest)])
    questions = []
    for watch in (DriftWatch(folder, store), DriftWatch(folder, store, running)):
        watch.catch_up()
        questions.append(set(watch.streams["acoustic"].detectors))
    assert questions == [{Question.BEFORE}, {Question.BEFORE, Question.TRAINING}]
