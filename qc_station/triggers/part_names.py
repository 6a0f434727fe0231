"""The identity of parts."""

import secrets
import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime

LONGEST = 120
"""Characters of a part's name."""
REMEMBERED = 1000
"""A name may not come twice within so many parts."""


def name_fault(part: str) -> str | None:
    """Why a text cannot be the name of a part; None where it can."""
    if not part or part != part.strip():
        return f"part is {part!r}; allowed: a name without spaces around it"
    if len(part) > LONGEST:
        return f"part has {len(part)} characters; allowed: at most {LONGEST}"
    if not part.isprintable():
        return f"part is {part!r}; allowed: printable characters"
    return None


class PartNames:
    """Names parts that come without one, and notices one that comes again; any thread may ask."""

    def __init__(
        self,
        *,
        wall: Callable[[], int] = time.time_ns,
        token: Callable[[], str] = lambda: secrets.token_hex(2),
    ) -> None:
        """No part has come yet.

        Args:
            wall: Nanoseconds since 1970 in UTC.
            token: Tells apart two starts in the same second; a box without a clock of its own may boot at the same
                time of day again and again.
        """
        self._wall, self._token = wall, token
        self._run = ""
        self._count = 0
        self._lock = threading.Lock()
        self._known: set[str] = set()
        self._order: deque[str] = deque()

    def fresh(self) -> str:
        """A name that no other part has, in this run or another one, e.g. `20261121-070106-3fa2-000001`."""
        with self._lock:
            if not self._run:
                begun = datetime.fromtimestamp(self._wall() // 1_000_000_000, UTC)
                self._run = f"{begun:%Y%m%d-%H%M%S}-{self._token()}"
            self._count += 1
            name = f"{self._run}-{self._count:06d}"
            self._remember(name)
            return name

    def claim(self, part: str) -> bool:
        """Take a name for a part; False where one of the last parts had it already."""
        with self._lock:
            if part in self._known:
                return False
            self._remember(part)
            return True

    def release(self, part: str) -> None:
        """Give a claimed name back: the part did not come in, and may be said again."""
        with self._lock:
            if part in self._known:
                self._known.discard(part)
                self._order.remove(part)

    def _remember(self, part: str) -> None:
        self._known.add(part)
        self._order.append(part)
        if len(self._order) > REMEMBERED:
            self._known.discard(self._order.popleft())
