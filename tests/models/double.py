"""A trainer in double precision: in single precision deep convolutions differ by some 1e-5 after fifty steps by rounding alone."""

from typing import Any

import torch

from models.network import MultimodalNetwork
from models.trainer import Trainer


class Double(Trainer):
    """Torch's default must be double, too, while it trains."""

    def _network(self, *given: Any) -> MultimodalNetwork:
        before = torch.get_default_dtype()
        # Scales are fitted to windows, which are in single precision.
        torch.set_default_dtype(torch.float32)
        network = super()._network(*given).double()
        torch.set_default_dtype(before)
        for encoder in network.encoders.values():
            encoder.register_forward_pre_hook(lambda _, windows: (windows[0].double(),))
        return network
