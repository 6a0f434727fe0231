"""The one thread that owns the connection that writes."""

import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager
from queue import SimpleQueue
from typing import Any, TypeVar

from qc_station.errors import StoreError

Answer = TypeVar("Answer")
Change = Callable[[sqlite3.Connection], Answer]
Work = tuple[Change[Any], "Future[Any]"]


class Writer:
    """Changes come through a queue, each is one transaction, a future brings its answer once it is on the disk."""

    def __init__(
        self, connect: Callable[[], sqlite3.Connection], told: Callable[[], AbstractContextManager[None]]
    ) -> None:
        """Start the thread and wait until it has opened the database.

        Args:
            connect: Opens the connection; called in the writer's thread. What it raises is raised here.
            told: Around every change: puts what it throws into the words that the future raises.
        """
        self._told = told
        self._work: SimpleQueue[Work | None] = SimpleQueue()
        self._closed = threading.Lock()
        self._is_closed = False
        ready: Future[None] = Future()
        self._thread = threading.Thread(target=self._run, args=(connect, ready), name="store-writer", daemon=True)
        self._thread.start()
        ready.result()

    def submit(self, change: Change[Answer]) -> "Future[Answer]":
        """Queue a change; all of it is committed, or nothing and the future raises what it raised."""
        answer: Future[Answer] = Future()
        with self._closed:
            if self._is_closed:
                raise StoreError("the store is closed; open it again to write")
            self._work.put((change, answer))
        return answer

    def close(self) -> None:
        """Finish the queue and close the connection; may be called twice."""
        with self._closed:
            if not self._is_closed:
                self._work.put(None)
            self._is_closed = True
        self._thread.join()

    def _run(self, connect: Callable[[], sqlite3.Connection], ready: "Future[None]") -> None:
        try:
            database = connect()
        except BaseException as error:
            ready.set_exception(error)
            return
        ready.set_result(None)
        while work := self._work.get():
            change, answer = work
            try:
                with self._told():
                    done = _transaction(database, change)
            except BaseException as error:
                answer.set_exception(error)
            else:
                answer.set_result(done)
        database.close()


def _transaction(database: sqlite3.Connection, change: Change[Answer]) -> Answer:
    database.execute("BEGIN IMMEDIATE")
    try:
        answer = change(database)
        database.execute("COMMIT")
    except BaseException:
        # A full disk may have rolled back already.
        if database.in_transaction:
            database.execute("ROLLBACK")
        raise
    return answer
