"""The three sensors of the simulated line, usual and rough, against the time that they simulate."""

import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from sensors.simulated.conditions import ROUGH, Conditions
from sensors.simulated.drivers import SimulatedDriver, line_drivers
from sensors.simulated.kinds import SHOWN_BY
from sensors.simulated.line import Pace, schedule
from sensors.simulated.mix import Mix
from sensors.simulated.parts import make_parts

PARTS, RATE_PER_MINUTE, ROUNDS = 120, 120.0, 5


def drained_s(driver: SimulatedDriver) -> float:
    """Processor seconds for everything that a driver delivers."""
    began = time.process_time()
    driver.open()
    while True:
        try:
            driver.read()
        except EOFError:
            return time.process_time() - began


def measured() -> dict[str, float]:
    """Least processor seconds by stream and conditions, for about a minute of the line."""
    parts = make_parts(1, PARTS, Mix(weights=dict.fromkeys(SHOWN_BY, 1.0)))
    passings = schedule(parts, 1, Pace.per_minute(RATE_PER_MINUTE))
    found: dict[str, float] = {}
    for _ in range(ROUNDS):
        for name, conditions in (("usual", Conditions()), ("rough", ROUGH)):
            for driver in line_drivers(passings, 1, conditions):
                key = f"{name} {driver.stream.name}"
                found[key] = min(found.get(key, 1e9), drained_s(driver))
    return found


def main() -> None:
    """Print processor seconds, and how many times as fast as the line."""
    found, line_s = measured(), PARTS / RATE_PER_MINUTE * 60.0
    totals = {name: sum(s for key, s in found.items() if key.startswith(name)) for name in ("usual", "rough")}
    result = {
        "line_s": line_s,
        "processor_s": {key: round(s, 3) for key, s in {**found, **totals}.items()},
        "times_as_fast_as_the_line": {name: round(line_s / s, 1) for name, s in totals.items()},
    }
    sys.stdout.write(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
