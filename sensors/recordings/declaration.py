"""What a recording says about itself before its first message.

One MCAP metadata record named `qc_station.declaration`: `json` holds an object with `streams` (list of `Stream` fields),
`config`, `run` and the pair `monotonic_ns`, `wall_ns`; `crc32` guards it, in eight hexadecimal digits, because MCAP guards
chunks only. The same two fields are the first message (topic `declaration`), so that one damaged place cannot hide them.
"""

import json
import zlib
from dataclasses import asdict, dataclass
from typing import Any

from sensors.streams import Stream

NAME, TOPIC = "qc_station.declaration", "declaration"
"""Name of the metadata record; topic of the message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """Streams and clocks of one recording."""

    streams: tuple[Stream, ...]
    """Every stream that may occur."""
    config: str
    """The station's configuration as it was written by a person."""
    run: int
    """The same in all files of one recorder; wall time of its start in ns."""
    monotonic_ns: int
    """CLOCK_MONOTONIC when the file was begun: the clock of all times in it."""
    wall_ns: int
    """Nanoseconds since 1970 in UTC at that same moment; for display only."""


def stream_json(stream: Stream) -> str:
    """A stream's declaration."""
    return json.dumps(asdict(stream), sort_keys=True)


def stream_of(fields: dict[str, Any]) -> Stream:
    """The stream that was declared.

    Raises:
        ValueError, TypeError, KeyError: not the fields of a stream.
    """
    return Stream(**(fields | {"shape": tuple(fields["shape"]), "units": tuple(fields["units"])}))


def to_metadata(declaration: Declaration) -> dict[str, str]:
    """The metadata record of a declaration."""
    text = json.dumps(asdict(declaration), sort_keys=True)
    return {"json": text, "crc32": f"{zlib.crc32(text.encode()):08x}"}


def from_metadata(metadata: dict[str, str]) -> Declaration:
    """The declaration in a metadata record.

    Raises:
        ValueError, TypeError, KeyError: damaged, or not a declaration.
    """
    text = metadata["json"]
    if f"{zlib.crc32(text.encode()):08x}" != metadata["crc32"]:
        raise ValueError("the declaration of streams is damaged: its CRC does not match")
    fields = json.loads(text)
    return Declaration(**(fields | {"streams": tuple(map(stream_of, fields["streams"]))}))
