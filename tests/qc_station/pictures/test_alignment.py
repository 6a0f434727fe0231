"""The alignment of a part is shown as it was cut, from a real recording file."""

import json
from collections.abc import Iterator
from dataclasses import replace
from heapq import merge
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from qc_station.align.snapshot import Reason
from qc_station.cli import cli
from qc_station.config.writing import station_text
from qc_station.errors import ConfigError
from qc_station.line.feeding import readings
from qc_station.line.simulation import shift, station
from qc_station.pictures.alignment import BAND, LEFT, LOST, SKEW, TOP, WIDTH, WINDOW, draw, save, shown
from qc_station.pictures.part import AlignedPart, aligned_part
from qc_station.pictures.text import text_of
from qc_station.pictures.timeline import timelines
from sensors.errors import QCError
from sensors.readings import Reading
from sensors.recordings.recorder import Recorder
from sensors.simulated.drivers import line_drivers
from sensors.simulated.line import schedule
from sensors.simulated.parts import make_parts

SEED, PARTS = 5, 6
SECOND = 1_000_000_000


def record(folder: Path, config: str, lost: range = range(0)) -> Path:
    """A shift of the simulated line as a recording; the frames numbered in `lost` never came."""
    passings = schedule(make_parts(SEED, PARTS), SEED)
    drivers = line_drivers(passings, SEED)
    recorder = Recorder(folder, [driver.stream for driver in drivers], config=config, clock=lambda: 1)
    flows: list[Iterator[Reading]] = [readings(driver) for driver in drivers]
    for reading in merge(*flows, key=lambda one: one.arrival_ns):
        if reading.stream != "thermal" or reading.seq not in lost:
            recorder.reading(reading)
    for passing in passings:
        recorder.trigger(passing.part.name, passing.time_ns)
    recorder.close()
    (path,) = folder.glob("*.mcap")
    return path


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return record(tmp_path_factory.mktemp("recordings"), station_text(station()))


@pytest.fixture(scope="module")
def third(recording: Path) -> AlignedPart:
    return aligned_part(recording, names()[2], None, SECOND)


def names() -> list[str]:
    return [part.name for part in make_parts(SEED, PARTS)]


def test_a_recorded_part_is_cut_again_as_it_was_live(third: AlignedPart) -> None:
    (live,) = (snapshot for snapshot, _ in shift(SEED, PARTS) if snapshot.part == names()[2])
    assert third.snapshot.reasons == live.reasons
    for stream, window in live.windows.items():
        again = third.snapshot.windows[stream]
        assert (again.start_ns, again.skew_ns, again.missing) == (window.start_ns, window.skew_ns, window.missing)
        np.testing.assert_array_equal(again.data, window.data)


def test_samples_lie_on_the_axis_around_the_part(third: AlignedPart) -> None:
    acoustic, thermal, enose = timelines(third)
    assert (acoustic.name, thermal.name, enose.name) == ("acoustic", "thermal", "enose")
    for one, rate_hz in ((acoustic, 16_000.0), (thermal, 9.0), (enose, 10.0)):
        assert len(one.times_s) == len(one.samples) == pytest.approx(2.0 * rate_hz, rel=0.1)
        assert -1.2 < one.times_s.min() < -0.8
        assert 0.8 < one.times_s.max() <= 1.0
        assert one.gaps_s == []
    assert acoustic.window_s is not None
    assert np.subtract(*acoustic.window_s[::-1]) == pytest.approx(0.25)


def test_the_text_shows_windows_in_their_place_and_says_skew_and_uncertainty(third: AlignedPart) -> None:
    lines = text_of(third).splitlines()
    assert lines[0] == f"part {names()[2]}"
    (axis,) = (line for line in lines if line.startswith("acoustic"))
    # 0.25 s of 2 s on 72 characters.
    assert axis.count("█") in (9, 10, 11)
    (said,) = (lines[number + 1] for number, line in enumerate(lines) if line.startswith("thermal"))
    assert said.strip().startswith("ok: ")
    assert "skew" in said
    assert "known to +-" in said


def test_the_picture_has_the_window_of_every_stream(third: AlignedPart, tmp_path: Path) -> None:
    picture = draw(third)
    assert picture.shape == (TOP + 3 * BAND + 40, WIDTH, 3)
    for number in range(3):
        band = picture[TOP + BAND * number : TOP + BAND * (number + 1), LEFT:]
        assert (band == WINDOW).all(axis=2).any()
        assert not (band == LOST).all(axis=2).any()
    save(picture, tmp_path / "part.png")
    np.testing.assert_array_equal(cv2.imread(str(tmp_path / "part.png")), picture)


