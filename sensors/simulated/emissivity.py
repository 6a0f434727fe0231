"""How warm a grey body looks."""

import numpy as np
from numpy.typing import NDArray


def apparent_k(true_k: NDArray[np.float64], room_k: NDArray[np.float64], emissivity: float) -> NDArray[np.float64]:
    """What a radiometric camera shows that takes everything for black: T = (e true^4 + (1 - e) room^4)^(1/4).

    A grey body sends e of the radiation of a black one and throws back 1 - e of the room's (law of Stefan and
    Boltzmann, over all wavelengths).

    Args:
        true_k: Temperature of the body in kelvins.
        room_k: Of everything that it reflects, broadcast with `true_k`.
        emissivity: 0 for a mirror, 1 for a black body.

    Returns:
        Kelvins, float64.
    """
    return np.asarray((emissivity * true_k**4 + (1.0 - emissivity) * room_k**4) ** 0.25)
