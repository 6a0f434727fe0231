"""Add a stream to a network that is in use: what it answered, it still answers, bit for bit."""

from collections.abc import Sequence
from typing import Any, cast

from numpy.typing import NDArray

from models.continual.grown import Grown
from models.continual.warm_start import warm_start
from models.injection import InputSpec
from models.network import MultimodalNetwork
from models.tasks import Task


def inserted(champion: MultimodalNetwork, spec: InputSpec, windows: NDArray[Any], tasks: Sequence[Task] = ()) -> Grown:
    """The champion with one more stream, the last of its inputs.

    Every answer of a head that the champion has is bit-equal to the champion's on the same batch, whether the new
    stream is there or not: its neurons are new ones that older neurons never hear, and its part of a joint head begins
    at zero. Only averages over heads (`models.deciding`) hear the new stream's own head where it is present.

    Args:
        champion: The network; it is not changed.
        spec: The new stream's entry point.
        windows: Raw training windows of the new stream, shape (items, *spec.shape); they set its scale.
        tasks: Tasks of the new stream, e.g. label.STREAM.

    Raises:
        ValueError: the champion has a stream of that name, or there is no window.
    """
    if spec.name in champion.streams:
        raise ValueError(f"stream {spec.name!r} is already one of the champion's: {', '.join(champion.streams)}")
    found = warm_start(champion, (*champion.inputs, spec), (*champion.tasks, *tasks), {spec.name: windows})
    return cast(Grown, found)
