"""calibrate-sync finds a known lag in a recording of taps, and writes it or says why not."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from qc_station.cli import cli
from qc_station.config.loading import load_station
from sensors.readings import Reading
from sensors.recordings.recorder import Recorder

S, MS = 1_000_000_000, 1_000_000
RATE, BLOCK, FRAME_HZ, STEP_HZ = 8000, 400, 25.0, 100.0
STATION = """# Taps on the belt's frame.
name = "line 1"

[streams.sound]
kind = "waveform"
rate_hz = 8000
dtype = "int16"
window_s = 0.5
offset_ms = 4.0  # the card's own

[streams.heat]
kind = "image"
rate_hz = 25.0
height = 6
width = 8
dtype = "uint16"
offset_ms = 0.0  # by guess

[streams.shake]
kind = "series"
rate_hz = 100.0
window_steps = 5
"""


def taps(count: int, *, seed: int = 1) -> np.ndarray:
    """Seconds from the beginning, irregular."""
    return np.cumsum(np.random.default_rng(seed).uniform(0.5, 1.6, count)) + 1.0


def sound(times: np.ndarray, seconds: float, rng: np.random.Generator) -> np.ndarray:
    """Noise with a burst that dies away within 30 ms at each tap."""
    wave = rng.normal(0, 30, round(seconds * RATE))
    for time in times:
        at = round(time * RATE)
        wave[at : at + 240] += rng.normal(0, 8000, 240)[: len(wave) - at] * np.exp(-np.arange(240) / 60)
    return wave.clip(-32768, 32767).astype(np.int16)


def steps(times: np.ndarray, seconds: float, hz: float, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """Samples that jump at each tap and come back within a third of a second; (samples, *shape)."""
    at = np.arange(round(seconds * hz)) / hz
    since = at[:, None] - times[None, :]
    push = (
        np.where(since >= 0, np.exp(-np.maximum(since, 0) / 0.08), 0).sum(axis=1) if len(times) else np.zeros(len(at))
    )
    return 3000 + 800 * push.reshape(-1, *[1] * len(shape)) + rng.normal(0, 2, (len(at), *shape))


def record(
    folder: Path,
    *,
    count: int = 24,
    lag_ms: float = 65.0,
    missing: float = 0.0,
    extra: int = 0,
    ppm: float = 0.0,
    jitter_ms: float = 1.5,
    second: str = "heat",
) -> float:
    """Write taps that a second stream sees later; the sound's crystal is off by so many ppm."""
    rng = np.random.default_rng(7)
    both = taps(count)
    seconds = float(both[-1]) + 1.5
    others = [rng.uniform(1, seconds - 1, extra) for _ in range(2)]
    seen = [np.append(both[rng.random(count) >= missing], other) for other in others]
    (folder / "station.toml").write_text(STATION)
    config = load_station(folder)
    streams = [config.streams[name].stream(name) for name in ("sound", second)]
    wave = sound(seen[0] * (1 + ppm * 1e-6), seconds, rng)
    readings = []
    for number in range(len(wave) // BLOCK):
        end_s = (number + 1) * BLOCK / RATE / (1 + ppm * 1e-6)
        data = wave[number * BLOCK : (number + 1) * BLOCK, None]
        readings.append(reading("sound", number * BLOCK, end_s + abs(rng.normal(0, 2e-3)), data))
    hz = FRAME_HZ if second == "heat" else STEP_HZ
    shape = streams[1].shape
    late_s = lag_ms / 1e3
    for number, frame in enumerate(steps(seen[1], seconds, hz, shape, rng)):
        # The frame shows what was when it was taken, and comes late.
        time = number / hz + late_s + rng.normal(0, jitter_ms / 1e3)
        readings.append(reading(second, number, time, frame[None].astype("uint16" if second == "heat" else "float32")))
    recorder = Recorder(folder / "recordings", streams, clock=lambda: S)
    for one in sorted(readings, key=lambda one: one.arrival_ns):
        recorder.reading(one)
    recorder.close()
    return lag_ms


def reading(stream: str, seq: int, time_s: float, data: np.ndarray) -> Reading:
    arrival_ns = S + round(time_s * S)
    return Reading(stream=stream, session=0, seq=seq, arrival_ns=arrival_ns, device_ns=None, data=data)


def run(folder: Path, *words: str, streams: tuple[str, str] = ("sound", "heat"), code: int = 0) -> dict[str, Any]:
    arguments = ["calibrate-sync", "--station", str(folder), "--streams", *streams, "--json"]
    result = CliRunner().invoke(cli, [*arguments, "--recording", str(folder / "recordings"), *words])
    assert result.exit_code == code, result.output
    found: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
    return found


@pytest.mark.parametrize(
    "scene",
    [
        {},
        {"missing": 0.2, "count": 30},
        {"extra": 5},
        {"ppm": 100.0},
        {"lag_ms": -30.0},
        {"missing": 0.2, "count": 30, "extra": 4, "ppm": -50.0, "jitter_ms": 4.0, "lag_ms": 310.0},
    ],
)
def test_a_known_lag_is_found_and_added_to_the_first_streams_offset(tmp_path: Path, scene: dict[str, Any]) -> None:
    lag_ms = record(tmp_path, **scene)
    found = run(tmp_path)
    # A frame every 40 ms: the median of ten uniform errors of at most 20 ms.
    assert found["lag"]["median_ms"] == pytest.approx(lag_ms, abs=9)
    assert found["lag"]["pairs"] >= 10
    assert load_station(tmp_path).streams["heat"].offset_ms == found["offset_ms"]
    assert found["offset_ms"] == pytest.approx(4.0 + found["lag"]["median_ms"], abs=0.051)


def test_a_damaged_recording_beside_a_whole_one_is_told_and_does_not_stop_the_measuring(tmp_path: Path) -> None:
    record(tmp_path)
    (whole,) = (tmp_path / "recordings").iterdir()
    whole.with_name("000000-damaged.mcap").write_bytes(whole.read_bytes()[:1000])
    words = ["--station", str(tmp_path), "--streams", "sound", "heat", "--recording", str(tmp_path / "recordings")]
    result = CliRunner().invoke(cli, ["calibrate-sync", *words, "--json"])
    assert "000000-damaged.mcap" in result.stderr
    assert result.exit_code == 0, result.output
    assert load_station(tmp_path).streams["heat"].offset_ms == json.loads(result.stdout)["offset_ms"]


def test_a_series_that_jumps_is_as_good_as_a_frame(tmp_path: Path) -> None:
    record(tmp_path, lag_ms=42.0, second="shake")
    found = run(tmp_path, streams=("sound", "shake"))
    assert found["lag"]["median_ms"] == pytest.approx(42.0, abs=3)


def test_the_note_says_date_number_and_spread_and_nothing_else_is_touched(tmp_path: Path) -> None:
    record(tmp_path)
    found = run(tmp_path)
    lines = (tmp_path / "station.toml").read_text().splitlines()
    (note,) = [line for line in lines if line.startswith("# calibrated 20")]
    assert f"against sound: {found['lag']['median_ms']:.1f} ms, median of {found['lag']['pairs']} taps, spread" in note
    assert f"offset_ms = {found['offset_ms']}  # by guess" in lines
    kept = [line for line in lines if line != note and "# by guess" not in line]
    assert kept == [line for line in STATION.splitlines() if "# by guess" not in line]


@pytest.mark.parametrize(
    ("scene", "message"),
    [
        ({"count": 8}, r"taps that both streams saw; needed: 10 or more (found 8 in 'sound'"),
        ({"count": 15, "missing": 0.99, "extra": 15}, "needed: 10 or more"),
    ],
)
def test_too_few_common_taps_are_refused_with_what_was_found(
    tmp_path: Path, scene: dict[str, Any], message: str
) -> None:
    record(tmp_path, **scene)
    assert message in run(tmp_path, code=1)["error"]
    assert (tmp_path / "station.toml").read_text() == STATION


@pytest.mark.parametrize("streams", [("sound", "sound"), ("sound", "smell")])
def test_streams_that_are_no_pair_are_refused(tmp_path: Path, streams: tuple[str, str]) -> None:
    record(tmp_path, count=2)
    assert "allowed: two of sound, heat, shake" in run(tmp_path, streams=streams, code=2)["error"]


def test_a_recording_without_one_of_the_streams_says_what_it_has(tmp_path: Path) -> None:
    record(tmp_path, count=2)
    error = run(tmp_path, streams=("sound", "shake"), code=2)["error"]
    assert "has the streams sound, heat; needed: sound, shake" in error


REPLAYED = """
[streams.{name}.driver]
type = "replay"
recording = "./recordings"
shift = true
speed = 20.0
"""


def test_live_sensors_are_heard_until_the_time_is_over(tmp_path: Path) -> None:
    lag_ms = record(tmp_path, count=14)
    live = STATION + "".join(REPLAYED.format(name=name) for name in ("sound", "heat"))
    (tmp_path / "station.toml").write_text(live)
    arguments = [
        "calibrate-sync",
        "--station",
        str(tmp_path),
        "--streams",
        "sound",
        "heat",
        "--seconds",
        "20",
        "--json",
    ]
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout.splitlines()[-1])
    assert found["lag"]["median_ms"] == pytest.approx(lag_ms, abs=12)
    assert "clap or tap ten times or more within 20 s" in result.stderr
