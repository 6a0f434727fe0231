"""What is recorded beside readings: triggers and sessions, as JSON that Foxglove shows."""

import json
from dataclasses import asdict, dataclass

from sensors.errors import SensorReadError


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedTrigger:
    """A part stood in front of the sensors."""

    part: str
    """Identity of the part."""
    time_ns: int
    """CLOCK_MONOTONIC when it did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionEvent:
    """A device was opened or closed."""

    stream: str
    """Name of the stream."""
    session: int
    """Counts the times the device was opened."""
    kind: str
    """opened or closed."""
    reason: str
    """Why, in words for a person; empty where nothing is to be said."""
    time_ns: int
    """CLOCK_MONOTONIC when it was."""


Note = RecordedTrigger | SessionEvent
TRIGGERS, SESSIONS = "triggers", "sessions"
"""Topics of the two."""
NOTES: dict[str, type[RecordedTrigger] | type[SessionEvent]] = {TRIGGERS: RecordedTrigger, SESSIONS: SessionEvent}
EVENT_KINDS = ("opened", "closed")


def schema(topic: str) -> bytes:
    """The JSON schema of a topic's messages."""
    types = {name: "integer" if kind is int else "string" for name, kind in NOTES[topic].__annotations__.items()}
    properties = {name: {"type": kind} for name, kind in types.items()}
    return json.dumps({"type": "object", "properties": properties, "required": list(types)}).encode()


def encode_note(note: Note) -> bytes:
    """The message of a trigger or session."""
    return json.dumps(asdict(note), ensure_ascii=False).encode()


def decode_note(topic: str, message: bytes) -> Note:
    """The trigger or session in a message of a topic.

    Raises:
        SensorReadError: the message is not one of that topic.
    """
    kind = NOTES[topic]
    try:
        fields = json.loads(message)
        note = kind(**fields)
    except (ValueError, TypeError) as error:
        raise SensorReadError(f"topic '{topic}': no {kind.__name__} in {message[:80]!r}: {error}") from error
    wrong = [name for name, expected in kind.__annotations__.items() if type(fields[name]) is not expected]
    if wrong:
        raise SensorReadError(f"topic '{topic}': fields {wrong} of {message[:80]!r} are of another type")
    return note
