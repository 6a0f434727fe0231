"""Writes what the line sees into a folder of recordings."""

import fcntl
import re
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from sensors.readings import Reading
from sensors.recordings.budget import keep_within
from sensors.recordings.declaration import Declaration
from sensors.recordings.errors import RecordingError
from sensors.recordings.layout import OpenOutput, Output, RecordingFile, closed_quietly, open_output
from sensors.recordings.messages import EVENT_KINDS, Note, RecordedTrigger, SessionEvent
from sensors.recordings.quarantine import FOLDER
from sensors.recordings.repair import CLOSED, OPEN, RECOVERING, repair
from sensors.streams import Stream

ROTATE_BYTES = 256 * 1024**2
ROTATE_S = 3600.0
BUDGET_BYTES = 10 * 1024**3
FSYNC_S = 1.0
"""What a power cut may cost; a killed process loses no more than that, or one chunk if that fills earlier."""


class Recorder:
    """Records readings, triggers and sessions; any thread may call it.

    What happens on a full or broken disk: the call that meets it raises `RecordingError`, once. From then on every call
    counts as dropped and returns, so that a line that has reported the error runs on without a recording. What is on
    the disk stays as NAME.mcap.open and is saved by the next recorder of that folder.

    Attributes:
        counters: readings, notes (triggers and events), files (begun), removed_files, removed_bytes (budget), dropped,
            errors, recovered_messages, damaged_bytes, quarantined, unrecovered (what the repair at the start did).
        failure: Why recording has stopped; None while it has not.
    """

    def __init__(
        self,
        folder: Path,
        streams: Sequence[Stream],
        *,
        config: str = "",
        rotate_bytes: int = ROTATE_BYTES,
        rotate_s: float = ROTATE_S,
        budget_bytes: int = BUDGET_BYTES,
        fsync_s: float = FSYNC_S,
        clock: Callable[[], int] = time.monotonic_ns,
        wall: Callable[[], int] = time.time_ns,
        open_file: OpenOutput = open_output,
    ) -> None:
        """Repair what a crash left in the folder and begin a recording.

        Args:
            folder: Made if it is not there; one recorder at a time.
            streams: Every stream whose readings will come.
            config: The station's configuration text; stands in every file.
            rotate_bytes: A file that has reached this size is closed and the next one begun.
            rotate_s: The same for its age.
            budget_bytes: For all files of the folder, the open one included; the oldest closed ones are removed.
            fsync_s: Least time between two waits for the disk.
            clock: CLOCK_MONOTONIC in ns.
            wall: Nanoseconds since 1970 in UTC; for names and display.
            open_file: Opens a new file unbuffered.

        Raises:
            RecordingError: the limits contradict each other, or the folder cannot be written.
            SensorNotFoundError: the library `mcap` is not installed.
        """
        if not 0 < rotate_bytes <= budget_bytes:
            raise RecordingError(
                f"rotate_bytes is {rotate_bytes}; must be above 0 and at most budget_bytes, {budget_bytes}"
            )
        self._folder, self._streams, self._config = folder, tuple(streams), config
        self._names = frozenset(stream.name for stream in streams)
        self._rotate_bytes, self._rotate_ns = rotate_bytes, round(rotate_s * 1e9)
        self._budget_bytes, self._fsync_ns = budget_bytes, round(fsync_s * 1e9)
        self._clock, self._wall, self._open_file = clock, wall, open_file
        self._lock, self._run = threading.RLock(), wall()
        self._file: RecordingFile | None = None
        self._output: Output | None = None
        self._path = folder
        self._number = self._begun_ns = self._synced_ns = 0
        self.failure: RecordingError | None = None
        names = "readings notes files removed_files removed_bytes dropped errors"
        self.counters = dict.fromkeys(names.split(), 0)
        self._guarded(self._start)

    def reading(self, reading: Reading) -> None:
        """Append a reading.

        Raises:
            RecordingError: recording stops here (once); or the stream is not declared or holds no numbers.
        """
        if reading.stream not in self._names:
            known = ", ".join(repr(stream.name) for stream in self._streams)
            raise RecordingError(f"stream '{reading.stream}' is not declared in this recording; declared: {known}")
        self._append("readings", lambda file: file.reading(reading))

    def trigger(self, part: str, time_ns: int) -> None:
        """Append a trigger: a part stood in front of the sensors, CLOCK_MONOTONIC in ns.

        Raises:
            RecordingError: recording stops here (once).
        """
        self._note(RecordedTrigger(part=part, time_ns=time_ns))

    def event(self, stream: str, session: int, kind: str, reason: str, time_ns: int) -> None:
        """Append that a device was opened or closed.

        Args:
            stream: Its stream.
            session: Counts the times it was opened.
            kind: opened or closed.
            reason: Why, for a person.
            time_ns: CLOCK_MONOTONIC.

        Raises:
            RecordingError: the kind is another; or recording stops here (once).
        """
        if kind not in EVENT_KINDS:
            raise RecordingError(f"stream '{stream}': event '{kind}'; known kinds: {', '.join(EVENT_KINDS)}")
        self._note(SessionEvent(stream=stream, session=session, kind=kind, reason=reason, time_ns=time_ns))

    def close(self) -> None:
        """Finish the recording; may be called twice, and after a failure.

        Raises:
            RecordingError: the disk refuses the end of the file, which the next recorder then repairs.
        """
        with self._lock:
            if self._file is not None:
                self._guarded(self._finish)

    def _note(self, note: Note) -> None:
        self._append("notes", lambda file: file.note(note))

    def _append(self, counter: str, write: Callable[[RecordingFile], None]) -> None:
        with self._lock:
            if self._file is None:
                self.counters["dropped"] += 1
                return
            file = self._file
            self._guarded(lambda: write(file))
            self.counters[counter] += 1
            self._guarded(self._tick)

    def _guarded(self, action: Callable[[], None]) -> None:
        """Do something to the disk; the first refusal ends recording."""
        try:
            action()
        except OSError as error:
            self.counters["errors"] += 1
            if self._output is not None:
                closed_quietly(self._output)
            self._file = self._output = None
            self.failure = RecordingError(f"recording into {self._folder} has stopped: {error}")
            raise self.failure from error

    def _tick(self) -> None:
        """Sync, rotate and make room as the clock and the size ask for."""
        if self._file is None:
            return
        now_ns = self._clock()
        if self._file.size >= self._rotate_bytes or now_ns - self._begun_ns >= self._rotate_ns:
            self._finish()
            self._begin()
        elif now_ns - self._synced_ns >= self._fsync_ns:
            self._file.sync()
            self._synced_ns = now_ns

    def _start(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._number = _last_number(self._folder)
        result = repair(self._folder, open_file=self._open_file)
        self.counters |= {
            "recovered_messages": sum(one.messages for one in result.recovered),
            "damaged_bytes": sum(one.damaged_bytes for one in result.recovered),
            "quarantined": len(result.quarantined),
            "unrecovered": len(result.failed),
        }
        self._begin()

    def _begin(self) -> None:
        """Begin the next file; room is made for all that it may become."""
        removed = keep_within(self._folder, self._budget_bytes, self._rotate_bytes)
        self.counters["removed_files"] += removed.files
        self.counters["removed_bytes"] += removed.size
        self._number += 1
        wall_ns = self._wall()
        stamp = datetime.fromtimestamp(wall_ns / 1e9, UTC).strftime("%Y%m%dT%H%M%SZ")
        self._path = self._folder / f"{self._number:06d}-{stamp}{OPEN}"
        self._output = self._open_file(self._path)
        # Tells a file that is being written from one that a crash has left.
        fcntl.flock(self._output.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        self._begun_ns = self._synced_ns = self._clock()
        declaration = Declaration(
            streams=self._streams, config=self._config, run=self._run, monotonic_ns=self._begun_ns, wall_ns=wall_ns
        )
        self._file = RecordingFile(self._output, declaration)
        self.counters["files"] += 1

    def _finish(self) -> None:
        if self._file is not None:
            self._file.finish()
            self._path.rename(self._path.with_name(self._path.name.removesuffix(OPEN) + CLOSED))
        self._file = self._output = None


def _last_number(folder: Path) -> int:
    """The highest number that a file of the folder begins with, quarantined ones included."""
    names = [path.name for path in (*folder.glob("*"), *(folder / FOLDER).glob("*"))]
    ours = re.compile(rf"(\d{{6,}})-.*({re.escape(CLOSED)}|{re.escape(OPEN)}|{re.escape(RECOVERING)})")
    return max((int(match[1]) for name in names if (match := ours.match(name))), default=0)
