"""What the manifest of a bundle may promise, and whether its self-test is of such a bundle."""

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from deploy.bundle import BundleStream, Manifest

PRESENCE = "presence"
"""The input that says which streams are there, bool, shape (parts, streams)."""
DTYPES = ("int16", "int32", "uint8", "uint16", "float32")
"""Of raw windows."""
MOST_VALUES = 2**24
"""Of one window: 64 MiB as float32, five minutes of sound at 48 kHz."""
MOST_STREAMS = 64
COSTS = ("escape", "overkill", "review")


def manifest_faults(manifest: "Manifest") -> Iterator[str]:
    """What a manifest promises that no bundle can hold; it may be sealed in good order all the same."""
    if not 1 <= len(manifest.streams) <= MOST_STREAMS:
        yield f"{len(manifest.streams)} streams; allowed: 1 to {MOST_STREAMS}"
    if PRESENCE in manifest.streams:
        yield f"a stream named {PRESENCE!r}, which is the name of the presence mask"
    for name, stream in manifest.streams.items():
        yield from _stream_faults(name, stream)
    for name, cost in manifest.costs.items():
        if name not in COSTS or not 0 <= cost < math.inf:
            yield f"costs.{name} = {cost}; allowed: {', '.join(COSTS)}, each 0 or more"


def _stream_faults(name: str, stream: "BundleStream") -> Iterator[str]:
    if stream.dtype not in DTYPES:
        yield f"stream {name!r} of dtype {stream.dtype!r}; allowed: {', '.join(DTYPES)}"
    if not stream.shape or min(stream.shape) < 1 or math.prod(stream.shape) > MOST_VALUES:
        yield f"stream {name!r} of shape {stream.shape}; allowed: every length from 1, at most {MOST_VALUES} values"
    if stream.rate_hz is not None and not 0 < stream.rate_hz < math.inf:
        yield f"stream {name!r} at {stream.rate_hz} Hz; allowed: more than 0"


def selftest_faults(
    manifest: "Manifest", inputs: Mapping[str, NDArray[Any]], outputs: Mapping[str, NDArray[Any]]
) -> Iterator[str]:
    """Where a self-test is not of the windows, classes and dtypes that the manifest promises."""
    presence = inputs.get(PRESENCE, np.empty(0))
    parts = len(presence)
    shapes = {name: (parts, *stream.shape) for name, stream in manifest.streams.items()}
    shapes[PRESENCE] = (parts, len(manifest.streams))
    for name in shapes.keys() & inputs.keys():
        dtype = np.dtype(np.bool_ if name == PRESENCE else np.float32)
        if parts < 1 or inputs[name].shape != shapes[name] or inputs[name].dtype != dtype:
            found = f"{inputs[name].dtype} of shape {inputs[name].shape}"
            yield f"self-test input {name!r} is {found}; the manifest promises {dtype} of shape {shapes[name]}"
    for name, task in manifest.tasks.items():
        answers = (parts, len(task.classes) or 1)
        if name not in manifest.outputs:
            yield f"task {name!r} has no output; there are {', '.join(manifest.outputs)}"
        elif name in outputs and outputs[name].shape != answers:
            yield f"self-test output {name!r} has shape {outputs[name].shape}; the manifest promises {answers}"
