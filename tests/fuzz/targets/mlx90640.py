"""Binary frames of a thermal camera module."""

from sensors.protocols.mlx90640 import HEADER, Mlx90640
from tests.fuzz.decoding import check
from tests.sensors.protocols.test_mlx90640 import GOLDEN, frame

CORPUS = (GOLDEN, frame(2345) + frame(2345, words=True), frame(-4000)[700:] + frame(30000))
TOKENS = (HEADER, HEADER[:1], HEADER[:3], frame(2000), frame(2000)[:-1], b"\xff\x7f", b"\x00\x80")


def fuzz(data: bytes) -> None:
    """Any bytes at all."""
    # What looks like the head of a frame may hide a frame that follows until one more frame's length has come.
    check(Mlx90640, data, frame(1000) + frame(1001) + frame(1002))
