"""What the tests of all protocols share: feeding bytes in pieces, and comparing what came."""

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from hypothesis import strategies as st

from sensors.protocols.decoder import Decoded, Decoder


def plain(decoded: Iterable[Decoded]) -> list[tuple[Any, ...]]:
    """Samples as values that compare."""
    return [(one.data.tolist(), one.quality, one.device_ns, one.restarted) for one in decoded]


def fed(decoder: Decoder, wire: bytes, cuts: Iterable[int] = ()) -> list[tuple[Any, ...]]:
    """What a decoder gives for bytes that arrive in pieces."""
    edges = [0, *sorted(min(cut, len(wire)) for cut in cuts), len(wire)]
    return plain(one for start, stop in pairwise(edges) for one in decoder.feed(wire[start:stop]))


CUTS = st.lists(st.integers(0, 20_000), max_size=12)
"""Where to cut a wire; beyond its end is no cut."""
