"""Lines of numbers, with declared channels and with a header."""

from sensors.protocols.csv import Csv
from tests.fuzz.decoding import check
from tests.sensors.protocols.test_csv import WIRE

HEADER = b"mq2;mq3\n"
CORPUS = (b"\0" + WIRE, b"\1" + HEADER + HEADER + b"412;388\n413;389\n")
TOKENS = (b"nan", b"inf", b"1e39", b"1e-50", b"1_0", b"+.5", b"mq2,mq3,mq135", HEADER, b"\r\n", b",,", b"x" * 1025)


def fuzz(data: bytes) -> None:
    """The first byte says whether the channels are declared."""
    if data and data[0] % 2:
        # Any header may have come, so that no wire can be good for certain.
        check(lambda: Csv(delimiter=";"), data[1:], None)
    else:
        check(lambda: Csv(channels=["mq2", "mq3", "mq135"]), data[1:], b"\n1,2,3\n4,5,6\n")
