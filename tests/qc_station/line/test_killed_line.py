"""A line that is killed under load has lost nothing of what it said was decided or accepted, nor anybody's label.

The line is the command itself, beside a process that labels what it keeps; both are killed at the same random moment,
counted from when the line says that it runs. The triggers of a floor come again after every restart; those by HTTP come
once, and what was answered with 202 has to be on disk.
"""

import json
import multiprocessing
import os
import signal
import socket
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from itertools import count
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from qc_station.cli import cli
from qc_station.config.writing import write_station
from qc_station.line.shift import grouped
from qc_station.line.simulation import shift, station
from qc_station.line.wired import WiredLine
from qc_station.store import Store
from sensors.simulated.line import Pace

KILLS, HTTP_KILLS = 100, 30
LONG = 5.0
"""So many lives, each the time to a scored part, the longer half of the kills may leave a line."""
CLIENTS, HTTP_LIFE_S, PATIENCE_S = 4, 1.0, 10.0
LOOKS_S = 0.05
PARTS = 600
PER_MINUTE = 600.0
SEEDED = 4
BETWEEN_LABELS_S = 0.02
STOPS_IN_S = 5.0


class OverError(Exception):
    """A machine was so slow that the floor's last part had passed before the line ran."""


def run_line(folder: Path, bundle: Path, answers: Path, says: Connection) -> None:
    """`qc-station run --json` with its lines in a file and its messages in a pipe."""
    with answers.open("a") as file:
        os.dup2(file.fileno(), 1)
    os.dup2(says.fileno(), 2)
    cli.main(["run", "--station", str(folder), "--bundle", str(bundle), "--json"])


def label_items(folder: Path, run: int, answers: Path) -> None:
    """Label whatever the store has, and write down what was committed."""
    never = threading.Event()
    random = np.random.default_rng(run)
    with Store.open(folder) as store, answers.open("a") as file:
        for number in count():
            item = str(random.choice([entry.name for entry in store.entries()]))
            value = f"{run}-{number}"
            store.label(item, "note", value, "ann")
            file.write(json.dumps([item, value]) + "\n")
            file.flush()
            never.wait(BETWEEN_LABELS_S)


def whole_lines(file: Path) -> list[Any]:
    """What was written to the end; a kill may leave the beginning of a line."""
    lines = file.read_text(encoding="utf-8").split("\n")[:-1] if file.exists() else []
    return [json.loads(line) for line in lines]


@dataclass
class Station:
    """A station on a simulated floor, and what its processes said before they died."""

    server: ForkServerContext
    folder: Path
    bundle: Path
    runs: int = 0
    decided: list[tuple[str, str, str]] = field(default_factory=list)
    scored: list[list[str]] = field(default_factory=list)
    """By run, the parts that a network has scored."""
    labelled: list[tuple[str, str]] = field(default_factory=list)

    def files(self) -> tuple[Path, Path]:
        """What the line and the labeller of this run write."""
        return self.folder / f"answers-{self.runs}.jsonl", self.folder / f"labels-{self.runs}.jsonl"

    def told(self) -> list[dict[str, Any]]:
        """The verdicts of this run."""
        return [line for line in whole_lines(self.files()[0]) if "verdict" in line]

    @contextmanager
    def running(self) -> Iterator[tuple[ForkServerProcess, ForkServerProcess]]:
        """A line that runs, and who labels beside it; what both said is heard when they are gone."""
        self.runs += 1
        answers, labels = self.files()
        said, says = self.server.Pipe(duplex=False)
        line = self.server.Process(target=run_line, args=(self.folder, self.bundle, answers, says))
        labeller = self.server.Process(target=label_items, args=(self.folder, self.runs, labels))
        line.start()
        says.close()
        with os.fdopen(os.dup(said.fileno()), encoding="utf-8") as messages:
            heard = []
            while not any(" runs with bundle " in message for message in heard):
                heard.append(messages.readline())
                if not heard[-1]:
                    line.join()
                    raise OverError(heard)
            labeller.start()
            yield line, labeller
        said.close()
        self.decided += [(one["part"], one["verdict"], one["reason"]) for one in self.told()]
        self.scored.append([one["part"] for one in self.told() if one["bad"] is not None])
        self.labelled += [(item, value) for item, value in whole_lines(labels)]

    def require_whole(self) -> None:
        """Everything that was said is on the disk, once; no page is damaged and no file is missing."""
        with closing(sqlite3.connect(self.folder / "store.sqlite")) as database:
            assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            stored = database.execute("SELECT part, verdict, reason FROM decisions").fetchall()
            scored = {part for (part,) in database.execute("SELECT part FROM decisions WHERE scores != '{}'")}
            labels = database.execute(
                "SELECT items.name, value FROM labels JOIN items ON items.id = item_id"
            ).fetchall()
        assert max(Counter(part for part, _, _ in stored).values(), default=0) <= 1
        assert max(Counter(part for part, _, _ in self.decided).values(), default=0) <= 1
        assert set(self.decided) <= set(stored)
        assert {part for run in self.scored for part in run} <= scored
        assert set(self.labelled) <= set(labels)
        with Store.open(self.folder) as store:
            assert store.check() == []


