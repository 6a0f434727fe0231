"""Bytes changed a little, at random, as lines and files are damaged and as a parser is led astray."""

import random
from collections.abc import Callable, Sequence

LONGEST = 12_000
"""Bytes; what is longer is cut, so that an execution stays short."""
MOST_CHANGES = 6

Change = Callable[[bytes], bytes]


class Mutation:
    """An endless flow of inputs made from a corpus; the same seed gives the same flow."""

    def __init__(self, corpus: Sequence[bytes], tokens: Sequence[bytes], seed: int, longest: int = LONGEST) -> None:
        """Args: corpus: At least one input. tokens: What means something to the parser."""
        self._corpus, self._tokens, self._longest = list(corpus), [*tokens, b"\0", b"\xff" * 8], longest
        self._chance = random.Random(seed)  # noqa: S311 - has to come again
        self._changes: tuple[Change, ...] = (
            self._flip,
            self._overwrite,
            self._insert,
            self._remove,
            self._repeat,
            self._token,
            self._splice,
            self._cut,
        )

    def next(self) -> bytes:
        """One input."""
        data = self._chance.choice(self._corpus)
        for _ in range(self._chance.randint(1, MOST_CHANGES)):
            data = self._chance.choice(self._changes)(data)
        return data[: self._longest]

    def _flip(self, data: bytes) -> bytes:
        if not data:
            return data
        at = self._chance.randrange(len(data))
        return data[:at] + bytes([data[at] ^ 1 << self._chance.randrange(8)]) + data[at + 1 :]

    def _overwrite(self, data: bytes) -> bytes:
        at, some = self._place(data), self._some()
        return data[:at] + some + data[at + len(some) :]

    def _insert(self, data: bytes) -> bytes:
        at = self._place(data)
        return data[:at] + self._some() + data[at:]

    def _remove(self, data: bytes) -> bytes:
        start, stop = self._stretch(data)
        return data[:start] + data[stop:]

    def _repeat(self, data: bytes) -> bytes:
        start, stop = self._stretch(data)
        return data[:stop] + data[start:stop] * self._chance.choice((1, 1, 2, 40)) + data[stop:]

    def _token(self, data: bytes) -> bytes:
        at, token = self._place(data), self._chance.choice(self._tokens)
        kept = at if self._chance.random() < 0.5 else at + len(token)
        return data[:at] + token + data[kept:]

    def _splice(self, data: bytes) -> bytes:
        other = self._chance.choice(self._corpus)
        return data[: self._place(data)] + other[self._place(other) :]

    def _cut(self, data: bytes) -> bytes:
        return data[: self._place(data)]

    def _some(self) -> bytes:
        return self._chance.randbytes(self._chance.choice((1, 1, 2, 4, 8, 30)))

    def _place(self, data: bytes) -> int:
        return self._chance.randrange(len(data) + 1)

    def _stretch(self, data: bytes) -> tuple[int, int]:
        start = self._place(data)
        return start, min(len(data), start + self._chance.choice((1, 2, 4, 20, 200)))
