"""Reads the files of a bundle: plain ones, each below a limit that is looked at before anything is read."""

import errno
import os
import stat
from pathlib import Path

from deploy.errors import BundleError


def read_plain(folder: Path, name: str, most: int) -> bytes:
    """The whole content of a bundle's file.

    Args:
        folder: The bundle.
        name: Of the file.
        most: Bytes that it may have.

    Raises:
        BundleError: it is missing, a link, no plain file, or larger than its limit, of which nothing is read.
    """
    # Opened without waiting, so that a pipe in a file's place cannot hold the process, and never through a link.
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        handle = os.open(folder / name, flags)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise BundleError(f"bundle {folder}: {name} is a link; a bundle holds plain files only") from error
        raise BundleError(f"bundle {folder}: {name} cannot be read: {error.strerror}") from error
    try:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            raise BundleError(f"bundle {folder}: {name} is no plain file; a bundle holds plain files only")
        require_size(f"bundle {folder}", name, found.st_size, most)
        with os.fdopen(handle, "rb", closefd=False) as file:
            content = file.read(most + 1)
    except OSError as error:
        raise BundleError(f"bundle {folder}: {name} cannot be read: {error.strerror}") from error
    finally:
        os.close(handle)
    require_size(f"bundle {folder}", name, len(content), most)
    return content


def require_size(what: str, name: str, size: int, most: int) -> None:
    """Raise `BundleError` where a file is larger than it may be."""
    if size > most:
        raise BundleError(f"{what}: {name} has {size} bytes; at most {most} are allowed")
