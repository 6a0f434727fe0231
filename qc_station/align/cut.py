"""Samples cut from a track, before anybody says what they mean."""

from typing import Any, NamedTuple

from numpy.typing import NDArray

from sensors.readings import Quality


class Cut(NamedTuple):
    """A run of samples of one epoch; a tuple, since one is made for every window."""

    data: NDArray[Any]
    """Shape (samples, *stream.shape), in the sensor's own dtype; zero where a sample is missing."""
    epoch: int
    """Epoch of the samples."""
    first: int
    """Index of the first sample that it wants of the track."""
    stop: int
    """Index after the last one, delivered or not."""
    start_ns: int
    """Time of the first sample of `data`."""
    missing: int
    """Samples of `data` that were not delivered."""
    skew_ns: int
    """Signed distance from the part's time to the sample taken for it; 0 for an interval."""
    uncertainty_ns: int
    """How far `start_ns` may be off."""
    quality: Quality
    """What is known to be wrong with the readings that it was taken from."""
    gaps: bool
    """Whether samples between `first` and `stop` were not delivered."""
