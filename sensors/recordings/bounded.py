"""A file that takes no memory for bytes that it does not have."""

from os import SEEK_END, SEEK_SET
from typing import IO

SMALL_BYTES = 64 * 1024
"""Asked for without a look at what is left."""


class BoundedFile:
    """Reads as the file does, but asks it for no more than is left.

    Python takes the memory for all bytes that are asked for before it reads the first: a damaged length in a file of some
    kilobytes would take gigabytes of it.
    """

    def __init__(self, file: IO[bytes]) -> None:
        """Args: file: Open for reading, at its beginning; it must not grow."""
        self._file = file
        self.size = file.seek(0, SEEK_END)
        file.seek(0)

    def read(self, length: int) -> bytes:
        """So many bytes, or what is left."""
        if length > SMALL_BYTES:
            length = min(length, max(0, self.size - self._file.tell()))
        return self._file.read(length)

    def seek(self, offset: int, whence: int = SEEK_SET) -> int:
        """Go to a place; returns it."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """The place."""
        return self._file.tell()
