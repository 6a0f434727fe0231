"""A small manifest folder with one recording per stream, to be broken by the tests."""

from pathlib import Path

import numpy as np
import pytest

from qc_station.config.station import StreamConfig
from qc_station.recordings import png, series, sound

STREAMS = {
    "acoustic": StreamConfig(kind="waveform", rate_hz=8000.0, window_s=0.05, dtype="int16"),
    "thermal": StreamConfig(kind="image", height=6, width=4, dtype="uint8"),
    "enose": StreamConfig(kind="series", channels=("a", "b"), dtype="float32", window_steps=5),
}
HEADER = "item,split,group,label,severity,acoustic,label.acoustic,thermal,enose"


class Folder:
    """A manifest folder under construction."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.manifest = root / "manifest.csv"
        self.rows: list[str] = []

    def sound(self, name: str, samples: int = 400, rate_hz: float = 8000.0, channels: int = 1) -> str:
        data = np.arange(channels * samples, dtype=np.int16).reshape(channels, samples)
        suffix, content = sound.encode(data, rate_hz)
        return self.put(f"{name}{suffix}", content)

    def picture(self, name: str, height: int = 6, width: int = 4, dtype: str = "uint8") -> str:
        return self.put(f"{name}.png", png.encode(np.arange(height * width, dtype=dtype).reshape(height, width)))

    def table(self, name: str, steps: int = 5, columns: tuple[str, ...] = ("a", "b")) -> str:
        data = np.arange(len(columns) * steps, dtype=np.float32).reshape(len(columns), steps)
        return self.put(f"{name}.csv", series.encode(data, columns))

    def put(self, name: str, content: bytes) -> str:
        (self.root / name).write_bytes(content)
        return name

    def add(self, row: str) -> None:
        self.rows.append(row)

    def write(self, header: str = HEADER) -> Path:
        self.manifest.write_text("\n".join([header, *self.rows]) + "\n")
        return self.manifest


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder(tmp_path / "set")
    made.root.mkdir()
    for name, split in (("p0", "train"), ("p1", "train"), ("p2", "test")):
        files = made.sound(name), made.picture(name), made.table(name)
        label = "ok" if name != "p1" else "nok"
        made.add(f"{name},{split},{name},{label},,{files[0]},ok,{files[1]},{files[2]}")
    return made


@pytest.fixture
def streams() -> dict[str, StreamConfig]:
    return dict(STREAMS)
