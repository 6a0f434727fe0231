"""Reads a closed recording."""

import shlex
import struct
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from os import SEEK_END
from pathlib import Path
from typing import IO, Any, cast

from sensors.errors import SensorError, SensorNotFoundError, SensorReadError
from sensors.readings import Reading
from sensors.recordings.bounded import BoundedFile
from sensors.recordings.declaration import NAME, Declaration, from_metadata
from sensors.recordings.layout import READING_TOPIC, is_note, topic_stream
from sensors.recordings.messages import SESSIONS, TRIGGERS, Note, RecordedTrigger, SessionEvent, decode_note
from sensors.recordings.payload import decode
from sensors.recordings.scan import MAGIC
from sensors.streams import Stream

_FOOTER_TAIL = struct.Struct("<QQI8s")
"""Start of the summary, start of its offsets, CRC of the summary, magic."""


class Recording:
    """One file; opening it reads the index alone, iterating holds the chunks of one moment in memory.

    Attributes:
        path: The file.
        declaration: Streams, clocks, configuration.
        counts: Readings by stream.
        start_ns: CLOCK_MONOTONIC when the recording was begun, or of its first message if that is earlier.
        end_ns: CLOCK_MONOTONIC of its last message.
    """

    def __init__(self, path: Path) -> None:
        """Read the index.

        Args:
            path: A recording that was closed; see `recover` for one that was not.

        Raises:
            SensorNotFoundError: there is no such file, or the library `mcap` is not installed.
            SensorReadError: the file is cut, damaged, or another kind of file.
        """
        self.path = path
        with self._reader() as reader:
            summary = reader.get_summary()
            if summary is None or summary.statistics is None:
                raise SensorReadError(f"recording {path} has no index; recover it: {_recovery(path)}")
            self._check_index()
            records = [record for record in reader.iter_metadata() if record.name == NAME]
            if not records:
                raise SensorReadError(f"recording {path} was written by another program: it declares no streams")
            self.declaration: Declaration = from_metadata(records[0].metadata)
            statistics = summary.statistics
            found = {topic_stream(channel.topic): number for number, channel in summary.channels.items()}
            self.counts = {s.name: int(statistics.channel_message_counts.get(found[s.name], 0)) for s in self.streams}
        self.start_ns, self.end_ns = int(statistics.message_start_time), int(statistics.message_end_time)

    @property
    def streams(self) -> tuple[Stream, ...]:
        """What was declared."""
        return self.declaration.streams

    def readings(self, *streams: str) -> Iterator[Reading]:
        """Readings in the order of arrival; those that arrived at the same time in the order recorded.

        Args:
            streams: Names; none for all.

        Raises:
            SensorReadError: a stream is not in the recording, or a chunk is damaged.
        """
        unknown = set(streams) - set(self.counts)
        if unknown:
            raise SensorReadError(
                f"recording {self.path} has no stream {sorted(unknown)}; it has {sorted(self.counts)}"
            )
        for item in self._items(READING_TOPIC + name for name in streams or self.counts):
            if isinstance(item, Reading):
                yield item

    def triggers(self) -> Iterator[RecordedTrigger]:
        """Triggers in the order of time.

        Raises:
            SensorReadError: a chunk is damaged.
        """
        return (item for item in self._items([TRIGGERS]) if isinstance(item, RecordedTrigger))

    def events(self) -> Iterator[SessionEvent]:
        """Sessions in the order of time.

        Raises:
            SensorReadError: a chunk is damaged.
        """
        return (item for item in self._items([SESSIONS]) if isinstance(item, SessionEvent))

    def everything(self) -> Iterator[Reading | Note]:
        """Readings, triggers and sessions in the order of time, as the line saw them.

        Raises:
            SensorReadError: a chunk is damaged.
        """
        return self._items([TRIGGERS, SESSIONS, *(READING_TOPIC + name for name in self.counts)])

    def _items(self, topics: Iterable[str]) -> Iterator[Reading | Note]:
        with self._reader() as reader:
            for _, channel, message in reader.iter_messages(list(topics)):
                if is_note(channel.topic):
                    yield decode_note(channel.topic, message.data)
                elif stream := topic_stream(channel.topic):
                    yield decode(stream, message.log_time, message.data)

    @contextmanager
    def _reader(self) -> Iterator[Any]:
        """The library's reader; all that it throws becomes one error."""
        try:
            from mcap.reader import SeekingReader
        except ImportError as error:
            raise SensorNotFoundError("recordings need the library mcap: pip install 'qc-station[live]'") from error
        with self._opened() as file:
            try:
                bounded = BoundedFile(file)
                # The library asks for nothing but `read` and `seek`.
                yield SeekingReader(cast(IO[bytes], bounded), validate_crcs=True, record_size_limit=bounded.size)
            except SensorError:
                raise
            # Whatever a damaged file makes the library stumble over: a list of that is never complete.
            except Exception as error:
                raise SensorReadError(
                    f"recording {self.path} is damaged: {type(error).__name__}: {error}; recover it: {_recovery(self.path)}"
                ) from error

    def _check_index(self) -> None:
        """Compare the CRC of the index, which the library does not look at; it ends before itself and the magic."""
        with self._opened() as file:
            file.seek(-_FOOTER_TAIL.size, SEEK_END)
            start, _, crc, magic = _FOOTER_TAIL.unpack(file.read())
            size = self.path.stat().st_size
            file.seek(start)
            found = zlib.crc32(file.read(size - start - 4 - len(MAGIC)))
        if magic != MAGIC:
            raise SensorReadError(f"recording {self.path} is damaged: it ends with {magic!r}, not {MAGIC!r}")
        if found != crc:
            raise SensorReadError(f"recording {self.path} is damaged: CRC of its index is {found:08x}, not {crc:08x}")

    def _opened(self) -> IO[bytes]:
        try:
            return self.path.open("rb")
        except OSError as error:
            raise SensorNotFoundError(f"no recording {self.path}: {error}") from error


def _recovery(path: Path) -> str:
    """The command that saves what is whole in a recording, as it has to be typed."""
    return f"qc-station recordings {shlex.quote(str(path.parent))} --check"
