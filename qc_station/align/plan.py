"""The rules by which parts are cut; a part keeps the plan that was in force when it was triggered."""

from collections.abc import Mapping
from dataclasses import dataclass

from qc_station.align.inlet import Inlet
from qc_station.align.lane import Lane
from qc_station.align.rules import StreamRule
from qc_station.errors import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Lanes by stream name, and how long a part may wait."""

    lanes: dict[str, Lane]
    """One per stream."""
    required: tuple[Lane, ...]
    """Those for which a part waits."""
    deadline_ns: int
    """How long after its time a part is emitted at the latest."""


def check(rules: Mapping[str, StreamRule], deadline_ns: int) -> None:
    """Raise ConfigError for a required stream whose window ends after the deadline: no part could ever be whole."""
    for name, rule in rules.items():
        reach_ns = rule.offset_ns + rule.policy.after_ns
        if rule.required and reach_ns > deadline_ns:
            raise ConfigError(
                f"stream '{name}': its window ends {reach_ns / 1e6:g} ms after a trigger, later than the deadline of "
                f"{deadline_ns / 1e6:g} ms; raise deadline_ms, or lower the window or offset_ms"
            )


def plan(rules: Mapping[str, StreamRule], inlets: Mapping[str, Inlet], deadline_ns: int) -> Plan:
    """Lay a lane from every stream's track."""
    lanes = {name: Lane(rule, inlets[name].track) for name, rule in rules.items()}
    required = tuple(lane for lane in lanes.values() if lane.rule.required)
    return Plan(lanes=lanes, required=required, deadline_ns=deadline_ns)
