"""What stands in the messages of a recording: readings, triggers and sessions."""

from contextlib import suppress

import numpy as np

from sensors.errors import SensorReadError
from sensors.readings import Quality, Reading
from sensors.recordings.messages import NOTES, RecordedTrigger, SessionEvent, decode_note, encode_note
from sensors.recordings.payload import decode, encode

READING = Reading(
    stream="heat",
    session=1,
    seq=7,
    arrival_ns=5,
    device_ns=3,
    data=np.arange(12, dtype=np.uint16).reshape(1, 3, 4),
    quality=Quality.SATURATED,
)
NOTE = SessionEvent(stream="heat", session=1, kind="opened", reason="", time_ns=5)
CORPUS = (encode(READING), encode_note(NOTE), encode_note(RecordedTrigger(part="a", time_ns=9)))
TOKENS = (b"<f8", b"|O", b"<M8[ns]", b"<U4", b"f4,f4", b"(2,)f4", b">c16", b"\xff" * 8, b"null", b"1e999", b"true")


def fuzz(data: bytes) -> None:
    """What can be decoded is encoded to the same again; the rest is refused with the one error."""
    with suppress(SensorReadError):
        _reading(data)
    for topic in NOTES:
        with suppress(SensorReadError):
            note = decode_note(topic, data)
            assert decode_note(topic, encode_note(note)) == note


def _reading(data: bytes) -> None:
    reading = decode("heat", 5, data)
    assert reading.data.nbytes <= len(data), f"{reading.data.nbytes} bytes of samples in {len(data)} bytes"
    again = decode("heat", 5, encode(reading))
    assert again.data.tobytes() == reading.data.tobytes()
    assert (again.seq, again.device_ns, again.quality) == (reading.seq, reading.device_ns, reading.quality)
