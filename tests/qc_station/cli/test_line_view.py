"""What a person sees while the line runs."""

import io
from collections import Counter
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from rich.console import Console

from qc_station.cli.line_view import view
from qc_station.line.inspection import Inspected
from qc_station.sensing.status import SensorStatus


def sensor(stream: str, state: str = "live") -> SensorStatus:
    return SensorStatus(
        stream=stream,
        state=state,
        rate_hz=9.0,
        declared_hz=9.0,
        age_s=0.1,
        drift_ppm=None,
        signal="",
        counters={"readings": 7},
        why="",
    )


def decided(part: str, verdict: str, reason: str, trigger_ms: float = 412.0) -> Inspected:
    latency_ms = {"scores": 1.0, "decision": 3.0, "trigger": trigger_ms}
    return Inspected(part=part, verdict=verdict, reason=reason, bad=0.5, reasons={}, latency_ms=latency_ms)


@dataclass
class Line:
    """As far as it is shown."""

    recent: list[Inspected] = field(default_factory=list)
    whys: dict[str, str] = field(default_factory=dict)
    fault: str = ""
    alarms: list[str] = field(default_factory=list)

    @property
    def counts(self) -> Counter[str]:
        return Counter(one.verdict for one in self.recent)

    @property
    def succession(self) -> Any:
        return SimpleNamespace(fault=self.fault)

    @property
    def triggers(self) -> Any:
        return SimpleNamespace(why=self.whys)

    @property
    def drift(self) -> Any:
        return SimpleNamespace(standing=self.alarms)


def seen(line: Any, *sensors: SensorStatus, bundle: str | None = "3f9c0a12b7de") -> str:
    paper = Console(file=io.StringIO(), width=200, record=True)
    board: Any = SimpleNamespace(look=lambda _: list(sensors))
    paper.print(view(line, board, 1000.0, bundle))
    return paper.export_text()


def test_it_shows_state_lamps_last_verdict_with_reason_counts_and_latency_against_the_deadline() -> None:
    line = Line([decided("p1", "PASS", "ok 0.99"), decided("p2", "REJECT", "crack 0.97; acoustic 0.99", 612.0)])
    text = seen(line, sensor("acoustic"), sensor("thermal"))
    first, last, *_ = text.splitlines()
    assert first.rstrip() == "RUNNING bundle 3f9c0a12b7de decides   ● acoustic  ● thermal"
    assert last.strip() == "REJECT  p2  crack 0.97; acoustic 0.99  (612 of 1000 ms)"
    assert "2 parts: 1 PASS, 1 REJECT, 0 REVIEW; trigger to verdict p99 610 of 1000 ms" in text
    assert "windows to verdict on disk p50 3.0 ms, p99 3.0 ms" in text


def test_a_sensor_that_fails_is_named_before_anything_else() -> None:
    first = seen(Line(), sensor("acoustic"), sensor("enose", "dead"), sensor("thermal", "warming")).splitlines()[0]
    assert first.startswith("DEGRADED enose dead; bundle 3f9c0a12b7de decides")


def test_a_line_whose_sensors_warm_up_says_so() -> None:
    first = seen(Line(), sensor("acoustic"), sensor("enose", "warming")).splitlines()[0]
    assert first.startswith("STARTING enose not live yet")


def test_a_line_without_a_model_says_where_its_parts_go() -> None:
    text = seen(Line(), sensor("acoustic"), bundle=None)
    assert text.startswith("RUNNING no model: every part goes to review")
    assert "no latency yet" in text


def test_names_and_reasons_are_shown_as_they_are_whatever_brackets_they_hold() -> None:
    line = Line([decided("[red]p1", "REVIEW", "class [bold] 0.4")], {"port": "no [device]"})
    line.fault = "bundle [x] is truncated"
    text = seen(line, sensor("acoustic"))
    assert "bundle [x] is truncated" in text
    assert text.count("[red]p1") == 2
    assert text.count("class [bold] 0.4") == 2
    assert "trigger port: no [device]" in text


def test_a_stream_that_drifts_is_said_as_long_as_its_alarm_stands() -> None:
    alarm = "drift: enose stranger than before since part p7"
    assert alarm in seen(Line(alarms=[alarm]))
    assert "drift:" not in seen(Line())
