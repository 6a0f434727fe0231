from pathlib import Path

import pytest

from sensors.camera import found_cameras
from sensors.errors import SensorNotFoundError
from sensors.video.source import SourceKind, video_source


@pytest.fixture
def links(tmp_path: Path) -> Path:
    """A /dev with one camera and its two lasting names."""
    for name in ("v4l/by-id/usb-PureThermal", "v4l/by-path/pci-0:1.0-video-index0"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).symlink_to("/dev/null")
    (tmp_path / "video0").symlink_to("/dev/null")
    (tmp_path / "videos").mkdir()
    return tmp_path / "v4l"


def test_the_listing_begins_with_the_names_that_last(links: Path) -> None:
    root = links.parent
    assert found_cameras(links) == (
        f"{root}/v4l/by-path/pci-0:1.0-video-index0",
        f"{root}/v4l/by-id/usb-PureThermal",
        f"{root}/video0",
    )


def test_an_absent_camera_says_which_there_are(links: Path, tmp_path: Path) -> None:
    with pytest.raises(SensorNotFoundError, match=r"no video source /dev/v4l/by-path/x \(No such .*pci-0.*PureTh"):
        video_source("/dev/v4l/by-path/x", links)
    with pytest.raises(SensorNotFoundError, match=r"no video source /dev/video250 .*found: no camera"):
        video_source(250, tmp_path / "empty" / "v4l")


def test_a_link_to_a_device_is_a_device_and_gone_with_it(links: Path) -> None:
    link = links.parent / "video0"
    source = video_source(str(link))
    assert (source.kind, source.present) == (SourceKind.DEVICE, True)
    link.unlink()
    assert not source.present


def test_a_device_that_was_plugged_in_again_is_another_one(links: Path) -> None:
    link = links.parent / "video0"
    source = video_source(str(link))
    link.unlink()
    link.symlink_to("/dev/zero")
    assert not source.present


def test_a_url_is_a_stream_and_shows_no_password() -> None:
    source = video_source("rtsp://user:secret@10.0.0.9:554/thermal")
    assert (source.kind, source.label) == (SourceKind.STREAM, "rtsp://10.0.0.9:554/thermal")
    assert source.present


def test_a_folder_is_no_source(tmp_path: Path) -> None:
    with pytest.raises(SensorNotFoundError, match="is no video source: needed a V4L2 device"):
        video_source(str(tmp_path))
