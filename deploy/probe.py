"""Whether onnxruntime runs a graph at all, found out in a process of its own, so that a crash there ends nothing here.

The optimisers of onnxruntime are compiled code: one that meets a graph of another arithmetic than it was written for may
end the whole process instead of raising. `python -m deploy.probe FOLDER` is the process that may end.
"""

import os
import resource
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from deploy.errors import BundleError
from deploy.runtime import session

MODEL, INPUTS = "model.onnx", "inputs.npz"
LIMIT_S = 300.0
"""A session that takes longer is as good as none."""
STEPS = ("make the session", "run the self-test")
"""What the process says before it does it, so that whoever waits knows where it ended."""


def probe_fault(model: bytes, inputs: Mapping[str, NDArray[Any]], limit_s: float = LIMIT_S) -> str:
    """Make a session of a graph and run it, elsewhere.

    Args:
        model: ONNX bytes.
        inputs: Of the graph by name, as many parts as wanted, such as a bundle's self-test.
        limit_s: How long that may take.

    Returns:
        Why the graph cannot be used here, with the signal or code by which the process ended; empty where it can.
    """
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / MODEL).write_bytes(model)
        np.savez(Path(folder) / INPUTS, allow_pickle=False, **inputs)
        command = [sys.executable, "-m", "deploy.probe", folder]
        try:
            done = subprocess.run(  # noqa: S603 - ourselves
                command, capture_output=True, text=True, errors="replace", timeout=limit_s, env=_environment()
            )
        except subprocess.TimeoutExpired:
            return f"onnxruntime {onnxruntime.__version__} did not make the session and run it within {limit_s:g} s"
    return "" if done.returncode == 0 else _said(done.returncode, done.stdout, done.stderr)


def _environment() -> dict[str, str]:
    """What is imported here is found there too, wherever the process starts."""
    inherited = [str(Path(__file__).parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])]
    return os.environ | {"PYTHONPATH": os.pathsep.join(inherited)}


def _said(code: int, out: str, errors: str) -> str:
    lines, steps = errors.strip().splitlines(), [line for line in out.splitlines() if line in STEPS]
    if code > 0 and lines:
        return lines[-1]
    how = f"ended by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"
    doing = steps[-1] if steps else "start"
    return f"onnxruntime {onnxruntime.__version__} was {how} where it had to {doing}, in a process of its own"


def main(folder: Path) -> int:
    """The process: 0 where the graph runs, 1 with a line on stderr where it is refused."""
    # It is expected that this may crash; a core file on a box's disk would help nobody.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with np.load(folder / INPUTS) as arrays:
        inputs = dict(arrays)
    try:
        print(STEPS[0], flush=True)
        made = session((folder / MODEL).read_bytes(), 1)
        print(STEPS[1], flush=True)
        # One part alone and all at once: onnxruntime plans each shape by itself.
        made.run(None, {name: rows[:1] for name, rows in inputs.items()})
        made.run(None, inputs)
    except BundleError as error:
        print(error, file=sys.stderr)
        return 1
    except Exception as error:  # onnxruntime's own exceptions share no public base
        print(f"its self-test cannot be run: {' '.join(str(error).split())}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
