"""calibrate-view writes what a person says or accepts, and touches nothing else."""

import json
import tomllib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from qc_station.cli import cli
from qc_station.config.loading import load_station
from sensors.readings import Reading
from sensors.recordings.recorder import Recorder
from sensors.streams import Stream

STATION = """# By Ana.
name = "line 1"

[streams.heat]  # over the belt
kind = "image"
height = 24
width = 32
dtype = "uint16"
# corners =

[streams.sound]
kind = "waveform"
rate_hz = 8000
window_s = 1
"""
CORNERS = [[20.0, 10.0], [60.0, 14.0], [66.0, 50.0], [14.0, 46.0]]
WORDS = ["20,10", "60,14", "66,50", "14,46"]


@pytest.fixture
def station(tmp_path: Path) -> Path:
    (tmp_path / "station.toml").write_text(STATION)
    frame = np.full((60, 80), 3000, "uint16")
    cv2.fillConvexPoly(frame, np.array(CORNERS, np.int32), 5000)
    cv2.imwrite(str(tmp_path / "frame.png"), frame)
    return tmp_path


def run(station: Path, *words: str, code: int = 0) -> dict[str, Any]:
    arguments = ["calibrate-view", "--station", str(station), "--stream", "heat", "--frame", str(station / "frame.png")]
    result = CliRunner().invoke(cli, [*arguments, *words, "--json"])
    assert result.exit_code == code, result.output
    return json.loads(result.stdout.splitlines()[-1]) if result.stdout else {}


def test_corners_are_written_with_the_frames_size_and_a_preview_is_drawn(station: Path) -> None:
    found = run(station, "--corners", *WORDS, "--out", str(station / "look.png"))
    assert (found["written"], found["corners"], found["window"]) == (True, CORNERS, [24, 32])
    heat = load_station(station).streams["heat"]
    assert (heat.corners, heat.sensor_size) == (tuple(map(tuple, CORNERS)), (60, 80))
    text = (station / "station.toml").read_text()
    lines = [line for line in text.splitlines() if not line.startswith(("# calibrated", "corners", "sensor_"))]
    assert lines == [line for line in STATION.splitlines() if line != "# corners ="]
    assert "on frame.png" in text
    assert cv2.imread(str(station / "look.png")).shape == (480, 640 + 16 + 640, 3)


def test_a_region_takes_the_place_of_corners(station: Path) -> None:
    run(station, "--corners", *WORDS)
    assert run(station, "--region", "4,6,48,36")["region"] == [4, 6, 48, 36]
    heat = tomllib.loads((station / "station.toml").read_text())["streams"]["heat"]
    assert heat["region"] == [4, 6, 48, 36]
    assert "corners" not in heat


def test_what_is_found_is_proposed_and_written_only_when_it_is_accepted(station: Path) -> None:
    found = run(station, "--find")
    assert found["written"] is False
    # The pixels of the drawn outline belong to the figure, which is therefore up to a pixel larger.
    np.testing.assert_allclose(found["corners"], CORNERS, atol=1.4)
    assert (station / "station.toml").read_text() == STATION
    assert run(station, "--find", "--accept")["written"] is True
    assert load_station(station).streams["heat"].corners == tuple(map(tuple, found["corners"]))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--region", "40,0,48,36"], "inside the frame of 80 x 60"),
        (["--corners", *WORDS[::-1]], "clockwise from the top left"),
        (["--stream", "sound", "--region", "0,0,4,4"], "allowed: a stream of kind image, of which there are ['heat']"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_written(station: Path, words: list[str], message: str) -> None:
    assert message in run(station, *words, code=2)["error"]
    assert (station / "station.toml").read_text() == STATION


@pytest.mark.parametrize(
    "words", [[], ["--find", "--region", "0,0,4,4"], ["--region", "1,2,3"], ["--region", "a,b,c,d"]]
)
def test_wrong_usage_is_said(station: Path, words: list[str]) -> None:
    run(station, *words, code=2)


def test_a_frame_of_another_size_than_declared_is_refused(station: Path) -> None:
    run(station, "--region", "0,0,32,24")
    cv2.imwrite(str(station / "frame.png"), np.zeros((30, 40), "uint16"))
    error = run(station, "--region", "0,0,32,24", code=2)["error"]
    assert error == "streams.heat: a frame of 40 x 30 (width x height); station.toml says 80 x 60"


def test_a_frame_without_a_part_is_refused_with_what_was_found(station: Path) -> None:
    cv2.imwrite(str(station / "frame.png"), np.full((60, 80), 3000, "uint16"))
    assert "nothing stands out" in run(station, "--find", code=1)["error"]


def test_without_a_file_the_camera_is_asked(station: Path) -> None:
    stream = Stream(name="heat", kind="image", shape=(60, 80), nominal_rate_hz=None, units=("1",))
    recorder = Recorder(station / "recordings", [stream], clock=lambda: 0)
    frame = cv2.imread(str(station / "frame.png"), cv2.IMREAD_UNCHANGED)[None]
    for number in range(6):
        one = Reading(stream="heat", session=0, seq=number, arrival_ns=number + 1, device_ns=None, data=frame)
        recorder.reading(one)
    recorder.close()
    driver = '\n[streams.heat.driver]\ntype = "replay"\nrecording = "./recordings"\n'
    (station / "station.toml").write_text(STATION + driver)
    words = ["calibrate-view", "--station", str(station), "--stream", "heat", "--find", "--accept", "--json"]
    result = CliRunner().invoke(cli, words)
    assert result.exit_code == 0, result.output
    assert load_station(station).streams["heat"].corners is not None
    text = (station / "station.toml").read_text()
    assert "on a live frame" in text
    assert text.endswith(driver)


def test_a_camera_without_a_driver_is_said(station: Path) -> None:
    words = ["calibrate-view", "--station", str(station), "--stream", "heat", "--find", "--json"]
    result = CliRunner().invoke(cli, words)
    assert result.exit_code == 2
    assert "no table [streams.heat.driver]" in json.loads(result.stdout)["error"]
