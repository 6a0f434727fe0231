"""Run the line: decide about every part as it passes, and show it live."""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qc_station.cli.output import console, finish, json_line, json_option, note
from qc_station.cli.sensor_table import ends_by_signal
from qc_station.cli.station import station_option
from qc_station.cli.stopping import stopping

if TYPE_CHECKING:
    from collections.abc import Callable

    from qc_station.line.inspection import Inspected
    from qc_station.line.live import LiveLine
    from qc_station.sensing.status import StatusBoard

DRAWN_S = 0.25
VERDICTS = ("PASS", "REJECT", "REVIEW")


@click.command()
@station_option()
@click.option(
    "--bundle", type=click.Path(exists=True, path_type=Path), help="Decide with it, whatever the champion is."
)
@click.option("--seconds", type=click.FloatRange(min=0.5), help="How long; without it until Ctrl-C.")
@click.option("--parts", type=click.IntRange(min=1), help="Stop after so many parts.")
@json_option
def command(station: Path, bundle: Path | None, seconds: float | None, parts: int | None, as_json: bool) -> None:
    """Take triggers, wait for the windows of each part, decide, store, and show it.

    The station's champion decides (`qc-station promote`), and the next one takes over between two parts; without a
    champion every part goes to review. A verdict is on disk before it is shown. With --json every verdict is a line of
    its own, and the summary the last line. Parts for review and rejected ones are kept with their samples. A station runs
    once at a time.
    """
    from qc_station.champion.loading import deciding_runtime
    from qc_station.champion.record import champion_folder
    from qc_station.config.loading import load_station
    from qc_station.line.live import LiveLine
    from qc_station.line.succession import Succession
    from qc_station.sensing.status import StatusBoard

    config = load_station(station)
    folder = bundle or champion_folder(station)
    runtime = None if folder is None else deciding_runtime(station, config, folder)
    line = LiveLine(station, config, runtime, succession=None if bundle else Succession(station, config, runtime))
    # Held back from before it says that it runs: who has read that may ask it to stop at once.
    with ends_by_signal(), line, stopping() as asked:
        for part in line.interrupted:
            note(f"part {part} was interrupted by the last stop; it is marked as undecided")
        deciding = f"with bundle {folder.name}" if folder else "without a bundle: every part goes to review"
        note(f"{config.name} runs {deciding}")
        until = None if seconds is None else time.monotonic() + seconds
        board = StatusBoard(line.supervision)
        with suppress(KeyboardInterrupt), _drawing(line, board, config.deadline_ms, folder, as_json) as draw:
            tell = _changes(line)
            while not (asked() or _over(line, until, parts)):
                _told(line.step(), as_json)
                tell()
                draw()
        _told(line.finish(), as_json)
        sensors = board.look(time.monotonic_ns())
    result = {"station": config.name, "bundle": folder} | summary(line)
    result |= {"sensors": {one.stream: {"state": one.state, "counters": one.counters} for one in sensors}}
    finish(result, as_json, text=counted(line))


def _over(line: "LiveLine", until: float | None, parts: int | None) -> bool:
    enough = parts is not None and line.counts.total() >= parts
    return enough or line.ended or (until is not None and time.monotonic() > until)


def _told(found: "Iterable[Inspected]", as_json: bool) -> None:
    """With --json a line per verdict."""
    for one in found if as_json else ():
        click.echo(json_line(asdict(one)))


def _changes(line: "LiveLine") -> "Callable[[], None]":
    """Says once what took over, what could not, which stream drifts, and which part could not be decided."""
    said, fault, drifts, failed = 0, "", 0, 0

    def tell() -> None:
        nonlocal said, fault, drifts, failed
        fresh, failed = line.counts["UNDECIDED"] - failed, line.counts["UNDECIDED"]
        for failure in list(line.failures)[-fresh:] if fresh else ():
            note(failure)
        for alarm in line.drift_alarms[drifts:]:
            note(alarm)
        drifts = len(line.drift_alarms)
        for digest in line.taken_over[said:]:
            note(f"bundle {digest[:12]} decides from the next part on")
        said = len(line.taken_over)
        now = line.succession.fault if line.succession else ""
        if now != fault and now:
            note(f"{now}; what decided before goes on")
        fault = now

    return tell


def summary(line: "LiveLine") -> dict[str, Any]:
    """Counts and latencies."""
    from qc_station.evaluation import percentiles

    steps = ("scores", "decision", "trigger")
    return {
        "parts": line.counts.total(),
        "verdicts": dict(line.counts),
        "interrupted": line.interrupted,
        "taken_over": line.taken_over,
        "champion_fault": line.succession.fault if line.succession else "",
        "drift": line.drift.standing,
        "latency_ms": {step: percentiles([one.latency_ms[step] for one in line.recent]) for step in steps},
        "shell": asdict(line.shell.counters),
        "aligner": asdict(line.shell.stats()),
        "belt": line.shell.belt,
        "wall_clock_steps": line.wall.steps,
        "triggers": line.triggers.counters,
    }


def counted(line: "LiveLine") -> str:
    """Verdicts and latency in words."""
    named = (*VERDICTS, "UNDECIDED") if line.counts["UNDECIDED"] else VERDICTS
    counts = ", ".join(f"{line.counts[name]} {name}" for name in named)
    return f"{line.counts.total()} parts: {counts}; {latency(line)}"


def latency(line: "LiveLine") -> str:
    """Of the last parts, from the closed windows to the verdict on disk."""
    from qc_station.evaluation import percentiles

    found = percentiles([one.latency_ms["decision"] for one in line.recent])
    if found["p50"] is None:
        return "no latency yet"
    return f"windows to verdict on disk p50 {found['p50']:.1f} ms, p99 {found['p99']:.1f} ms"


@contextmanager
def _drawing(
    line: "LiveLine", board: "StatusBoard", deadline_ms: float, started_with: Path | None, as_json: bool
) -> "Iterator[Callable[[], None]]":
    """Redraws the line in place a few times a second where a person watches."""
    screen = console(as_json)
    if not screen.is_terminal:
        yield lambda: None
        return
    from rich.live import Live

    from qc_station.cli.line_view import view

    drawn = 0.0
    with Live(console=screen, transient=True, auto_refresh=False) as shown:

        def draw() -> None:
            nonlocal drawn
            if time.monotonic() - drawn >= DRAWN_S:
                drawn = time.monotonic()
                decides = line.taken_over[-1][:12] if line.taken_over else ""
                bundle = decides or (started_with.name if started_with else None)
                shown.update(view(line, board, deadline_ms, bundle), refresh=True)

        yield draw
