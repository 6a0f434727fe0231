"""Whether this computer, this installation and a station can do their work; every check is one function."""

import os
import platform
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from qc_station.bundle_checks import bundle_checks, one_bundle
from qc_station.check import Check
from sensors.errors import QCError

INSPECTING: Final = ("click", "cv2", "msgspec", "numpy", "onnxruntime", "rich", "soundfile")
"""Modules without which nothing works."""
TRAINING: Final = ("torch", "onnx", "onnxscript", "torchjd", "sklearn", "scipy")
"""Modules that only training needs; a box that inspects has none of them."""
DISTRIBUTIONS: Final = {"cv2": "opencv-python-headless", "sklearn": "scikit-learn"}
"""Names of packages whose module is called otherwise."""
LEAST_FREE_MIB: Final = 1024
COARSEST_CLOCK_S: Final = 1e-3
EARLIEST_YEAR: Final = 2024
"""A wall clock before this was never set; it is only shown to people, but they read it."""


def checkup(station: Path | None, bundle: Path | None = None, *, measure: bool = False) -> list[Check]:
    """Look at everything; a check that raises fails and hides no other.

    Args:
        station: A station's folder to look at as well; None looks at the installation alone.
        bundle: A bundle to look at, wherever it lies; its execution providers are measured.
        measure: Measure the execution providers for every bundle of the station, and note which is the fastest.
    """
    checks: dict[str, Callable[[], Iterator[Check]]] = {
        "program": _program,
        "modules": _modules,
        "execution providers": _providers,
        "processors": _processors,
        "clocks": _clocks,
        "disk": partial(_disk, station or Path.cwd()),
    }
    if station is not None:
        checks |= {"configuration": partial(_config, station), "store": partial(_store, station)}
        checks |= {"bundle": partial(bundle_checks, station, measure=measure)}
    if bundle is not None:
        checks |= {f"bundle {bundle.name}": partial(one_bundle, bundle)}
    return [found for name, check in checks.items() for found in _safe(name, check)]


def _safe(name: str, check: Callable[[], Iterator[Check]]) -> Iterator[Check]:
    try:
        yield from check()
    except (QCError, OSError, ImportError, RuntimeError) as error:
        yield Check(name=name, passed=False, detail=str(error))


def _program() -> Iterator[Check]:
    try:
        own = version("qc-station")
    except PackageNotFoundError:
        own = "run from a source tree that is not installed"
    python = ".".join(map(str, sys.version_info[:3]))
    yield Check(name="qc-station", passed=True, detail=own)
    allowed = "" if sys.version_info >= (3, 11) else "; allowed: 3.11 or later"
    yield Check(name="python", passed=not allowed, detail=f"{python} on {platform.machine()}{allowed}")


def _modules() -> Iterator[Check]:
    for name in INSPECTING:
        found = _version(name)
        yield Check(name=name, passed=found is not None, detail=found or "missing; `pip install qc-station` brings it")
    missing = [name for name in TRAINING if _version(name) is None]
    there = ", ".join(f"{name} {_version(name)}" for name in TRAINING if name not in missing)
    detail = there if not missing else f"this box inspects only; missing: {', '.join(missing)}"
    yield Check(name="training", passed=True, detail=detail)


def _version(module: str) -> str | None:
    """A module's version; None where it is not there."""
    if find_spec(module) is None:
        return None
    try:
        return version(DISTRIBUTIONS.get(module, module))
    except PackageNotFoundError:
        return "of unknown version"


def _providers() -> Iterator[Check]:
    import onnxruntime

    names = onnxruntime.get_available_providers()
    passed = "CPUExecutionProvider" in names
    allowed = "" if passed else "; allowed: CPUExecutionProvider among them"
    yield Check(name="execution providers", passed=passed, detail=f"{', '.join(names)}{allowed}")


def _processors() -> Iterator[Check]:
    usable = len(os.sched_getaffinity(0))
    yield Check(name="processors", passed=True, detail=f"{usable} usable of {os.cpu_count()}")


def _clocks() -> Iterator[Check]:
    info = time.get_clock_info("monotonic")
    passed = info.monotonic and not info.adjustable and info.resolution <= COARSEST_CLOCK_S
    allowed = "" if passed else f"; allowed: one that cannot be set, in steps of {COARSEST_CLOCK_S:g} s or finer"
    detail = f"{info.implementation}, {info.resolution:g} s steps, source {_clock_source()}{allowed}"
    yield Check(name="monotonic clock", passed=passed, detail=detail)
    now = time.gmtime()
    shown = time.strftime("%Y-%m-%d %H:%M:%S UTC", now)
    passed = now.tm_year >= EARLIEST_YEAR
    yield Check(name="wall clock", passed=passed, detail=shown if passed else f"{shown}: was never set; set the time")


def _clock_source() -> str:
    """What the kernel keeps its time with; a box on a PC should say tsc."""
    try:
        return Path("/sys/devices/system/clocksource/clocksource0/current_clocksource").read_text().strip()
    except OSError:
        return "unknown"


def _disk(folder: Path) -> Iterator[Check]:
    there = next(path for path in [folder, *folder.absolute().parents] if path.exists())
    free = shutil.disk_usage(there).free // 2**20
    passed = free >= LEAST_FREE_MIB
    allowed = "" if passed else f"; allowed: {LEAST_FREE_MIB} MiB or more"
    yield Check(name="disk", passed=passed, detail=f"{free} MiB free at {there}{allowed}")


def _config(station: Path) -> Iterator[Check]:
    from qc_station.config.loading import load_station

    config = load_station(station)
    yield Check(name="configuration", passed=True, detail=f"{config.name!r} with {', '.join(config.streams)}")


def _store(station: Path) -> Iterator[Check]:
    from qc_station.store import Store
    from qc_station.store.schema import FILE_NAME

    if not (station / FILE_NAME).exists():
        yield Check(name="store", passed=True, detail="none yet; `qc-station import` makes one")
        return
    with Store.open(station) as store:
        faults, counts = store.check(), store.counts()
    detail = (
        f"{counts['items']} items, {sum(counts['decisions'].values())} decisions, {counts['open_parts']} open parts"
    )
    yield Check(name="store", passed=not faults, detail="; ".join([detail, *faults]))
