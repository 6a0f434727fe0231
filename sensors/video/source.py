"""A video source by its name: a V4L2 device, a file, or something that flows."""

import re
import stat
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from sensors.errors import SensorNotFoundError

V4L_LINKS = Path("/dev/v4l")
"""Where udev keeps names of cameras that do not change: by-path follows the socket, by-id the camera."""


class SourceKind(Enum):
    """What decides how a source is opened and what its end means."""

    DEVICE = "V4L2 device"
    FILE = "file"
    STREAM = "stream"


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoSource:
    """A source that was there when it was looked for."""

    address: str
    """What is opened: a path or a URL."""
    kind: SourceKind
    """Device, file or stream."""
    node: tuple[int, int] | None = None
    """File system and inode of a device; one that is plugged in again gets a new node under the same name."""

    @property
    def label(self) -> str:
        """The address for people; a password in a URL is left out."""
        return re.sub(r"//[^/@]*@", "//", self.address)

    @property
    def present(self) -> bool:
        """Whether a device is still the one that was found; OpenCV goes on reporting success after an unplug."""
        if self.node is None:
            return True
        try:
            status = Path(self.address).stat()
        except OSError:
            return False
        return (status.st_dev, status.st_ino) == self.node


def video_source(source: str | int, links: Path = V4L_LINKS) -> VideoSource:
    """Finds a source.

    Args:
        source: Path of a V4L2 device or a number N for /dev/videoN, path of a file or named pipe, or a URL.
        links: Where the names of cameras are.

    Raises:
        SensorNotFoundError: there is no such path; says which cameras there are.
    """
    address = f"/dev/video{source}" if isinstance(source, int) else source
    if "://" in address:
        return VideoSource(address=address, kind=SourceKind.STREAM)
    try:
        status = Path(address).stat()
    except OSError as error:
        found = ", ".join(found_cameras(links)) or "no camera"
        raise SensorNotFoundError(f"no video source {address} ({error.strerror}); found: {found}") from error
    mode = status.st_mode
    if stat.S_ISCHR(mode):
        return VideoSource(address=address, kind=SourceKind.DEVICE, node=(status.st_dev, status.st_ino))
    if stat.S_ISREG(mode):
        return VideoSource(address=address, kind=SourceKind.FILE)
    if stat.S_ISFIFO(mode):
        return VideoSource(address=address, kind=SourceKind.STREAM)
    raise SensorNotFoundError(f"{address} is no video source: needed a V4L2 device, a file, a named pipe or a URL")


def found_cameras(links: Path = V4L_LINKS) -> tuple[str, ...]:
    """Paths of the cameras that are plugged in, those that do not change first.

    Args:
        links: Folder with by-path and by-id; /dev/video* stands beside it.

    Returns:
        Paths that can be given as a source; a camera appears once for each of its names.
    """
    patterns = ("v4l/by-path/*", "v4l/by-id/*", "video[0-9]*")
    return tuple(str(path) for pattern in patterns for path in sorted(links.parent.glob(pattern)))
