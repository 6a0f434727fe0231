"""A live line that waits for its first part."""

from pathlib import Path

import pytest

from tests.qc_station.line.live_line import CONFIG, Line


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Line:
    found = Line(tmp_path, CONFIG, monkeypatch)
    found.first()
    return found
