"""Where a training's time and memory go: each stage of the method, and in it each path."""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar, Token
from dataclasses import dataclass, field
from pathlib import Path

STATUS = Path("/proc/self/status")
KILOBYTE = 1024


@dataclass(slots=True, kw_only=True)
class Spent:
    """One stage, over a whole training."""

    calls: int = 0
    """How often."""
    seconds: float = 0.0
    """Time inside, without the stages inside it."""
    peak_growth_bytes: int = 0
    """By how much the process's peak resident memory rose while it ran."""


@dataclass(slots=True)
class Profile:
    """Time and peak memory by stage, for as long as it is open; `with Profile() as profile: trainer.run()`."""

    stages: dict[str, Spent] = field(default_factory=dict)
    """By name: "advancement thermal", "adjustment shared" ..., in the order in which they were first met."""
    started: float = 0.0
    """When it was opened, by the clock of `time.perf_counter`."""
    seconds: float = 0.0
    """How long it was open."""
    _inside: list[float] = field(default_factory=list)
    _token: Token["Profile | None"] | None = None

    def __enter__(self) -> "Profile":
        """Begin; every `stage` of this thread reports here."""
        self._token, self.started = _OPEN.set(self), time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        """End."""
        if self._token:
            _OPEN.reset(self._token)
        self.seconds = time.perf_counter() - self.started

    @contextmanager
    def measured(self, name: str) -> Iterator[None]:
        """Charge what happens inside to a stage."""
        began, memory = time.perf_counter(), peak_bytes()
        self._inside.append(0.0)
        try:
            yield
        finally:
            whole = time.perf_counter() - began
            self.charge(name, whole - self._inside.pop(), peak_bytes() - memory)
            if self._inside:
                self._inside[-1] += whole

    def charge(self, name: str, seconds: float, memory: int = 0) -> None:
        """Add to a stage."""
        spent = self.stages.setdefault(name, Spent())
        spent.calls += 1
        spent.seconds += seconds
        spent.peak_growth_bytes += memory


_OPEN: ContextVar[Profile | None] = ContextVar("profile", default=None)


def stage(name: str) -> AbstractContextManager[None]:
    """Mark a stage of the method; costs half a microsecond while nobody profiles."""
    profile = _OPEN.get()
    return profile.measured(name) if profile else nullcontext()


def profiling() -> bool:
    """Whether a profile is open."""
    return _OPEN.get() is not None


def peak_bytes() -> int:
    """Largest resident memory of the process so far, VmHWM of Linux (proc_pid_status(5)); 0 where there is none.

    `getrusage` would give a process that a larger one started the larger one's peak: it outlives `exec`.
    """
    try:
        found = STATUS.read_bytes()
    except OSError:
        return 0
    _, named, rest = found.partition(b"VmHWM:")
    return int(rest.split(maxsplit=1)[0]) * KILOBYTE if named else 0


class BackwardStages:
    """Splits time and memory of a backward pass among the paths, which autograd walks one after the other.

    It goes through what was computed last first: all that is shared, then one encoder after the other. So the time from
    the moment in which the gradient of a stream's features is there until the next stream's is that of its encoder.
    """

    def __init__(self) -> None:
        self.at: float = 0.0
        self.peak: int = 0
        self.name = ""

    def begin(self) -> None:
        """Just before the backward pass."""
        self.at, self.peak, self.name = time.perf_counter(), peak_bytes(), "shared"

    def reached(self, name: str) -> None:
        """The gradient of a stream's features is there."""
        self._charge()
        self.name = name

    def end(self) -> None:
        """Just after the backward pass."""
        self._charge()

    def _charge(self) -> None:
        profile, now, peak = _OPEN.get(), time.perf_counter(), peak_bytes()
        if profile:
            profile.charge(f"gradient {self.name}", now - self.at, peak - self.peak)
        self.at, self.peak = now, peak
