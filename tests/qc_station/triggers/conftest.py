from collections.abc import Iterator

import numpy as np
import pytest

from sensors.readings import Reading
from tests.qc_station.triggers.http_bench import Bench


@pytest.fixture
def reading() -> Reading:
    """A reading of the stream acoustic."""
    data = np.zeros((4, 1), np.float32)
    return Reading(stream="acoustic", session=0, seq=0, arrival_ns=1, device_ns=None, data=data)


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench()
    yield bench
    bench.source.stop()
