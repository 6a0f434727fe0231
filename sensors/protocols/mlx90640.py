"""Binary frames of the GY-MCU90640, a Melexis MLX90640 thermal array behind a microcontroller.

A frame has 1544 bytes, all numbers little-endian:

    0     5A 5A         begin
    2     02 06         1538, the bytes from here to the checksum
    4     768 x int16   pixels, row by row, hundredths of a degree Celsius
    1540  int16         temperature of the sensor itself, hundredths of a degree Celsius
    1542  uint16        sum of everything before it, modulo 65536

Source: the manual of the module and the script that reads it in github.com/vvkuryshev/GY-MCU90640-RPI-Python (layout,
commands). The sum is of bytes in some firmware and of 16-bit words in other, see components/mcu90640 of
github.com/patrick3399/esphome_components; both are taken.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensors.protocols.decoder import Decoded
from sensors.readings import Quality

HEADER = b"\x5a\x5a\x02\x06"
HEIGHT, WIDTH = 24, 32
CHECKSUM_AT = len(HEADER) + 2 * HEIGHT * WIDTH + 2
FRAME_BYTES = CHECKSUM_AT + 2
SPEAK = b"\xa5\x35\x02\xdc"
"""The command to send frames without being asked."""
RANGE_CELSIUS = (-40.0, 300.0)
"""What the sensor can measure: MLX90640 datasheet, object temperature."""


class Mlx90640:
    """Finds whole frames; a wrong checksum costs one frame, and the search goes on inside it.

    Where bytes before a frame look like a header by chance, the frame is given when a frame's length after them has
    come: later than it was whole, but not lost.
    """

    kind = "image"
    shape: tuple[int, ...] = (HEIGHT, WIDTH)
    units: tuple[str, ...] = ("Cel",)
    ready = True
    greeting = SPEAK

    def __init__(self) -> None:
        """Nothing was received yet."""
        self.counters: dict[str, int] = {"malformed_bytes": 0, "bad_checksums": 0}
        self._held = bytearray()
        self._previous = b""
        self._gap = False

    def feed(self, data: bytes) -> list[Decoded]:
        """Take bytes; see `Decoder.feed`.

        Returns:
            Frames with data of shape (1, 24, 32), degrees Celsius, float32. REPEATED where all pixels are those of
            the frame before, SATURATED where one is at or beyond the sensor's range.
        """
        self._held += data
        decoded, position = [], 0
        while (found := self._held.find(HEADER, position)) >= 0:
            self._skip(found - position)
            position = found
            if len(self._held) - position < FRAME_BYTES:
                break
            frame = bytes(self._held[position : position + FRAME_BYTES])
            if _intact(frame):
                decoded.append(self._decode(frame))
                position += FRAME_BYTES
            else:
                # The header may have been a chance, or bytes were lost: the next frame may begin inside this one.
                self.counters["bad_checksums"] += 1
                self._skip(1)
                position += 1
        if found < 0:
            kept = _beginning_at_end(self._held[position:])
            self._skip(len(self._held) - position - kept)
            position = len(self._held) - kept
        del self._held[:position]
        return decoded

    def reset(self) -> None:
        """Forget a half-received frame."""
        self._held.clear()
        self._previous, self._gap = b"", False

    def _skip(self, count: int) -> None:
        """Count bytes that belong to no frame; before the first frame they are only the end of one."""
        self.counters["malformed_bytes"] += count
        self._gap |= bool(count) and bool(self._previous)

    def _decode(self, frame: bytes) -> Decoded:
        pixels = frame[len(HEADER) : CHECKSUM_AT - 2]
        hundredths: NDArray[Any] = np.frombuffer(pixels, "<i2").reshape(1, HEIGHT, WIDTH)
        quality = Quality.GAP_BEFORE if self._gap else Quality.OK
        if pixels == self._previous:
            quality |= Quality.REPEATED
        data = hundredths.astype(np.float32) / np.float32(100.0)
        if data.min() <= RANGE_CELSIUS[0] or data.max() >= RANGE_CELSIUS[1]:
            quality |= Quality.SATURATED
        self._previous, self._gap = pixels, False
        return Decoded(data=data, quality=quality)


def _intact(frame: bytes) -> bool:
    """Whether the checksum is that of either firmware."""
    expected = int.from_bytes(frame[CHECKSUM_AT:], "little")
    body = frame[:CHECKSUM_AT]
    words = np.frombuffer(body, "<u2")
    return expected in (sum(body) % 65536, int(words.sum(dtype=np.uint64)) % 65536)


def _beginning_at_end(data: bytes | bytearray) -> int:
    """How many bytes at the end may begin a header."""
    return next(count for count in (3, 2, 1, 0) if data.endswith(HEADER[:count]))


PROTOCOL = Mlx90640
