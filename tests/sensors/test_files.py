"""Sounds, pictures and tables as live sensors."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import soundfile

from sensors.conformance import CHECKS
from sensors.driver import Driver
from sensors.errors import SensorError, SensorNotFoundError, SensorReadError
from sensors.files import Files
from sensors.readings import Reading

S = 1_000_000_000


class Time:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now_ns = 5 * S

    def clock(self) -> int:
        return self.now_ns

    def sleep(self, seconds: float) -> None:
        self.now_ns += round(seconds * S)


def sound(folder: Path, samples: int = 2500) -> Path:
    data = np.random.default_rng(0).integers(-3000, 3000, (samples, 2), np.int16)
    soundfile.write(folder / "a.flac", data, 8000)
    return folder / "a.flac"


def pictures(folder: Path, count: int = 3) -> Path:
    for number in range(count):
        cv2.imwrite(str(folder / f"{number}.png"), np.full((4, 5), 1000 + number, np.uint16))
    (folder / "notes.txt").write_text("no picture")
    return folder


def table(folder: Path, rows: int = 3) -> Path:
    lines = ["MQ2,MQ3", *(f"{number},{number + 0.5}" for number in range(rows))]
    (folder / "gas.csv").write_text("\n".join(lines) + "\n")
    return folder / "gas.csv"


MAKERS = {"sound": sound, "pictures": pictures, "table": table}


def played(driver: Files) -> list[Reading]:
    driver.open()
    found = []
    try:
        while True:
            if (reading := driver.read()) is not None:
                found.append(reading)
    except EOFError:
        return found


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("kind", MAKERS)
def test_files_conform(check: Callable[[Callable[[], Driver]], None], kind: str, tmp_path: Path) -> None:
    path, time = MAKERS[kind](tmp_path), Time()
    check(lambda: Files(name="x", path=path, block=500, clock=time.clock, sleep=time.sleep))


def test_a_sound_comes_whole_in_blocks_at_its_own_rate(tmp_path: Path) -> None:
    path, time = sound(tmp_path), Time()
    driver = Files(name="acoustic", path=path, clock=time.clock, sleep=time.sleep)
    found = played(driver)
    assert [reading.count for reading in found] == [1024, 1024, 452]
    np.testing.assert_array_equal(
        np.concatenate([reading.data for reading in found]), soundfile.read(path, dtype="int16")[0]
    )
    assert [(r.arrival_ns - 5 * S) / S for r in found] == pytest.approx([1024 / 8000, 2048 / 8000, 2500 / 8000])
    stream = driver.stream
    assert (stream.kind, stream.shape, stream.nominal_rate_hz, stream.units) == ("waveform", (2,), 8000.0, ("1", "1"))


def test_pictures_come_in_the_order_of_their_names_with_every_bit(tmp_path: Path) -> None:
    time = Time()
    driver = Files(name="thermal", path=pictures(tmp_path), rate_hz=4.0, speed=2.0, clock=time.clock, sleep=time.sleep)
    found = played(driver)
    assert [int(reading.data[0, 0, 0]) for reading in found] == [1000, 1001, 1002]
    assert found[0].data.dtype == np.uint16
    assert [(reading.arrival_ns - 5 * S) / S for reading in found] == pytest.approx([0.125, 0.25, 0.375])
    assert (driver.stream.kind, driver.stream.shape) == ("image", (4, 5))


def test_a_table_comes_row_by_row_with_its_units(tmp_path: Path) -> None:
    driver = Files(name="enose", path=table(tmp_path), rate_hz=10.0, speed=None, units=["Ohm", "Ohm"])
    assert [reading.data.tolist() for reading in played(driver)] == [[[0.0, 0.5]], [[1.0, 1.5]], [[2.0, 2.5]]]
    assert driver.stream.units == ("Ohm", "Ohm")


def test_what_is_played_again_goes_on_counting(tmp_path: Path) -> None:
    driver = Files(name="enose", path=table(tmp_path), speed=None, again=True)
    driver.open()
    found = [driver.read() for _ in range(7)]
    assert [reading.seq for reading in found if reading] == list(range(7))
    assert found[6] is not None
    assert found[6].data.tolist() == [[0.0, 0.5]]


@pytest.mark.parametrize(
    ("content", "message"),
    [("a,b\n1,2\n3\n", "line 3 has not 2"), ("a\nx\n", "cannot be read"), ("a\nnan\n", "line 2")],
)
def test_a_broken_table_is_an_error_with_its_line(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "gas.csv").write_text(content)
    with pytest.raises(SensorError, match=message):
        played(Files(name="enose", path=tmp_path / "gas.csv", speed=None))


def test_what_cannot_be_played_is_named(tmp_path: Path) -> None:
    with pytest.raises(SensorNotFoundError, match=r"notes.txt is no .wav, .flac, .csv file and no folder of pictures"):
        Files(name="x", path=tmp_path / "notes.txt").open()
    with pytest.raises(SensorNotFoundError, match="holds no sample"):
        Files(name="x", path=tmp_path).open()
    with pytest.raises(SensorNotFoundError, match="has 8000 Hz, declared are 48000"):
        Files(name="x", path=sound(tmp_path), rate_hz=48000.0).open()
    (tmp_path / "cut.wav").write_bytes(b"RIFF")
    with pytest.raises(SensorNotFoundError, match=r"cut\.wav cannot be read"):
        Files(name="x", path=tmp_path / "cut.wav").open()
    with pytest.raises(ValueError, match="speed is 0; must be above 0"):
        Files(name="x", path=tmp_path, speed=0)


def test_pictures_of_another_size_or_of_colours_are_refused(tmp_path: Path) -> None:
    folder = pictures(tmp_path)
    cv2.imwrite(str(folder / "9.png"), np.zeros((6, 5), np.uint16))
    with pytest.raises(SensorReadError, match=r"goes on in \(6, 5\) after \(4, 5\)"):
        played(Files(name="thermal", path=folder, speed=None))
    cv2.imwrite(str(folder / "9.png"), np.zeros((4, 5, 3), np.uint8))
    with pytest.raises(SensorReadError, match=r"9\.png cannot be read: no picture of one channel"):
        played(Files(name="thermal", path=folder, speed=None))
