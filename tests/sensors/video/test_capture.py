"""Through OpenCV and FFmpeg for real: files, a named pipe and a loopback server."""

import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from sensors.camera import Camera
from sensors.errors import SensorNotFoundError, SensorReadError
from sensors.readings import Quality, Reading

RNG = np.random.default_rng(0)


def write(path: Path, frames: NDArray[Any], codec: str = "FFV1", rate_hz: float = 200.0) -> str:
    """A video of gray frames, fast because it plays at its own rate; FFV1 is lossless."""
    depth = cv2.CV_16U if frames.dtype == np.uint16 else cv2.CV_8U
    options = [cv2.VIDEOWRITER_PROP_IS_COLOR, 0, cv2.VIDEOWRITER_PROP_DEPTH, depth]
    size = (frames.shape[2], frames.shape[1])
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*codec), rate_hz, size, options)
    assert writer.isOpened()
    for image in frames:
        writer.write(image)
    writer.release()
    return str(path)


def drain(camera: Camera, end: type[Exception]) -> list[Reading]:
    """All readings until the end."""
    readings = []
    try:
        for _ in range(1000):
            reading = camera.read()
            if reading is not None:
                readings.append(reading)
    except end:
        return readings
    raise AssertionError("the source did not end")


@pytest.mark.parametrize(("pixels", "dtype"), [("gray8", np.uint8), ("gray16", np.uint16)])
def test_a_lossless_file_is_read_byte_for_byte(tmp_path: Path, pixels: str, dtype: type) -> None:
    frames = RNG.integers(0, np.iinfo(dtype).max, (20, 48, 64), dtype, endpoint=True)
    camera = Camera(name="thermal", source=write(tmp_path / "a.mkv", frames), pixels=pixels)
    for session in range(2):
        camera.open()
        readings = drain(camera, EOFError)
        assert np.concatenate([reading.data for reading in readings]).tobytes() == frames.tobytes()
        assert [(reading.session, reading.seq) for reading in readings] == [(session, i) for i in range(20)]
        with pytest.raises(EOFError):
            camera.read()
    assert (camera.stream.shape, camera.stream.nominal_rate_hz, camera.stream.units) == ((48, 64), 200.0, ("1",))
    assert camera.counters["overflows"] == 0
    camera.close()


def test_a_film_plays_at_its_own_rate(tmp_path: Path) -> None:
    frames = RNG.integers(0, 65535, (10, 48, 64), np.uint16)
    camera = Camera(name="thermal", source=write(tmp_path / "a.mkv", frames, rate_hz=25.0), pixels="gray16")
    camera.open()
    arrivals_ns = [reading.arrival_ns for reading in drain(camera, EOFError)]
    camera.close()
    # A busy host may delay the first frame, never the others in sum by more than it is busy.
    assert (arrivals_ns[-1] - arrivals_ns[0]) / 1e9 == pytest.approx(9 / 25.0, abs=0.15)


def test_a_recorded_lepton_with_telemetry_is_celsius_and_flags_its_shutter(tmp_path: Path) -> None:
    frames = RNG.integers(29000, 31000, (4, 122, 160), np.uint16)
    telemetry = frames[:, 120:].reshape(4, 320)
    telemetry[:] = 0
    telemetry[:, 3] = np.array([0, 3, 2, 3]) << 4
    telemetry[:, [208, 209]] = 1
    frames[:, 120:] = telemetry.reshape(4, 2, 160)
    frames[3, :120] = frames[2, :120]
    with_options: dict[str, Any] = {"pixels": "y16", "width": 160, "height": 122}
    camera = Camera(name="thermal", source=write(tmp_path / "a.mkv", frames), **with_options)
    camera.open()
    readings = drain(camera, EOFError)
    camera.close()
    assert [r.quality for r in readings] == [Quality.WARMING, Quality.OK, Quality.REPEATED, Quality.REPEATED]
    np.testing.assert_allclose(readings[1].data[0], frames[1, :120] / 100.0 - 273.15, atol=1e-4)
    assert camera.stream.shape == (120, 160)


def test_the_luminance_of_a_compressed_film_is_gray8(tmp_path: Path) -> None:
    ramp = np.broadcast_to(np.arange(0, 256, 4, dtype=np.uint8), (6, 48, 64))
    camera = Camera(name="seen", source=write(tmp_path / "a.avi", ramp, "MJPG"), pixels="gray8")
    camera.open()
    readings = drain(camera, EOFError)
    camera.close()
    assert len(readings) == 6
    np.testing.assert_allclose(readings[0].data[0].astype(float), ramp[0], atol=8)


def test_a_named_pipe_is_a_stream_and_its_end_a_failure(tmp_path: Path) -> None:
    frames = RNG.integers(0, 65535, (4, 48, 64), np.uint16)
    film = Path(write(tmp_path / "a.mkv", frames)).read_bytes()
    os.mkfifo(tmp_path / "pipe")
    feeder = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=(film,), daemon=True)
    feeder.start()
    camera = Camera(name="thermal", source=str(tmp_path / "pipe"), pixels="gray16")
    camera.open()
    readings = drain(camera, SensorReadError)
    camera.close()
    feeder.join(30.0)
    assert np.concatenate([reading.data for reading in readings]).tobytes() == frames.tobytes()


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    film = Path(write(tmp_path / "a.mkv", np.zeros((4, 48, 64), np.uint16))).read_bytes()

    class Film(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(film)

        def log_message(self, *args: object) -> None:
            """Nothing is printed."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Film)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield f"http://user:secret@127.0.0.1:{server.server_port}/film"
    server.shutdown()
    server.server_close()
    thread.join(30.0)


def test_a_url_is_a_stream_and_its_password_is_never_shown(url: str) -> None:
    camera = Camera(name="thermal", source=url, pixels="gray16")
    camera.open()
    readings = drain(camera, SensorReadError)
    with pytest.raises(SensorReadError, match=r"no more frames came from 'http://127.0.0.1:\d+/film'"):
        camera.read()
    camera.close()
    assert [reading.quality for reading in readings] == [Quality.OK] + [Quality.REPEATED] * 3


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"width": 160, "height": 120}, "width 160 asked, 64 found; height 120 asked, 48 found"),
        ({"rate_hz": 25.0}, "rate 25 Hz asked, 200 Hz found"),
    ],
)
def test_a_source_that_does_something_else_is_refused(tmp_path: Path, asked: dict[str, Any], said: str) -> None:
    path = write(tmp_path / "a.mkv", np.zeros((2, 48, 64), np.uint16))
    with pytest.raises(SensorNotFoundError, match=f"stream 'thermal': {path} does not do what was asked: {said}"):
        Camera(name="thermal", source=path, pixels="gray16", **asked).open()


def test_a_file_without_video_and_a_device_that_is_no_camera_are_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.mkv").write_text("nothing to see")
    for source, kind in ((str(tmp_path / "notes.mkv"), "file"), ("/dev/null", "V4L2 device")):
        with pytest.raises(SensorNotFoundError, match=f"OpenCV cannot open the {kind} {source}"):
            Camera(name="thermal", source=source, pixels="y16").open()


def test_the_wrong_pixels_for_a_file_say_what_came(tmp_path: Path) -> None:
    camera = Camera(name="thermal", source=write(tmp_path / "a.mkv", np.zeros((2, 48, 64), np.uint8)), pixels="y16")
    camera.open()
    with pytest.raises(SensorReadError, match=r"'thermal'.*shape \(48, 64\), uint8; needed .*uint16"):
        drain(camera, EOFError)
    camera.close()
