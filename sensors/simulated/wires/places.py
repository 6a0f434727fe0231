"""What the faults of the simulated line have to know of its sensors."""

import numpy as np

from sensors.simulated import frame, gas
from sensors.simulated.faults.place import Place, Way

PLACES = {
    "acoustic": Place(shape=(1,), dtype=np.dtype(np.int16), way=Way.RECORDING),
    "thermal": Place(shape=(frame.HEIGHT, frame.WIDTH), dtype=np.dtype(np.uint16), way=Way.VIDEO),
    "enose": Place(shape=gas.BASELINE_KOHM.shape, dtype=np.dtype(np.float32), way=Way.SERIAL, highest=gas.HIGHEST_KOHM),
}
"""By stream."""
