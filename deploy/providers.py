"""Chooses the execution provider and the number of threads by measuring them on a bundle's own self-test.

What is fastest depends on the computer, on the network and on the build of onnxruntime; a list of preferences knows none
of them. A provider that does not give what the network gave is never chosen, however fast it is.
"""

import os
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import onnxruntime
from msgspec import Struct

from deploy.bundle import Bundle
from deploy.errors import BundleError
from deploy.runtime import CPU, session
from deploy.selftest import selftest_fault

KNOWN = ("TensorrtExecutionProvider", "CUDAExecutionProvider", "OpenVINOExecutionProvider", "XnnpackExecutionProvider")
"""Beside the CPU's; others, e.g. one that calls a service in the network, are nothing for a line."""
WARM_UP, RUNS = 5, 30
TIE = 1.05
"""Within such a factor of the fastest, fewer threads are better: capture and storage need the others."""


class Trial(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One provider with a number of threads."""

    provider: str
    """Name in onnxruntime."""
    threads: int
    """Of one inference."""
    median_ms: float | None
    """Of one part, every stream present; None where it was not measured."""
    fault: str
    """Why it must not be chosen; empty: it gave what the network gave."""


class Choice(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was chosen for one bundle on one computer, with what it was chosen from."""

    provider: str
    """Name in onnxruntime."""
    threads: int
    """Of one inference."""
    trials: tuple[Trial, ...]
    """Everything that was tried."""
    bundle: str
    """Digest of the bundle."""
    onnxruntime: str
    """Its version."""
    machine: str
    """The computer; a choice is not taken along to another one."""

    def told(self) -> str:
        """The choice and every figure in a line."""
        return f"{_name(self.provider)} with {_threads(self.threads)}; " + ", ".join(
            f"{_name(t.provider)} {t.threads}: {f'not usable ({t.fault})' if t.fault else f'{t.median_ms:.2f} ms'}"
            for t in self.trials
        )


Attempt = Callable[[Bundle, str, int], Trial]


def present() -> tuple[str, ...]:
    """The providers that this onnxruntime has, the CPU's last."""
    here = onnxruntime.get_available_providers()
    return (*(name for name in KNOWN if name in here), CPU)


def measure(bundle: Bundle, provider: str, threads: int, clock: Callable[[], int] = time.perf_counter_ns) -> Trial:
    """Start a provider, let it meet the self-test, and time it on the first part of that test.

    Args:
        bundle: Whole and unchanged.
        provider: Name in onnxruntime.
        threads: Of one inference.
        clock: In ns.
    """
    try:
        made = session(bundle.model, threads, provider)
        fault = selftest_fault(bundle, made)
    except BundleError as error:
        fault = str(error)
    if fault:
        return Trial(provider=provider, threads=threads, median_ms=None, fault=fault)
    return Trial(provider=provider, threads=threads, median_ms=_median_ms(bundle, made, clock), fault="")


def _median_ms(bundle: Bundle, made: Any, clock: Callable[[], int]) -> float:
    part = {name: rows[:1] for name, rows in bundle.selftest()[0].items()}
    names = list(bundle.manifest.outputs)
    spent = []
    for _ in range(WARM_UP + RUNS):
        begun = clock()
        made.run(names, part)
        spent.append(clock() - begun)
    return statistics.median(spent[WARM_UP:]) / 1e6


def choose(
    bundle: Bundle, *, providers: Sequence[str] | None = None, cores: int | None = None, attempt: Attempt = measure
) -> Choice:
    """Try every provider, the CPU with each number of threads, and take the fastest that meets the self-test.

    Args:
        bundle: Whole and unchanged.
        providers: To be tried; None: those that are here.
        cores: Most threads; None: as many as this process may use.
        attempt: What measures; another one in tests.

    Raises:
        BundleError: none of them meets the self-test.
    """
    most = cores or len(os.sched_getaffinity(0))
    pairs = [
        (name, threads)
        for name in (present() if providers is None else providers)
        for threads in (range(1, most + 1) if name == CPU else (1,))
    ]
    trials = tuple(attempt(bundle, name, threads) for name, threads in pairs)
    best = _best(bundle, trials)
    return Choice(
        provider=best.provider,
        threads=best.threads,
        trials=trials,
        bundle=bundle.manifest.digest,
        onnxruntime=onnxruntime.__version__,
        machine=machine(),
    )


def _best(bundle: Bundle, trials: Sequence[Trial]) -> Trial:
    times = {trial: trial.median_ms for trial in trials if not trial.fault and trial.median_ms is not None}
    if not times:
        said = "; ".join(f"{_name(trial.provider)}: {trial.fault}" for trial in trials)
        raise BundleError(f"bundle {bundle.name}: no execution provider meets its self-test: {said}")
    fast = min(times.values())
    return min((t for t in times if times[t] <= TIE * fast), key=lambda t: (t.threads, times[t]))


def stored(folder: Path, bundle: Bundle) -> Choice | None:
    """The choice for a bundle; None where there is none of this computer and this onnxruntime, or it is damaged."""
    try:
        found = msgspec.json.decode(_file(folder, bundle).read_bytes(), type=Choice)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        # It costs speed alone, and measuring again puts it right.
        return None
    here = (bundle.manifest.digest, onnxruntime.__version__, machine())
    known = any((t.provider, t.threads) == (found.provider, found.threads) and not t.fault for t in found.trials)
    return found if known and (found.bundle, found.onnxruntime, found.machine) == here else None


def store(folder: Path, bundle: Bundle, choice: Choice) -> Path:
    """Write a choice, whole or not at all.

    Raises:
        BundleError: the folder cannot be written.
    """
    file = _file(folder, bundle)
    part = file.with_name(f".{file.name}.part")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        part.write_bytes(msgspec.json.format(msgspec.json.encode(choice), indent=1) + b"\n")
        part.replace(file)
    except OSError as error:
        raise BundleError(f"{file} cannot be written: {error.strerror}") from error
    return file


def machine() -> str:
    """What a choice depends on: architecture, processor, how many of them, providers."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")
    cores = len(os.sched_getaffinity(0))
    return f"{platform.machine()}, {model}, {cores} processors, {', '.join(map(_name, present()))}"


def _file(folder: Path, bundle: Bundle) -> Path:
    return folder / f"provider-{bundle.name}.json"


def _name(provider: str) -> str:
    return provider.removesuffix("ExecutionProvider")


def _threads(count: int) -> str:
    return "1 thread" if count == 1 else f"{count} threads"
