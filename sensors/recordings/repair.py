"""Saves what a crash or a bad disk left of recordings."""

import fcntl
import mmap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from sensors.recordings.errors import RecordingError
from sensors.recordings.layout import FIRST_STREAM_CHANNEL, OpenOutput, RecordingFile, closed_quietly, open_output
from sensors.recordings.quarantine import quarantine
from sensors.recordings.scan import Buffer, FoundMessage, Scan

CLOSED, OPEN, RECOVERING = ".mcap", ".mcap.open", ".mcap.recovering"
"""Endings of a finished recording, of one being written, and of one being saved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovered:
    """What could be saved of one file."""

    path: Path | None
    """The whole recording that was written; None if not even the streams were found."""
    messages: int
    """Readings, triggers and events in it."""
    damaged_bytes: int
    """Bytes of the damaged file that are lost."""
    damaged_inside: bool
    """Whether whole messages stood behind a damaged place: more than a cut by a crash."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """What was done to a folder after a crash."""

    recovered: tuple[Recovered, ...]
    """One per file that was left open."""
    quarantined: tuple[Path, ...]
    """Damaged originals, where they are now."""
    failed: tuple[str, ...]
    """One message per file that could not be saved now and stays as it is."""


def recover(path: Path, target: Path, *, open_file: OpenOutput = open_output) -> Recovered:
    """Write a whole recording with all that is whole in a damaged one; the damaged file stays.

    Args:
        path: A recording, cut or damaged anywhere.
        target: Where to write; must not exist.
        open_file: Opens the new file.

    Raises:
        RecordingError: the file cannot be read or the new one cannot be written.
    """
    partial = target.with_name(target.name.removesuffix(CLOSED) + RECOVERING)
    try:
        with path.open("rb") as file, _mapped(file) as buffer:
            partial.unlink(missing_ok=True)
            scan = Scan(buffer)
            messages = _rewrite(scan, partial, open_file)
        if messages is not None:
            partial.rename(target)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise RecordingError(f"recording {path} cannot be recovered into {target}: {error}") from error
    return Recovered(
        path=None if messages is None else target,
        messages=messages or 0,
        damaged_bytes=scan.damaged_bytes,
        damaged_inside=scan.damaged_inside,
    )


def intact(path: Path) -> bool:
    """Whether every record of a closed recording is whole and every chunk has its checksum; reads every byte.

    Raises:
        RecordingError: the file cannot be read.
    """
    try:
        with path.open("rb") as file, _mapped(file) as buffer:
            scan = Scan(buffer)
            for _ in scan.messages():
                continue
    except OSError as error:
        raise RecordingError(f"recording {path} cannot be read: {error}") from error
    return scan.complete


def _rewrite(scan: Scan, target: Path, open_file: OpenOutput) -> int | None:
    """Write the whole messages of a scan; how many, or None if nothing says which streams they are of."""
    found = scan.messages()
    # The declaration stands before every message and is known when the first one comes.
    first = next(found, None)
    if scan.declaration is None:
        scan.damaged_bytes += sum(len(message.data) for message in _chain(first, found))
        return None
    last_channel, count = FIRST_STREAM_CHANNEL + len(scan.declaration.streams), 0
    output = open_file(target)
    try:
        file = RecordingFile(output, scan.declaration)
        for message in _chain(first, found):
            if message.channel < last_channel:
                file.message(message.channel, message.log_ns, message.publish_ns, message.data)
                count += 1
        file.finish()
    except BaseException:
        closed_quietly(output)
        raise
    return count


def _chain(first: FoundMessage | None, rest: Iterator[FoundMessage]) -> Iterator[FoundMessage]:
    if first is not None:
        yield first
        yield from rest


@contextmanager
def _mapped(file: BinaryIO) -> Iterator[Buffer]:
    """A file's bytes without loading them; an empty file cannot be mapped."""
    if not file.seek(0, 2):
        yield b""
        return
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as buffer:
        yield buffer


def repair(folder: Path, *, open_file: OpenOutput = open_output) -> Repair:
    """Turn every recording that a crash left open into a closed one; one that a live recorder holds stays.

    A file of which nothing was found, or with damage before its end, goes to quarantine.
    """
    recovered, quarantined, failed = [], [], []
    for path in sorted(folder.glob(f"*{OPEN}")):
        if _held(path):
            continue
        try:
            result = recover(path, _free(path), open_file=open_file)
            recovered.append(result)
            if result.path is None or result.damaged_inside:
                quarantined.append(quarantine(path))
            else:
                path.unlink()
        except (RecordingError, OSError) as error:
            failed.append(str(error))
    return Repair(recovered=tuple(recovered), quarantined=tuple(quarantined), failed=tuple(failed))


def _free(path: Path) -> Path:
    """The name of a closed recording that nobody has; a crash between writing and removing leaves both."""
    target = path.with_name(path.name.removesuffix(OPEN) + CLOSED)
    target.unlink(missing_ok=True)
    return target


def _held(path: Path) -> bool:
    """Whether a live recorder has locked the file; the kernel drops the lock of a killed one."""
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
    return False
