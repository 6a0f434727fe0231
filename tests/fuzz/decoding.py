"""What holds for the decoder of every protocol, whatever bytes come."""

import pickle
import random
import zlib
from collections.abc import Callable
from itertools import pairwise

import numpy as np

from sensors.protocols.decoder import Decoded, Decoder
from tests.sensors.protocols.wires import plain

HELD_BYTES = 16_384
"""What a decoder may hold on to: a line or frame, and what it remembers of the last one."""
SPLITS, SINGLE_BYTES = 8, 100

Build = Callable[[], Decoder]


def check(build: Build, data: bytes, good: bytes | None) -> None:
    """Raise AssertionError unless the decoder does with these bytes what every decoder must.

    Args:
        build: Makes the decoder.
        data: Anything.
        good: A wire that gives at least one sample, even behind anything; None where there is no such wire.
    """
    whole = build()
    expected = _fed(whole, [data])
    split = build()
    assert plain(_fed(split, _pieces(data))) == plain(expected), "other pieces give other samples"
    assert split.counters == whole.counters, f"other pieces give other counts: {split.counters}, {whole.counters}"
    if good is not None:
        assert _fed(whole, [good]), "what is good is not found behind these bytes"
        whole.reset()
        assert _fed(whole, [good]), "what is good is not found after a reset"


def _fed(decoder: Decoder, pieces: list[bytes]) -> list[Decoded]:
    """The samples, each as it is declared."""
    found = [one for piece in pieces for one in decoder.feed(piece)]
    for one in found:
        assert one.data.shape == (1, *decoder.shape), f"shape {one.data.shape}; declared {decoder.shape}"
        assert one.data.dtype == np.float32, f"dtype {one.data.dtype}"
        assert np.isfinite(one.data).all(), f"not finite: {one.data}"
        assert one.device_ns is None or one.device_ns >= 0, f"device time {one.device_ns}"
    assert not found or decoder.ready, "samples before the shape is known"
    held = len(pickle.dumps(decoder))
    assert held <= HELD_BYTES, f"{held} bytes are held (limit {HELD_BYTES})"
    return found


def _pieces(data: bytes) -> list[bytes]:
    """Some pieces, and single bytes at one place; the same cuts for the same bytes, so that a failure comes again."""
    chance = random.Random(zlib.crc32(data))  # noqa: S311 - cuts, no secrets
    first = chance.randrange(len(data) + 1)
    single = range(first, min(len(data), first + SINGLE_BYTES))
    cuts = sorted([*single, *(chance.randrange(len(data) + 1) for _ in range(SPLITS))])
    return [data[start:stop] for start, stop in pairwise([0, *cuts, len(data)])]
