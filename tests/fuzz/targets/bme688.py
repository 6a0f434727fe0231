"""Heater cycles of a Bosch BME688, with and without ambient values."""

from sensors.protocols.bme688 import Bme688
from tests.fuzz.decoding import check
from tests.sensors.protocols.test_bme688 import GOLDEN, HEADER, cycle, step

CORPUS = (b"\0" + GOLDEN, b"\1" + HEADER + cycle(1000) + cycle(2000), b"\0" + cycle() + step(3) + cycle(5))
TOKENS = (HEADER, step(0), step(9), step(4, status=0x80), b"nan", b"1e400", b"0xb0", b"-1", b", ", b"\n", b"4294967296")


def fuzz(data: bytes) -> None:
    """The first byte says whether ambient values are asked for."""
    ambient = bool(data) and bool(data[0] % 2)
    check(lambda: Bme688(ambient=ambient), data[1:], b"\n" + HEADER + cycle(500_000))