@pytest.fixture(scope="module")
def server() -> ForkServerContext:
    """Starts processes that have imported everything: a start costs a fork."""
    context = multiprocessing.get_context("forkserver")
    imported = ("tests.qc_station.line.test_killed_line", "deploy.runtime", "qc_station.line.live", "sensors.camera")
    context.set_forkserver_preload(
        [*imported, "sensors.replay", "sensors.serial_array", "sensors.recordings.recording"]
    )
    return context


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    # Imported on use: what the server has, every line that it starts has too, and no line has torch.
    from tests.simulated_line import recorded, small_bundle

    return small_bundle(tmp_path_factory.mktemp("bundles"), recorded(1, 60), epochs=1)


def floor(folder: Path, seed: int, trigger: dict[str, Any] | None = None) -> WiredLine:
    """Devices, and a station with a few items; without another trigger that of the day comes again at every start."""
    built = WiredLine(folder, seed=seed, parts=PARTS, pace=Pace.per_minute(PER_MINUTE))
    again = {**(built.station.trigger or {}), "current": False}
    write_station(folder, msgspec.structs.replace(built.station, trigger=trigger or again), overwrite=True)
    earlier = grouped(((snapshot, part.labels) for snapshot, part in shift(1, SEEDED)), shift="before")
    with Store.open(folder) as store:
        store.add_items((replace(item, name=f"before-{item.name}") for item in earlier), station().streams)
    return built


def stop_cleanly(line: ForkServerProcess, labeller: ForkServerProcess) -> None:
    labeller.kill()
    os.kill(line.pid or 0, signal.SIGTERM)
    line.join(STOPS_IN_S)
    assert line.exitcode == 0
    labeller.join()


def kill(line: ForkServerProcess, labeller: ForkServerProcess, after_s: float) -> None:
    line.join(after_s)
    assert line.exitcode is None
    for one in (line, labeller):
        os.kill(one.pid or 0, signal.SIGKILL)
    line.join()
    labeller.join()


def life_s(one: Station) -> float:
    """How long this machine takes from when the line says that it runs to a verdict on a part that was scored."""
    with one.running() as both:
        begun_s = time.monotonic()
        while all(line["bad"] is None for line in one.told()):
            both[0].join(LOOKS_S)
        kill(*both, 0.0)
    return time.monotonic() - begun_s


def kill_until_over(one: Station, devices: WiredLine, shares: list[float]) -> None:
    """Kill after such shares of a life, and stop cleanly after the last; the floor may be over before."""
    try:
        # The first waits for the floor to begin.
        life_s(one)
        usual_s = life_s(one)
        while shares:
            with one.running() as both:
                kill(*both, usual_s * shares.pop())
            one.require_whole()
        with one.running() as both:
            stop_cleanly(*both)
        with Store.open(one.folder) as store:
            assert store.open_parts() == []
    except OverError:
        assert devices.ended


