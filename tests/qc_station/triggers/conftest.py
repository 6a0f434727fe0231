import numpy as np
import pytest

from sensors.readings import Reading


@pytest.fixture
def reading() -> Reading:
    """A reading of the stream acoustic."""
    data = np.zeros((4, 1), np.float32)
    return Reading(stream="acoustic", session=0, seq=0, arrival_ns=1, device_ns=None, data=data)
