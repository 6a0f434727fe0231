"""One recording being written: MCAP with a fixed order of channels.

Chunks are not compressed. Samples of sensors are mostly noise, which lz4 shrinks by little, and processor time on the box is
short; and only an uncompressed chunk can be found again behind a damaged place (`scan.py`).
"""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from sensors.errors import SensorNotFoundError
from sensors.readings import Reading
from sensors.recordings import payload
from sensors.recordings.declaration import NAME, TOPIC, Declaration, stream_json, to_metadata
from sensors.recordings.messages import NOTES, SESSIONS, TRIGGERS, Note, RecordedTrigger, encode_note, schema

CHUNK_BYTES = 64 * 1024
"""A chunk is written when it holds more; what a crash may cost besides the time since the last flush."""
DECLARATION_CHANNEL, TRIGGER_CHANNEL, SESSION_CHANNEL, FIRST_STREAM_CHANNEL = 1, 2, 3, 4
"""The declaration, then triggers, then sessions, then one channel per stream in the order declared."""
READING_TOPIC = "readings/"
"""Before the name of a stream."""
CONFIG_ATTACHMENT = "station.toml"
"""Name of the attachment."""


class Output(Protocol):
    """A file opened for writing, unbuffered: what counts as written is in the kernel's hands."""

    def write(self, data: bytes | memoryview, /) -> int | None:
        """Write some bytes; says how many."""
        ...

    def fileno(self) -> int:
        """The descriptor."""
        ...

    def close(self) -> None:
        """Release it."""
        ...


OpenOutput = Callable[[Path], Output]


def open_output(path: Path) -> Output:
    """A new file, unbuffered; fails if there is one of that name."""
    return path.open("xb", buffering=0)


class RecordingFile:
    """Writes one recording; raises OSError as the file does."""

    def __init__(self, output: Output, declaration: Declaration) -> None:
        """Write everything that stands before the first reading.

        Args:
            output: An empty file.
            declaration: Streams, clocks and configuration.

        Raises:
            SensorNotFoundError: the library `mcap` is not installed.
        """
        try:
            from mcap.writer import CompressionType, Writer
        except ImportError as error:
            raise SensorNotFoundError("recording needs the library mcap: pip install 'qc-station[live]'") from error
        self._output, self.size = output, 0
        self._channels = {s.name: FIRST_STREAM_CHANNEL + index for index, s in enumerate(declaration.streams)}
        # Typed in part only: some of its methods would be untyped calls.
        self._writer: Any = Writer(self, chunk_size=CHUNK_BYTES, compression=CompressionType.NONE)  # type: ignore[arg-type]
        self._begin(declaration)

    def _begin(self, declaration: Declaration) -> None:
        writer, time_ns = self._writer, declaration.monotonic_ns
        writer.start(profile="qc_station", library="qc_station")
        writer.add_metadata(NAME, to_metadata(declaration))
        writer.add_attachment(
            declaration.wall_ns, time_ns, CONFIG_ATTACHMENT, "application/toml", declaration.config.encode()
        )
        json_schema = writer.register_schema(NAME, "jsonschema", b'{"type": "object"}')
        writer.register_channel(TOPIC, "json", json_schema)
        for topic, kind in NOTES.items():
            writer.register_channel(topic, "json", writer.register_schema(kind.__name__, "jsonschema", schema(topic)))
        reading_schema = writer.register_schema(payload.SCHEMA_NAME, payload.SCHEMA_ENCODING, payload.SCHEMA.encode())
        for stream in declaration.streams:
            metadata = {"stream": stream_json(stream)}
            writer.register_channel(READING_TOPIC + stream.name, payload.ENCODING, reading_schema, metadata)
        self.message(DECLARATION_CHANNEL, time_ns, time_ns, json.dumps(to_metadata(declaration)).encode())
        # A chunk of its own: no damage to readings can take the channels along.
        writer.flush()

    @property
    def streams(self) -> tuple[str, ...]:
        """Names of the declared streams."""
        return tuple(self._channels)

    def reading(self, reading: Reading) -> None:
        """Append a reading of a declared stream."""
        device_ns = reading.device_ns
        publish_ns = device_ns if device_ns is not None and device_ns >= 0 else reading.arrival_ns
        self.message(self._channels[reading.stream], reading.arrival_ns, publish_ns, payload.encode(reading))

    def note(self, note: Note) -> None:
        """Append a trigger or session."""
        channel = TRIGGER_CHANNEL if isinstance(note, RecordedTrigger) else SESSION_CHANNEL
        self.message(channel, note.time_ns, note.time_ns, encode_note(note))

    def message(self, channel: int, log_ns: int, publish_ns: int, data: bytes) -> None:
        """Append a message as it is."""
        self._writer.add_message(channel, log_ns, data, publish_ns)

    def sync(self) -> None:
        """Finish the chunk and wait until the disk has it."""
        self._writer.flush()
        os.fsync(self._output.fileno())

    def finish(self) -> None:
        """Write the index, wait until the disk has all and release the file."""
        self._writer.finish()
        os.fsync(self._output.fileno())
        self._output.close()

    def write(self, data: bytes) -> int:
        """For the library: all of the bytes or OSError."""
        rest = memoryview(data)
        while rest:
            written = self._output.write(rest) or 0
            self.size += written
            rest = rest[written:]
        return len(data)

    def tell(self) -> int:
        """For the library: bytes so far."""
        return self.size

    def flush(self) -> None:
        """For the library: nothing is held back here."""


def topic_stream(topic: str) -> str | None:
    """The stream whose readings a topic carries."""
    return topic.removeprefix(READING_TOPIC) if topic.startswith(READING_TOPIC) else None


def is_note(topic: str) -> bool:
    """Whether a topic carries triggers or sessions."""
    return topic in (TRIGGERS, SESSIONS)


def closed_quietly(output: Any) -> bool:
    """Release a file that has already failed; whether even that went well."""
    try:
        output.close()
    except OSError:
        return False
    return True
