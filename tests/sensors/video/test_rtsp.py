"""Network cameras on the loopback, through FFmpeg: one that plays a film, and one that never answers."""

import socket
from functools import partial
from pathlib import Path

import pytest

from sensors.camera import Camera
from sensors.errors import SensorReadError
from sensors.readings import Reading
from sensors.supervision.station import Supervision
from tests.sensors.rtsp_server import RATE_HZ, Film, RtspServer

LEVELS = [10, 60, 110, 160, 210]


def test_the_frames_of_an_rtsp_camera_become_readings_in_order(tmp_path: Path) -> None:
    got: list[Reading] = []
    with RtspServer(Film(tmp_path / "film.mp4", LEVELS)) as server:
        camera = Camera(name="seen", source=server.url, pixels="gray8")
        camera.open()
        with pytest.raises(SensorReadError, match=f"no more frames came from '{server.url}'"):
            got += filter(None, iter(camera.read, "never"))
        camera.close()
    assert server.commands[-2:] == ["SETUP", "PLAY"]
    assert (camera.stream.shape, camera.stream.nominal_rate_hz) == ((48, 64), RATE_HZ)
    # What waits longest is dropped where the reader is slower; luminance of a film has 219 steps from 16 on.
    assert got[-1].seq == len(LEVELS) - 1
    expected = [16 + LEVELS[reading.seq] * 219 / 255 for reading in got]
    assert [float(reading.data.mean()) for reading in got] == pytest.approx(expected, abs=3.0)


def test_what_ffmpeg_says_of_a_silent_server_is_shown() -> None:
    # The kernel accepts for the one that listens; nobody ever reads.
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"rtsp://127.0.0.1:{server.getsockname()[1]}/floor"
        build = partial(Camera, name="thermal", source=address, pixels="gray8", open_wait_s=1.0)
        with Supervision({"thermal": build}, lambda _: None) as station:
            faults = station.start()
            assert station.healths["thermal"].counters.abandoned == 0
    assert faults == {"thermal": f"OpenCV cannot open the stream {address}: no video, or in use"}
