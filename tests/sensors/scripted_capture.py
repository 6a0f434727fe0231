"""A capture that does what a test writes down."""

import queue
import threading
from typing import Any

import numpy as np
from numpy.typing import NDArray


class ScriptedCapture:
    """Grabs what it is fed and hangs when it has nothing, as a camera does whose bus has died."""

    def __init__(self, width: int = 4, height: int = 3) -> None:
        self.size, self.rate_hz = (width, height), 9.0
        self.script: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.log: list[str] = []
        self.starved, self.released = threading.Event(), threading.Event()
        self.thread: threading.Thread | None = None
        self._raw: Any = None

    def feed(self, *frames: Any) -> "ScriptedCapture":
        for frame in frames:
            self.script.put(frame)
        return self

    def grab(self) -> bool:
        self.thread = threading.current_thread()
        if self.script.empty():
            self.starved.set()
        self._raw = self.script.get()
        self.log.append("grab")
        if isinstance(self._raw, Exception):
            raise self._raw
        return not isinstance(self._raw, str)

    def retrieve(self) -> NDArray[Any] | None:
        self.log.append("retrieve")
        return self._raw  # type: ignore[no-any-return]

    def release(self) -> None:
        self.released.set()


def frame(value: int) -> NDArray[np.uint16]:
    return np.full((3, 4), value, np.uint16)
