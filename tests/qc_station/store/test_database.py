"""Parts get exactly one decision or a reason; the database says in clear words why it cannot serve."""

import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from qc_station.errors import DiskFullError, PartKnownError, StoreError
from qc_station.store import Store
from qc_station.store.failures import told
from qc_station.store.schema import FILE_NAME, connect_reader, steps


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "store", clock_ns=lambda: 7) as opened:
        yield opened


def decide(store: Store, part: str, verdict: str = "PASS") -> None:
    store.record_decision(
        part=part, verdict=verdict, reason="why", scores={"ok": 0.9}, bundle="b1", latency_ms={"all": 1.5}
    )


def test_a_decision_comes_back_as_it_was_recorded(store: Store) -> None:
    store.accept_part("p1")
    decide(store, "p1")
    (back,) = store.decisions()
    assert (back.part, back.verdict, back.scores, back.latency_ms) == ("p1", "PASS", {"ok": 0.9}, {"all": 1.5})
    assert (back.bundle, back.decided_ns) == ("b1", 7)
    assert store.counts()["decisions"] == {"PASS": 1}


def test_a_part_is_decided_once(store: Store) -> None:
    decide(store, "p1")
    with pytest.raises(StoreError, match="decided already: PASS"):
        decide(store, "p1", "REJECT")
    with pytest.raises(StoreError, match="decided already"):
        store.leave_undecided("p1", "late")
    with pytest.raises(PartKnownError, match="accepted already"):
        store.accept_part("p1")
    assert [one.verdict for one in store.decisions()] == ["PASS"]


def test_a_part_without_a_decision_says_why(store: Store) -> None:
    for part in ("p1", "p2"):
        store.accept_part(part)
    assert store.open_parts() == ["p1", "p2"]
    store.leave_undecided("p1", "the power was cut")
    assert store.open_parts() == ["p2"]
    with pytest.raises(StoreError, match="left undecided: the power was cut"):
        decide(store, "p1")
    with pytest.raises(StoreError, match="never accepted"):
        store.leave_undecided("p3", "late")
    assert (store.counts()["undecided"], store.counts()["open_parts"]) == (1, 1)


def test_what_a_decision_is_at_last_is_stored_and_told(store: Store) -> None:
    told = store.record_decision(
        part="p1",
        verdict="PASS",
        reason="why",
        scores={},
        bundle=None,
        latency_ms={},
        at_last=lambda decision: replace(decision, verdict="REVIEW", reason=f"late; {decision.reason}"),
    )
    assert (told.verdict, told.reason, told.decided_ns) == ("REVIEW", "late; why", 7)
    assert store.decisions() == [told]


def test_a_part_is_on_disk_once_its_future_is_done_and_the_future_says_why_it_is_not(store: Store) -> None:
    assert store.begin_to_accept("p1").result(30.0) is None
    assert store.open_parts() == ["p1"]
    with pytest.raises(PartKnownError, match="'p1' was accepted already"):
        store.begin_to_accept("p1").result(30.0)


def test_a_future_tells_a_foreign_error_in_the_words_of_the_store(store: Store) -> None:
    store._write(lambda db: db.execute("ALTER TABLE parts RENAME TO other") and None)
    with pytest.raises(StoreError, match=r"^store .*: no such table: parts"):
        store.begin_to_accept("p1").result(30.0)


def test_a_refused_decision_leaves_no_trace(store: Store) -> None:
    with pytest.raises(StoreError, match="allowed: PASS, REJECT, REVIEW"):
        decide(store, "p1", "MAYBE")
    assert (store.decisions(), store.open_parts()) == ([], [])


def test_many_threads_write_through_the_one_writer(store: Store) -> None:
    def decide_ten(first: int) -> None:
        for number in range(first, first + 10):
            decide(store, f"p{number}")

    threads = [threading.Thread(target=decide_ten, args=(first,)) for first in range(0, 40, 10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {one.part for one in store.decisions()} == {f"p{number}" for number in range(40)}


def test_what_was_recorded_is_there_after_reopening(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        decide(store, "p1")
    with Store.open(tmp_path) as store:
        assert [one.part for one in store.decisions()] == ["p1"]


def test_a_closed_store_says_so(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    store.close()
    store.close()
    with pytest.raises(StoreError, match="is closed"):
        decide(store, "p1")


def test_commits_are_synced_and_readers_cannot_write(store: Store) -> None:
    pragmas = store._write(
        lambda db: [db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")]
    )
    assert pragmas == ["wal", 2]
    reader = connect_reader(store.folder)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader.execute("DELETE FROM items")
    reader.close()


def test_migrations_are_numbered_without_a_gap() -> None:
    assert [number for number, _ in steps()] == list(range(1, len(steps()) + 1))


def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    Store.open(tmp_path).close()
    database = sqlite3.connect(tmp_path / FILE_NAME)
    database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(StoreError, match=r"version 99, this program knows up to \d+; install a newer qc-station"):
        Store.open(tmp_path)


def test_a_damaged_database_is_told(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"this is not a database, whatever its name says" * 99)
    with pytest.raises(StoreError, match="the database is damaged"):
        Store.open(tmp_path)


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="Not a directory"):
        Store.open(tmp_path / "file" / "store")


def test_a_full_disk_under_the_database_is_told(store: Store) -> None:
    def fill(database: sqlite3.Connection) -> None:
        database.execute("PRAGMA max_page_count = 1")
        database.execute("CREATE TABLE more (x)")

    with pytest.raises(DiskFullError, match="the disk is full"):
        store._write(fill)


def test_a_foreign_error_keeps_its_words(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no such table"), told(tmp_path):
        sqlite3.connect(":memory:").execute("SELECT * FROM missing")
