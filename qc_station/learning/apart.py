"""A command in a process of its own: at low priority, so that the line goes first, and with a cap on its memory."""

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from qc_station.errors import RetrainingError

NICENESS = 19
MIB = 2**20
SHARE = 0.5
"""Of the box's memory that a training may take, where nobody says how much."""
ENVIRONMENT = {
    # Threads that spin while they wait would take the cores from inspection.
    "OMP_WAIT_POLICY": "PASSIVE",
    # One heap is reused where many each keep what they were given; to map large blocks one by one costs twice the time.
    "MALLOC_ARENA_MAX": "1",
}
"""What the process is started with."""
REFUSED = ("can't allocate memory", "cannot allocate memory", "bad_alloc", "bad allocation", "failed to allocate")
"""How torch, the C library and onnxruntime say in an exception of their own that memory was refused."""


def usual_memory_mib() -> int:
    """Half of the box's memory in MiB."""
    return int(SHARE * os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")) // MIB


def threads_beside_the_line() -> int:
    """All cores but one: what is in use goes on, and threads that wait for one that it holds back take longer than fewer."""
    return max(1, len(os.sched_getaffinity(0)) - 1)


def run_apart(arguments: Sequence[str], memory_mib: int) -> tuple[int, dict[str, Any]]:
    """Run `qc-station ARGUMENTS --json` and wait; what it prints for people goes to stderr as it comes.

    What is capped is the memory that the process may write to (RLIMIT_DATA): an address space of which torch and its
    threads map gigabytes that they never touch says little.

    Args:
        arguments: Command line without the program's name.
        memory_mib: The cap in MiB.

    Returns:
        Exit code and the JSON object.

    Raises:
        RetrainingError: the process was killed, or ended without an answer.
    """
    command = [sys.executable, "-m", "qc_station", *arguments, "--json"]
    # What is imported here is found there too, wherever the process starts.
    inherited = [str(Path(__file__).parents[2]), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = os.environ | ENVIRONMENT | {"PYTHONPATH": os.pathsep.join(inherited)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as child:  # noqa: S603 - ourselves
        try:
            _tame(child.pid, memory_mib)
            said, _ = child.communicate()
        except BaseException:
            child.terminate()
            raise
    return child.returncode, _answer(child.returncode, said, memory_mib)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an exception says that memory was refused, whichever library raised it."""
    return isinstance(error, MemoryError) or any(words in str(error).lower() for words in REFUSED)


def memory_refused(error: BaseException) -> RetrainingError:
    """What to tell people about it."""
    soft, _ = resource.getrlimit(resource.RLIMIT_DATA)
    cap = "no cap is set" if soft == resource.RLIM_INFINITY else f"the cap is {soft // MIB} MiB; see --memory"
    return RetrainingError(f"retraining needs more memory than it may take ({cap}): {error}")


def _tame(pid: int, memory_mib: int) -> None:
    """Lower priority and cap; a process that is over already needs neither."""
    try:
        os.setpriority(os.PRIO_PROCESS, pid, NICENESS)
        _, hard = resource.prlimit(pid, resource.RLIMIT_DATA)
        cap = memory_mib * MIB if hard == resource.RLIM_INFINITY else min(memory_mib * MIB, hard)
        resource.prlimit(pid, resource.RLIMIT_DATA, (cap, cap))
    except ProcessLookupError:
        return


def _answer(code: int, said: str, memory_mib: int) -> dict[str, Any]:
    lines = said.splitlines()
    try:
        found = msgspec.json.decode(lines[-1]) if lines else None
    except msgspec.DecodeError:
        found = None
    if isinstance(found, dict) and code >= 0:
        return found
    how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code} and no answer"
    raise RetrainingError(
        f"retraining {how}; its memory was capped at {memory_mib} MiB (--memory); nothing was changed"
    )
