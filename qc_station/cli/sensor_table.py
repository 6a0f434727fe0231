"""The live table of sensors, shared by the commands that read them; no command of its own."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from qc_station.cli.output import console

if TYPE_CHECKING:
    from rich.console import Group

    from qc_station.sensing.status import SensorStatus, StatusBoard

COLOURS = {"live": "green", "warming": "yellow", "starting": "yellow", "stale": "yellow"}
HZ = 4
"""Looks a second."""


def sensor_table(statuses: "list[SensorStatus]", title: str) -> "Group":
    """A row per sensor, and below the table what is wrong with each: a sentence has no room in a column."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, title_style="bold")
    for name in ("stream", "state", "rate / declared", "age", "drift", "signal", "counted"):
        table.add_column(name, justify="right" if name in ("age", "drift") else "left", overflow="fold")
    for one in statuses:
        colour = COLOURS.get(one.state, "red")
        table.add_row(
            one.stream,
            f"[{colour}]{one.state}[/]",
            f"{_hz(one.rate_hz)} / {_hz(one.declared_hz)} Hz",
            f"{one.age_s:.1f} s",
            "" if one.drift_ppm is None else f"{one.drift_ppm:+.0f} ppm",
            one.signal,
            counted(one.counters),
        )
    return Group(table, *(Text(f"{one.stream}: {one.why}") for one in statuses if one.why))


def counted(counters: dict[str, int]) -> str:
    """Readings, and whatever else is not zero."""
    rest = (f"{name} {n}" for name, n in counters.items() if n and name not in ("readings", "samples"))
    return ", ".join((f"{counters['readings']} readings", *rest))


def _hz(rate: float | None) -> str:
    return "-" if rate is None else f"{rate:.1f}" if rate < 1000 else f"{rate:.0f}"


def watch(
    board: "StatusBoard",
    title: str,
    *,
    now_ns: Callable[[], int],
    done: Callable[[], bool],
    as_json: bool,
    each: Callable[[int], None] = lambda _: None,
    live: bool = True,
) -> "list[SensorStatus]":
    """Look a few times a second and draw, until it is done or a person presses Ctrl-C.

    Args:
        board: Of the station.
        title: Above the table.
        now_ns: CLOCK_MONOTONIC, or the time that is played.
        done: Asked after every look.
        as_json: Whether stdout belongs to the JSON object.
        each: Called with the time at every look.
        live: Whether to draw at all where a person watches.

    Returns:
        The last look.
    """
    statuses = board.look(now_ns())
    with suppress(KeyboardInterrupt), _drawing(as_json, live) as draw:
        while True:
            time.sleep(1.0 / HZ)
            moment = now_ns()
            each(moment)
            statuses = board.look(moment)
            draw(sensor_table(statuses, title))
            if done():
                break
    return statuses


@contextmanager
def _drawing(as_json: bool, live: bool) -> "Iterator[Callable[[Group], None]]":
    """Redraws a table in place where a person watches; elsewhere nothing is drawn."""
    screen = console(as_json)
    if not (live and screen.is_terminal):
        yield lambda _: None
        return
    from rich.live import Live

    with Live(console=screen, transient=True, auto_refresh=False) as shown:
        yield lambda table: shown.update(table, refresh=True)


@contextmanager
def ends_by_signal() -> Iterator[None]:
    """SIGTERM ends a command as Ctrl-C does, so that a service manager stops it cleanly."""
    import signal

    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