@pytest.mark.slow
def test_a_hundred_kills_of_a_busy_line_lose_no_decision_and_no_label_and_decide_nothing_twice(
    server: ForkServerContext, bundle: Path, tmp_path: Path
) -> None:
    """Half of the moments are drawn over the time that a line takes to the first part that it scores, half behind it."""
    random = np.random.default_rng(0)
    moments = [random.uniform(0.0, 1.0, KILLS // 2), random.uniform(1.0, LONG, KILLS - KILLS // 2)]
    shares = random.permutation(np.concatenate(moments)).tolist()
    decisions = labels = 0
    scored: list[list[str]] = []
    for number in count():
        one = Station(server, tmp_path / f"line{number}", bundle)
        with floor(one.folder, 100 + number) as devices:
            kill_until_over(one, devices, shares)
        one.require_whole()
        decisions, labels = decisions + len(one.decided), labels + len(one.labelled)
        scored += one.scored
        if not shares:
            break
    print(f"{decisions} decisions, {sum(map(len, scored))} scored in {sum(map(bool, scored))} runs, {labels} labels")
    assert decisions > KILLS
    assert sum(map(len, scored)) > KILLS
    assert sum(map(bool, scored)) > KILLS // 4
    assert labels > KILLS


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


@contextmanager
def posting(port: int, run: int) -> Iterator[list[str]]:
    """Clients that trigger one part after the other, each once; yields those that were answered with 202."""
    over, accepted = threading.Event(), list[str]()

    def post(client: int) -> None:
        for number in count():
            if over.is_set():
                return
            part = f"{run}-{client}-{number}"
            line = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
            # A line that is dead answers nobody.
            with suppress(OSError, HTTPException), closing(line):
                line.request("POST", "/trigger", json.dumps({"part": part}))
                answer = line.getresponse()
                answer.read()
                if answer.status == HTTPStatus.ACCEPTED:
                    accepted.append(part)

    clients = [threading.Thread(target=post, args=(client,)) for client in range(CLIENTS)]
    for client in clients:
        client.start()
    try:
        yield accepted
    finally:
        over.set()
        for client in clients:
            client.join()


def accepted_parts(folder: Path) -> set[str]:
    with closing(sqlite3.connect(folder / "store.sqlite")) as database:
        return {part for (part,) in database.execute("SELECT part FROM parts")}


def kill_while_posting(one: Station, port: int, moments_s: list[float]) -> int:
    """How many triggers were answered with 202; the floor may be over before the moments are."""
    answered = 0
    with suppress(OverError):
        while moments_s:
            with one.running() as both, posting(port, one.runs) as accepted:
                kill(*both, moments_s.pop())
            assert set(accepted) <= accepted_parts(one.folder)
            one.require_whole()
            answered += len(accepted)
        with one.running() as both:
            stop_cleanly(*both)
        with Store.open(one.folder) as store:
            assert store.open_parts() == []
    return answered


@pytest.mark.slow
def test_every_trigger_that_was_answered_with_accepted_is_on_disk_whenever_the_line_is_killed(
    server: ForkServerContext, bundle: Path, tmp_path: Path
) -> None:
    moments_s = np.random.default_rng(1).uniform(0.0, HTTP_LIFE_S, HTTP_KILLS).tolist()
    answered, port = 0, free_port()
    for number in count():
        one = Station(server, tmp_path / f"line{number}", bundle)
        with floor(one.folder, 200 + number, {"type": "http", "port": port}):
            answered += kill_while_posting(one, port, moments_s)
        if not moments_s:
            break
    print(f"{answered} triggers were answered")
    assert answered > 10 * HTTP_KILLS
