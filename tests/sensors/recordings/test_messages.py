import json

import pytest

from sensors.errors import SensorReadError
from sensors.recordings.messages import (
    SESSIONS,
    TRIGGERS,
    RecordedTrigger,
    SessionEvent,
    decode_note,
    encode_note,
    schema,
)

EVENT = SessionEvent(stream="mic", session=2, kind="closed", reason="cable, gezogen ü", time_ns=2**62)


def test_triggers_and_sessions_come_back() -> None:
    trigger = RecordedTrigger(part="A-17", time_ns=123)
    assert decode_note(TRIGGERS, encode_note(trigger)) == trigger
    assert decode_note(SESSIONS, encode_note(EVENT)) == EVENT


def test_the_json_schema_names_the_fields_of_the_message_with_their_types() -> None:
    properties = json.loads(schema(SESSIONS))["properties"]
    assert list(properties) == list(json.loads(encode_note(EVENT)))
    assert {name: kind["type"] for name, kind in properties.items()} == {
        "stream": "string",
        "session": "integer",
        "kind": "string",
        "reason": "string",
        "time_ns": "integer",
    }


@pytest.mark.parametrize(
    "message",
    [b"", b"[]", b"{", b'{"part": "a"}', b'{"part": 1, "time_ns": 2}', b'{"part": "a", "time_ns": 2, "x": 1}'],
)
def test_another_message_is_refused(message: bytes) -> None:
    with pytest.raises(SensorReadError, match="topic 'triggers'"):
        decode_note(TRIGGERS, message)
