"""The kinds of defect, and which sensors have to work together to show each."""

from collections.abc import Iterable

STREAMS = ("acoustic", "thermal", "enose")
"""The three sensors of the simulated line."""
SHOWN_BY: dict[str, tuple[str, ...]] = {
    "crack": ("acoustic",),
    "bearing": ("acoustic",),
    "overheat": ("thermal",),
    "leak": ("enose",),
    "loose": ("acoustic", "thermal"),
}
"""Every kind that the physics knows. One stream shows it alone; of several, none shows it without the others."""
OK = "ok"
"""The class of a part without a defect."""


def shown_alone(kind: str, stream: str) -> bool:
    """Whether one stream by itself shows a kind of defect; no stream shows `OK`."""
    return SHOWN_BY.get(kind) == (stream,)


def refuse_unseen(kinds: Iterable[str], streams: Iterable[str]) -> None:
    """Refuse kinds that a line with these sensors could never find, so that no truth is beyond all evidence.

    Args:
        kinds: Kinds of defect.
        streams: Sensors of the line.

    Raises:
        ValueError: a kind has no physics, or needs a stream that is not there.
    """
    there = tuple(streams)
    for kind in kinds:
        if kind not in SHOWN_BY:
            raise ValueError(f"no sensor shows the defect {kind!r}; there are: {', '.join(sorted(SHOWN_BY))}")
        if missing := [stream for stream in SHOWN_BY[kind] if stream not in there]:
            raise ValueError(
                f"the defect {kind!r} shows only with {' and '.join(SHOWN_BY[kind])}; "
                f"the line has {', '.join(there) or 'no stream'}, not {', '.join(missing)}"
            )
