"""More or fewer samples in the same time."""

import numpy as np

from sensors.readings import Samples


class Resampler:
    """Repeats or leaves out samples; remembers the part of a sample that is still owed."""

    def __init__(self) -> None:
        """Nothing is owed."""
        self._owed = 0.0

    def resampled(self, data: Samples, rate: float) -> Samples:
        """What a device with another rate makes of these samples.

        Args:
            data: Shape (samples, ...).
            rate: Samples for each of these, above 0.

        Returns:
            The same array at rate 1; else on average `rate` times as many samples, perhaps none, each one of these.
        """
        if rate == 1.0:
            return data
        exact = len(data) * rate + self._owed
        count = int(exact)
        self._owed = exact - count
        taken = np.minimum((np.arange(count) / rate).astype(np.int64), len(data) - 1)
        return np.asarray(data[taken])
