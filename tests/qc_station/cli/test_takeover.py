"""The champion of a line that runs is exchanged by a command in another process, and no part is lost."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from qc_station.champion.promotion import promote, roll_back
from qc_station.champion.record import crown
from qc_station.line.wired import WiredLine
from qc_station.store import Store
from sensors.simulated.line import Pace
from tests.constant_bundle import constant_bundle

PARTS = 36
ROLLBACK_NS = 5_000_000_000
"""Within so long of being asked to does the champion before decide again."""


def verdicts(line: "subprocess.Popen[str]") -> Iterator[dict[str, Any]]:
    """What the line prints, as it comes; its summary last."""
    assert line.stdout is not None
    for text in line.stdout:
        yield json.loads(text)


@pytest.mark.slow
def test_a_promotion_a_broken_champion_and_a_way_back_reach_the_running_line_between_two_parts(tmp_path: Path) -> None:
    with WiredLine(tmp_path, seed=3, parts=PARTS, pace=Pace(rate_hz=2.0, lead_s=8.0)) as floor:
        config = floor.station
        good, bad = (constant_bundle(tmp_path / "bundles", config, share) for share in (0.001, 0.999))
        first = promote(tmp_path, config, good, who="ann").reign
        command = [sys.executable, "-m", "qc_station", "run", "--station", str(tmp_path), "--json"]
        command += ["--parts", str(PARTS)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as line:
            lines, second, asked_ns = [], None, 0
            for one in verdicts(line):
                lines.append(one)
                if len(lines) == 6:
                    second = promote(tmp_path, config, bad, who="ann").reign
                if len(lines) == 16:
                    crown(tmp_path, "0" * 64, who="eve", why="a bundle that is not there")
                if len(lines) == 26:
                    roll_back(tmp_path, config, who="ann")
                    asked_ns = time.time_ns()
                    roll_back(tmp_path, config, who="ann")
            assert line.stderr is not None
            said = line.stderr.read()
    *found, summary = lines
    assert second is not None
    names = [passing.part.name for passing in floor.passings]
    assert [one["part"] for one in found] == names
    assert summary["shell"]["dropped"] == summary["shell"]["refused"] == 0
    with Store.open(tmp_path) as store:
        rows = store.decisions()
        assert store.open_parts() == []
    assert [row.part for row in rows] == names
    assert [digest for digest, _ in groupby(row.bundle for row in rows)] == [first.bundle, second.bundle, first.bundle]
    # By the line's own stamp of the first part that the champion before decided; parts come every half second.
    stamps = {row.part: row.decided_ns or 0 for row in rows}
    back = next(row for row in rows[26:] if row.bundle == first.bundle)
    assert asked_ns < stamps[back.part] < asked_ns + ROLLBACK_NS
    assert summary["taken_over"] == [second.bundle, first.bundle]
    assert "the champion cannot be used: bundle" in said
    assert "what decided before goes on" in said
    assert f"bundle {second.folder} decides from the next part on" in said
