"""The HTTP trigger answers when its part is written down, and says why when it is not."""

import queue
from concurrent.futures import ThreadPoolExecutor

import pytest

from qc_station.align.trigger import Trigger
from qc_station.errors import DiskFullError, PartKnownError, StoreError
from qc_station.triggers.connections import LONGEST_NS
from qc_station.triggers.contract import Receipt
from qc_station.triggers.http import ACCEPT_S
from tests.qc_station.triggers.http_bench import NOW_NS, PATIENCE_S, Bench, all_of


class Book:
    """Gives a receipt for every trigger, and writes none down before it is told to."""

    def __init__(self, bench: Bench) -> None:
        self.receipts: queue.Queue[Receipt] = queue.Queue()
        bench.source.start(self.take)

    def take(self, _: Trigger) -> Receipt:
        receipt = Receipt()
        self.receipts.put(receipt)
        return receipt

    def refuse(self, reason: StoreError) -> None:
        self.receipts.get(timeout=PATIENCE_S).set_exception(reason)


def test_a_trigger_is_answered_once_it_is_on_disk(bench: Bench) -> None:
    book = Book(bench)
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(bench.ask, '{"part": "A1"}')
        receipt = book.receipts.get(timeout=PATIENCE_S)
        assert not answer.done()
        receipt.set_result(None)
        assert answer.result(PATIENCE_S) == (202, {"part": "A1", "time_ns": NOW_NS})


@pytest.mark.parametrize(
    ("reason", "status"),
    [
        (DiskFullError("store x: the disk is full (0 MiB free)"), 507),
        (StoreError("store x: another process has been writing for longer than 30 s"), 503),
        (PartKnownError("part 'A1' was accepted already; allowed: a name that no other part has"), 400),
    ],
)
def test_a_trigger_that_cannot_be_written_down_is_refused_with_the_reason(
    bench: Bench, reason: StoreError, status: int
) -> None:
    book = Book(bench)
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(bench.ask, '{"part": "A1"}')
        book.refuse(reason)
        assert answer.result(PATIENCE_S) == (status, {"error": str(reason)})
        assert bench.source.counters["refused"] == 1
        again = pool.submit(bench.ask, '{"part": "A1"}')
        if status == 400:
            assert "was triggered before" in again.result(PATIENCE_S)[1]["error"]
        else:
            book.receipts.get(timeout=PATIENCE_S).set_result(None)
            assert again.result(PATIENCE_S)[0] == 202


def test_a_disk_that_does_not_answer_is_told_in_time_and_the_name_is_free_once_it_has_failed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qc_station.triggers.http.ACCEPT_S", 0.01)
    book = Book(bench)
    status, answer = bench.ask('{"part": "A1"}')
    assert (status, answer["error"]) == (503, "part 'A1' is not on disk after 0.01 s; it may still be inspected")
    assert "was triggered before" in bench.ask('{"part": "A1"}')[1]["error"]
    book.refuse(StoreError("the disk has gone"))
    assert bench.ask('{"part": "A1"}')[0] == 503


def test_a_client_hears_of_its_trigger_before_the_connections_last_end() -> None:
    assert ACCEPT_S * 1e9 < LONGEST_NS


def test_stopping_lets_a_trigger_that_is_being_written_be_answered(bench: Bench) -> None:
    book = Book(bench)
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(bench.ask, '{"part": "A1"}')
        receipt = book.receipts.get(timeout=PATIENCE_S)
        with bench.connect() as idle:
            # Accepted before the source stops listening.
            bench.ask(method="GET")
            stopped = pool.submit(bench.source.stop)
            assert all_of(idle) == b""
        receipt.set_result(None)
        stopped.result(PATIENCE_S)
        assert answer.result(PATIENCE_S)[0] == 202
