"""Which keys and sample types each kind of stream has."""

import re
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from qc_station.config.geometry import view_faults
from qc_station.config.station import StreamConfig
from sensors.streams import KINDS

NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
RESERVED: Final = (
    *("item", "split", "group", "label", "severity", "weight", "quality"),
    *("presence", "joint", "embedding", "shared", "json", "help"),
)
"""Manifest columns, outputs and paths of the network, options of commands: none of them can be a stream."""

DTYPES: Final = {
    "waveform": ("int16", "int32", "float32"),
    "image": ("uint8", "uint16", "float32"),
    "series": ("float32",),
}
FRAME: Final = ("height", "width", "sensor_height", "sensor_width", "region", "corners")
REQUIRED: Final = {"waveform": ("rate_hz", "window_s"), "image": ("height", "width"), "series": ("window_steps",)}
FOREIGN: Final = {
    "waveform": ("window_steps", "hop_steps", *FRAME),
    "image": ("window_s", "hop_s", "channels"),
    "series": ("window_s", "hop_s", *FRAME),
}
"""Keys that mean nothing for a kind; refused, so that a person is not left believing that they do something."""


def known(kind: str) -> bool:
    """Whether the kind ships or has a file of its own among the encoders; imports nothing."""
    spec = find_spec("models")
    folders = (spec.submodule_search_locations or []) if spec else []
    return kind in KINDS or any((Path(folder) / "encoders" / f"{kind}.py").is_file() for folder in folders)


def stream_faults(name: str, stream: StreamConfig, given: frozenset[str]) -> list[str]:
    """What is wrong with one stream's table as a whole, each line beginning with the key's path.

    Args:
        name: Name of the stream.
        stream: The table, every key of which has the right type.
        given: Keys that a person wrote.
    """
    path = f"streams.{name}"
    faults = []
    if not NAME.fullmatch(name) or name in RESERVED:
        faults.append(
            f"{path}: stream named {name!r}; allowed: a letter, then letters, digits and _, none of {RESERVED}"
        )
    if not known(stream.kind):
        faults.append(f"{path}.kind = {stream.kind!r}; allowed: {', '.join(KINDS)}, or a file models/encoders/KIND.py")
        return faults
    missing = [key for key in REQUIRED.get(stream.kind, ()) if getattr(stream, key) is None]
    faults += [f"{path}.{key} is missing; a stream of kind {stream.kind} needs it" for key in missing]
    foreign = [key for key in FOREIGN.get(stream.kind, ()) if key in given]
    faults += [f"{path}.{key}: a stream of kind {stream.kind} has no such key" for key in foreign]
    dtypes = DTYPES.get(stream.kind, (stream.sample_type,))
    if stream.sample_type not in dtypes:
        faults.append(f"{path}.dtype = {stream.dtype!r}; allowed for {stream.kind}: {', '.join(dtypes)}")
    if len(set(stream.channels)) < len(stream.channels):
        faults.append(f"{path}.channels = {list(stream.channels)}; allowed: every name once")
    if not missing and stream.window_length < 1:
        faults.append(f"{path}.window_s = {stream.window_s}: less than one sample at {stream.rate_hz} Hz")
    if not missing and stream.hop_length < 1:
        faults.append(f"{path}.hop_s = {stream.hop_s}: less than one sample at {stream.rate_hz} Hz")
    if not missing and stream.kind == "image":
        faults += view_faults(path, stream)
    return faults
