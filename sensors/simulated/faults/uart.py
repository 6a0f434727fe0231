"""What a serial receiver reads when it listens at another speed than is sent.

Frames are 8N1: the line rests high, a start bit is low, eight bits follow from the lowest, a stop bit is high. A receiver
waits for a falling edge and looks at the middle of each bit as it counts them (Texas Instruments, PC16550D data sheet,
section 8.0; the start bit is looked at in its middle, and a shorter dip is noise). Where the stop bit is low a terminal
without INPCK, which is how pyserial opens one, hands the byte over all the same (termios(3)), and the next byte begins
with the next falling edge.
"""

import numpy as np
from numpy.typing import NDArray

FRAME_BITS = 10
"""Start, eight of data, stop."""


def levels(data: bytes) -> NDArray[np.uint8]:
    """The line, bit by bit as sent, shape (10 x bytes,), uint8, 1 is high."""
    frames = np.ones((len(data), FRAME_BITS), np.uint8)
    frames[:, 0] = 0
    frames[:, 1:9] = np.unpackbits(np.frombuffer(data, np.uint8)[:, None], axis=1, bitorder="little")
    return frames.reshape(-1)


def as_read(data: bytes, sent_baud: int, read_baud: int) -> bytes:
    """What a receiver at `read_baud` makes of bytes that were sent without pause at `sent_baud`.

    Args:
        data: The bytes; the line rests before and after them.
        sent_baud: Bits a second of the sender.
        read_baud: Bits a second of the receiver.

    Returns:
        The bytes it reads; the same ones while the speeds differ by less than about 5 %.
    """
    # Behind the end the line rests for as long as any frame of the receiver may reach.
    ratio = sent_baud / read_baud
    line = np.concatenate([levels(data), np.ones(int(np.ceil(ratio * FRAME_BITS)) + 1, np.uint8)])
    falls = np.flatnonzero((line == 0) & (np.concatenate([[1], line[:-1]]) == 1))
    middles = (np.arange(FRAME_BITS) + 0.5) * ratio
    found, ready = bytearray(), 0.0
    while (next_fall := int(np.searchsorted(falls, ready))) < falls.size:
        bits = line[(falls[next_fall] + middles).astype(np.int64)]
        if bits[0]:
            ready = falls[next_fall] + middles[0]
            continue
        found += np.packbits(bits[1:9], bitorder="little").tobytes()
        ready = falls[next_fall] + middles[-1]
    return bytes(found)