def test_the_small_picture_at_the_window_is_the_frame_that_was_cut(third: AlignedPart) -> None:
    (thermal,) = (one for one in timelines(third) if one.name == "thermal")
    assert len(thermal.taken) == 1
    np.testing.assert_array_equal(thermal.samples[thermal.taken[0]], third.snapshot.windows["thermal"].data[0])
    places = [LEFT + 40 * number for number in range(20)]
    # Frames stand closer than they are wide: whichever was taken is shown.
    for number in range(20):
        assert number in shown(places, range(number, number + 1), 120)
    assert shown(places, range(0), 120) == [0, 4, 8, 12, 16]
    assert shown([LEFT - 1, WIDTH], range(2), 120) == []


def test_skew_and_uncertainty_stand_on_the_axis(third: AlignedPart) -> None:
    picture = draw(third)
    for number, one in enumerate(timelines(third)):
        band = picture[TOP + BAND * number : TOP + BAND * (number + 1)]
        assert (band == SKEW).all(axis=2).any(), one.name
        window = third.snapshot.windows[one.name]
        assert (one.skew_s, one.uncertainty_s) == (window.skew_ns / 1e9, window.uncertainty_ns / 1e9)
        if one.name == "thermal":
            # The frame that was taken stands where its skew ends.
            assert one.wanted_s + one.skew_s == pytest.approx(float(one.times_s[one.taken[0]]), abs=1e-6)


def test_from_one_session_to_the_next_there_is_a_gap(third: AlignedPart) -> None:
    again = [
        replace(one, session=one.session + 1, seq=number) if number >= 9 else one
        for number, one in enumerate(third.readings["thermal"])
    ]
    (thermal,) = (one for one in timelines(replace(third, readings={**third.readings, "thermal": again})) if one.taken)
    ((begin_s, end_s),) = thermal.gaps_s
    assert (begin_s, end_s) == (thermal.times_s[8], thermal.times_s[9])


def test_lost_samples_are_drawn_and_written(tmp_path: Path) -> None:
    passings = schedule(make_parts(SEED, PARTS), SEED)
    path = record(tmp_path, station_text(station()), lost=lost_frames(passings[2].time_ns))
    part = aligned_part(path, names()[2], None, SECOND)
    (thermal,) = (one for one in timelines(part) if one.name == "thermal")
    ((begin_s, end_s),) = thermal.gaps_s
    assert begin_s < 0.0 < end_s
    assert part.snapshot.reasons["thermal"] is not Reason.OK
    assert "x" in text_of(part)
    assert (draw(part)[TOP + BAND : TOP + 2 * BAND, LEFT:] == LOST).all(axis=2).any()


def lost_frames(time_ns: int) -> range:
    """Five frames around a moment."""
    (camera,) = (
        driver
        for driver in line_drivers(schedule(make_parts(SEED, PARTS), SEED), SEED)
        if driver.stream.name == "thermal"
    )
    near = min(readings(camera), key=lambda reading: abs(reading.arrival_ns - time_ns))
    return range(near.seq - 2, near.seq + 3)


def test_a_part_that_is_not_there_is_answered_with_those_that_are(recording: Path) -> None:
    with pytest.raises(QCError, match=rf"no part 'P-9'; recorded are {names()[0]}, "):
        aligned_part(recording, "P-9", None, SECOND)


def test_a_recording_without_a_configuration_needs_a_station(tmp_path: Path) -> None:
    path = record(tmp_path, "")
    with pytest.raises(ConfigError, match="name the station with --station"):
        aligned_part(path, None, None, SECOND)
    assert aligned_part(path, None, station(), SECOND).snapshot.part == names()[0]


def test_a_picture_with_an_ending_that_is_none_is_refused(third: AlignedPart, tmp_path: Path) -> None:
    with pytest.raises(QCError, match=r"name a file that ends in \.png"):
        save(draw(third), tmp_path / "part.docx")


def test_the_command_prints_the_text_and_writes_the_picture(recording: Path, tmp_path: Path) -> None:
    out = str(tmp_path / "part.png")
    done = CliRunner().invoke(cli, ["align", str(recording), "--part", names()[1], "--out", out])
    assert done.exit_code == 0, done.output
    assert f"part {names()[1]}" in done.stdout
    assert cv2.imread(out) is not None
    again = CliRunner().invoke(cli, ["align", str(recording), "--json"])
    result = json.loads(again.stdout.splitlines()[-1])
    assert result["part"] == names()[0]
    assert set(result["windows"]) == {"acoustic", "thermal", "enose"}
    assert {name: window["applied"]["offset_ns"] for name, window in result["windows"].items()} == {
        name: round(stream.offset_ms * 1e6) for name, stream in station().streams.items()
    }
