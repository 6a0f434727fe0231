"""One JSON object a line, with the device's time."""

from sensors.protocols.jsonl import JsonLines
from tests.fuzz.decoding import check
from tests.sensors.protocols.test_jsonl import WIRE

CORPUS = (WIRE, b'{"mq2": -1.5e3, "mq135": 0, "ms": 4294967295}\n{"mq2": 1, "mq135": 0, "ms": 20}\n')
TOKENS = (b"NaN", b"-Infinity", b"1e39", b"true", b"null", b"[" * 600, b'{"mq2":' * 100, b'"ms": -1', b"\\u0000", b"\n")


def fuzz(data: bytes) -> None:
    """Any bytes at all."""
    good = b'\n{"mq2": 1, "mq135": 2, "ms": 3}\n'
    check(lambda: JsonLines(channels=["mq2", "mq135"], time_key="ms"), data, good)
