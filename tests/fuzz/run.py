"""Throws changed inputs at one target for a while: `python tests/fuzz/run.py TARGET [--seconds 60] [--seed 1]`.

Prints a JSON line of what was done. An input that breaks the target is written beside the working folder's files as
fuzz-TARGET-CRC.bin, and `--input FILE` runs it again. With `--engine atheris` that fuzzer, if it is installed, follows the
branches that inputs take; it runs until it finds something or the seconds are over.
"""

import argparse
import json
import pkgutil
import sys
import time
import traceback
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from itertools import chain
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import tests.fuzz.targets
from tests.fuzz.mutation import Mutation


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of fuzzing."""

    executions: int
    """Inputs that were tried."""
    broken_by: bytes | None
    """The input that broke the target."""
    failure: str
    """How; empty where nothing did."""


def names() -> list[str]:
    """Every file of `targets` is one."""
    return [module.name for module in pkgutil.iter_modules(tests.fuzz.targets.__path__)]


def target(name: str) -> Any:
    """The module of a target: `fuzz(data)`, CORPUS and TOKENS."""
    return import_module(f"tests.fuzz.targets.{name}")


def inputs(module: Any, seed: int) -> Iterator[bytes]:
    """The corpus as it is, then changed for ever."""
    mutation = Mutation(module.CORPUS, module.TOKENS, seed)
    return chain(module.CORPUS, iter(mutation.next, None))


def throw(fuzz: Callable[[bytes], None], some: Iterator[bytes], goes_on: Callable[[int], bool]) -> Outcome:
    """Try inputs until one breaks the target, or no more are wanted."""
    executions = 0
    for data in some:
        if not goes_on(executions):
            break
        executions += 1
        try:
            fuzz(data)
        except Exception:
            return Outcome(executions=executions, broken_by=data, failure=traceback.format_exc())
    return Outcome(executions=executions, broken_by=None, failure="")


def follow(name: str, seconds: float, seed: int) -> None:
    """Hand over to atheris, which does not come back."""
    import atheris

    with atheris.instrument_imports(include=["sensors"]):
        module = target(name)
    # It makes its own corpus; ours is only where it begins.
    folder = Path(f"fuzz-corpus-{name}")
    folder.mkdir(exist_ok=True)
    for number, data in enumerate(module.CORPUS):
        (folder / f"golden{number}").write_bytes(data)
    atheris.Setup([sys.argv[0], f"-max_total_time={seconds:.0f}", f"-seed={seed}", str(folder)], module.fuzz)
    atheris.Fuzz()


def main() -> None:
    """Exit 1 where an input broke the target."""
    parser = argparse.ArgumentParser()
    parser.add_argument("target", choices=names())
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--engine", choices=("own", "atheris"), default="own")
    parser.add_argument("--input", type=Path)
    given = parser.parse_args()
    if given.engine == "atheris":
        follow(given.target, given.seconds, given.seed)
    module = target(given.target)
    some = inputs(module, given.seed) if given.input is None else iter([given.input.read_bytes()])
    started = time.monotonic()
    outcome = throw(module.fuzz, some, lambda _: time.monotonic() - started < given.seconds)
    result = {"fuzz": given.target, "executions": outcome.executions, "seed": given.seed}
    print(json.dumps(result | {"seconds": round(time.monotonic() - started, 1), "broken": bool(outcome.failure)}))
    if outcome.broken_by is not None:
        path = Path(f"fuzz-{given.target}-{zlib.crc32(outcome.broken_by):08x}.bin")
        path.write_bytes(outcome.broken_by)
        sys.exit(f"{outcome.failure}\n{path}: {outcome.broken_by[:200]!r}")


if __name__ == "__main__":
    main()
