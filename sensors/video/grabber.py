"""The thread in which a capture may hang without anybody else noticing."""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from sensors.errors import SensorNotFoundError, SensorReadError
from sensors.video.capture import Capture

DEPTH = 4
"""Frames that wait; half a second of a Lepton."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grabbed:
    """One raw frame."""

    index: int
    """Counts the frames that were grabbed; a jump means that some were dropped."""
    arrival_ns: int
    """When grab() had returned."""
    raw: NDArray[Any]
    """As the capture delivered it."""


class Grabber:
    """Opens a capture, grabs and releases, all in one daemon thread, and hands frames over a bounded queue.

    Nobody can interrupt a call into a driver that hangs. So the thread belongs to one session only: when it is
    abandoned it keeps nothing of the next session busy, and ends by itself should the call ever return.
    """

    def __init__(self, open_capture: Callable[[], Capture], clock: Callable[[], int], *, name: str, film: bool) -> None:
        """Nothing is opened before `start`.

        Args:
            open_capture: Opens the source; called in the thread.
            clock: Nanoseconds.
            name: For messages and the name of the thread.
            film: Whether it is a file: that plays at its own rate, waits for the reader where otherwise the newest
                frames are kept, and running out of frames is its proper end instead of a failure.
        """
        self._open_capture, self._clock, self._name = open_capture, clock, name
        self._film = film
        self._condition = threading.Condition()
        self._frames: deque[Grabbed] = deque()
        self._facts: tuple[tuple[int, int], float | None] | None = None
        self._failure: Exception | None = None
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name=f"camera {name}", daemon=True)

    def start(self, wait_s: float) -> tuple[tuple[int, int], float | None]:
        """Opens the capture.

        Returns:
            (width, height) of its frames, and frames a second if it knows.

        Raises:
            SensorNotFoundError: it could not be opened, or not within `wait_s` seconds.
        """
        self._thread.start()
        with self._condition:
            self._condition.wait_for(lambda: self._facts or self._failure, wait_s)
            if self._facts:
                return self._facts
            if self._failure:
                raise self._failure
        raise SensorNotFoundError(f"'{self._name}' did not open within {wait_s:g} s")

    def take(self, wait_s: float) -> Grabbed | None:
        """The oldest frame that waits; None if none came within `wait_s` seconds.

        Raises:
            SensorReadError: the capture failed.
            EOFError: it has ended properly.
        """
        with self._condition:
            self._condition.wait_for(lambda: self._frames or self._failure, wait_s)
            if self._frames:
                frame = self._frames.popleft()
                self._condition.notify_all()
                return frame
            if self._failure:
                raise self._failure
        return None

    def stop(self, wait_s: float) -> bool:
        """Ends the thread; False if it hangs and had to be abandoned."""
        with self._condition:
            self._stopping = True
            self._condition.notify_all()
        self._thread.join(wait_s)
        return not self.hangs

    @property
    def hangs(self) -> bool:
        """Whether the thread is still there."""
        return self._thread.is_alive()

    def _run(self) -> None:
        """The life of the thread; whatever goes wrong is kept for the reader."""
        try:
            capture = self._open_capture()
        except Exception as error:
            self._fail(_as(SensorNotFoundError, error))
            return
        try:
            self._announce(capture)
            self._grab_all(capture)
        except Exception as error:
            self._fail(error if isinstance(error, EOFError) else _as(SensorReadError, error))
        finally:
            capture.release()

    def _announce(self, capture: Capture) -> None:
        """Tells `start` that the capture is open."""
        with self._condition:
            self._facts = (capture.size, capture.rate_hz)
            self._condition.notify_all()

    def _grab_all(self, capture: Capture) -> None:
        """Grabs until told to stop."""
        index, began_ns = 0, self._clock() if self._film else 0
        period_ns = 1e9 / capture.rate_hz if self._film and capture.rate_hz else 0.0
        while not self._stopping:
            if period_ns:
                self._await(began_ns + round(index * period_ns))
            grabbed = capture.grab()
            arrival_ns = self._clock()
            if not grabbed:
                raise EOFError if self._film else SensorReadError(f"no more frames came from '{self._name}'")
            raw = capture.retrieve()
            if raw is None:
                raise SensorReadError(f"a frame of '{self._name}' could not be decoded")
            self._offer(Grabbed(index=index, arrival_ns=arrival_ns, raw=raw))
            index += 1

    def _await(self, due_ns: int) -> None:
        """Waits until the next frame of a film is due, or the thread is to end."""
        left_s = (due_ns - self._clock()) / 1e9
        with self._condition:
            self._condition.wait_for(lambda: self._stopping, max(0.0, left_s))

    def _offer(self, frame: Grabbed) -> None:
        """Puts a frame into the queue: waits for room, or drops the oldest."""
        with self._condition:
            if self._film:
                self._condition.wait_for(lambda: len(self._frames) < DEPTH or self._stopping)
            elif len(self._frames) == DEPTH:
                self._frames.popleft()
            self._frames.append(frame)
            self._condition.notify_all()

    def _fail(self, error: Exception) -> None:
        """Keeps an error; frames that wait are still handed over before it."""
        with self._condition:
            self._failure = error
            self._condition.notify_all()


def _as(kind: type[SensorNotFoundError] | type[SensorReadError], error: Exception) -> Exception:
    """The error itself if it is of that kind, or one of that kind that says what it was."""
    if isinstance(error, kind):
        return error
    wrapped = kind(str(error) or type(error).__name__)
    wrapped.__cause__ = error
    return wrapped
