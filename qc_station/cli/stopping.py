"""Ends a loop between two of its steps when a person or a service manager asks; no command of its own."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

ASKS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def stopping() -> Iterator[Callable[[], bool]]:
    """Hold back Ctrl-C and SIGTERM until the loop looks; an exception in the middle of a step would lose a part.

    Yields:
        Whether one of them came. A second one is raised at once, as KeyboardInterrupt.
    """
    asked = False

    def ask(_number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True

    before = {one: signal.signal(one, ask) for one in ASKS}
    try:
        yield lambda: asked
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
