"""The running line as a person watches it: state, lamps, the last verdicts, latency against the deadline; no command of its own."""

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from qc_station.cli.sensor_table import COLOURS as LAMPS
from qc_station.cli.sensor_table import sensor_table

if TYPE_CHECKING:
    from rich.console import Group
    from rich.table import Table

    from qc_station.line.inspection import Inspected
    from qc_station.line.live import LiveLine
    from qc_station.sensing.status import SensorStatus, StatusBoard

LAST = 8
"""Verdicts that are shown."""
COLOURS = {"PASS": "green", "REJECT": "red", "REVIEW": "yellow"}
BEGINNING = ("starting", "warming")
"""States of a sensor that will soon be live."""


def view(line: "LiveLine", board: "StatusBoard", deadline_ms: float, bundle: str | None) -> "Group":
    """Everything that is shown while the line runs.

    Args:
        line: Entered.
        board: Of its sensors.
        deadline_ms: How long after the trigger a verdict may come.
        bundle: Name of the bundle that decides; None: there is none.
    """
    from rich.console import Group
    from rich.markup import escape

    sensors = board.look(time.monotonic_ns())
    whys = [escape(f"trigger {name}: {why}") for name, why in line.triggers.why.items()]
    if line.succession and line.succession.fault:
        whys.append(escape(line.succession.fault))
    whys += [escape(alarm) for alarm in line.drift.standing]
    recent = list(line.recent)
    counts = ", ".join(f"{line.counts[name]} {name}" for name in COLOURS)
    return Group(
        f"{state(sensors, bundle)}   {lamps(sensors)}",
        *verdict(recent[-1:], deadline_ms),
        f"{line.counts.total()} parts: {counts}; {latency(recent, deadline_ms)}",
        verdicts(recent[-LAST:], deadline_ms),
        sensor_table(sensors, "sensors"),
        *whys,
    )


def state(sensors: "Sequence[SensorStatus]", bundle: str | None) -> str:
    """What the line does, in one word and why."""
    ill = [f"{one.stream} {one.state}" for one in sensors if one.state not in ("live", *BEGINNING)]
    coming = [one.stream for one in sensors if one.state in BEGINNING]
    decides = f"bundle {bundle} decides" if bundle else "no model: every part goes to review"
    if ill:
        return f"[bold red]DEGRADED[/] {', '.join(ill)}; {decides}"
    if coming:
        return f"[bold yellow]STARTING[/] {', '.join(coming)} not live yet; {decides}"
    return f"[bold green]RUNNING[/] {decides}"


def lamps(sensors: "Sequence[SensorStatus]") -> str:
    """A lamp for every sensor."""
    return "  ".join(f"[{LAMPS.get(one.state, 'red')}]●[/] {one.stream}" for one in sensors)


def verdict(last: "Sequence[Inspected]", deadline_ms: float) -> list[str]:
    """The last part, large enough to be seen from the belt; nothing before the first."""
    from rich.markup import escape

    return [
        f"[bold reverse {COLOURS[one.verdict]}] {one.verdict} [/] [bold]{escape(one.part)}[/]  {escape(one.reason)}"
        f"  ({one.latency_ms['trigger']:.0f} of {deadline_ms:g} ms)"
        for one in last
    ]


def verdicts(recent: "Sequence[Inspected]", deadline_ms: float) -> "Table":
    """The last parts, the latest first."""
    from rich.markup import escape
    from rich.table import Table

    table = Table("part", "verdict", "reason", "after trigger", title="last parts", title_style="bold")
    for one in reversed(recent):
        after = f"{one.latency_ms['trigger']:.0f} of {deadline_ms:g} ms"
        table.add_row(escape(one.part), f"[{COLOURS[one.verdict]}]{one.verdict}[/]", escape(one.reason), after)
    return table


def latency(recent: "Sequence[Inspected]", deadline_ms: float) -> str:
    """Of the last parts: how much of the deadline the slowest hundredth needs, and what of it is ours."""
    from qc_station.evaluation import percentiles

    whole, own = (percentiles([one.latency_ms[step] for one in recent]) for step in ("trigger", "decision"))
    if whole["p99"] is None or own["p50"] is None or own["p99"] is None:
        return "no latency yet"
    return (
        f"trigger to verdict p99 {whole['p99']:.0f} of {deadline_ms:g} ms; "
        f"windows to verdict on disk p50 {own['p50']:.1f} ms, p99 {own['p99']:.1f} ms"
    )
