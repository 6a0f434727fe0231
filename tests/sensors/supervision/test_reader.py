"""Threads that hang are replaced, and not without bound."""

import threading
from collections.abc import Callable

from sensors.readings import Quality, Reading
from sensors.supervision.attendant import HANG_S
from sensors.supervision.health import State
from sensors.supervision.reader import MOST_ABANDONED, SupervisedReader
from tests.sensors.supervision.scripted import Clock, ScriptedDriver

OK = Quality.OK


class Hanging:
    """Builds drivers of which the first ones hang in `read` until they are let go."""

    def __init__(self, clock: Clock, hanging: int) -> None:
        self.clock, self.left = clock, hanging
        self.entered, self.release = threading.Semaphore(0), threading.Event()
        self.drivers: list[ScriptedDriver] = []

    def __call__(self) -> ScriptedDriver:
        script: list[object] = [OK, self.hang, OK] if self.left > 0 else [OK]
        self.left -= 1
        self.drivers.append(ScriptedDriver(script, self.clock))
        return self.drivers[-1]

    def hang(self) -> Quality:
        self.entered.release()
        assert self.release.wait(30)
        return OK


def supervised(hanging: int) -> tuple[SupervisedReader, Hanging, list[Reading], list[threading.Thread], Clock]:
    clock, got, threads = Clock(), list[Reading](), list[threading.Thread]()
    build = Hanging(clock, hanging)

    def spawn(name: str, work: Callable[[], None]) -> Callable[[], bool]:
        threads.append(threading.Thread(target=work, name=name, daemon=True))
        threads[-1].start()
        return threads[-1].is_alive

    return SupervisedReader(build, got.append, clock=clock, spawn=spawn), build, got, threads, clock


def test_a_driver_that_hangs_in_its_library_is_abandoned_and_replaced() -> None:
    reader, build, got, threads, clock = supervised(hanging=1)
    reader.start()
    assert build.entered.acquire(timeout=30)
    clock.pass_s(HANG_S)
    assert reader.look() is State.LIVE or reader.look() is State.STALE
    clock.pass_s(0.1)
    reader.look()
    threads[-1].join(30)
    assert reader.health.counters.abandoned == 1
    assert [r.session for r in got] == [0, 1]
    build.release.set()
    threads[0].join(30)
    assert [r.session for r in got] == [0, 1]
    assert build.drivers[0].closed == 1


def test_drivers_that_all_hang_do_not_leak_threads_without_bound() -> None:
    reader, build, _, threads, clock = supervised(hanging=100)
    reader.start()
    for _ in range(3 * MOST_ABANDONED):
        build.entered.acquire(timeout=0.2)
        clock.pass_s(HANG_S + 1)
        reader.look()
    assert len(threads) == MOST_ABANDONED
    assert reader.look() is State.DEAD
    assert "has not come back" in reader.health.reason
    build.release.set()
    for thread in threads:
        thread.join(30)
    reader.look()
    assert len(threads) == MOST_ABANDONED + 1
    reader.stop()
    threads[-1].join(30)


def test_a_simulation_that_ends_is_known_to_have_ended() -> None:
    reader, _, got, threads, _ = supervised(hanging=0)
    reader.start()
    threads[0].join(30)
    assert reader.ended
    assert len(got) == 1


def test_stop_closes_the_device() -> None:
    reader, build, _, threads, _ = supervised(hanging=1)
    reader.start()
    assert build.entered.acquire(timeout=30)
    reader.stop()
    build.release.set()
    threads[0].join(30)
    assert build.drivers[0].closed == 1
