"""What optimisers remember of a champion's parameters, taken over by those of a network that began from it."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from models.continual.places import Place, places
from models.network import MultimodalNetwork


def carry_moments(
    champion: MultimodalNetwork,
    before: Mapping[str, Optimizer],
    network: MultimodalNetwork,
    after: Mapping[str, Optimizer],
) -> None:
    """Give every old parameter its moments and its count of steps, bit-equal; new rows begin at zero.

    A parameter that is new has no memory yet and counts its own steps, so that an optimiser's correction of the first
    steps (Kingma and Ba 2015, arXiv:1412.6980, section 3) is right for it as well.

    Args:
        champion: The older network.
        before: Its optimisers by path.
        network: What it became, see `models.continual.warm_start`.
        after: Optimisers by path, which receive the moments.

    Raises:
        ValueError: a path has another optimiser than before, or none.
    """
    where, old = places(champion, network), {id(p): name for name, p in champion.named_parameters()}
    new = dict(network.named_parameters())
    for path, optimiser in before.items():
        heir = after.get(path)
        if heir is None or type(heir) is not type(optimiser):
            found = type(heir).__name__ if heir else "nothing"
            raise ValueError(f"path {path!r}: moments of {type(optimiser).__name__} cannot go on in {found}")
        for parameter, memory in optimiser.state.items():
            place = where[old[id(parameter)]]
            own = new[place.name]
            heir.state[own] = {what: _placed(value, parameter, own, place) for what, value in memory.items()}


@torch.no_grad()
def _placed(value: Any, old: Tensor, new: Tensor, place: Place) -> Any:
    """A moment in the new parameter's shape; what is no moment, such as the count of steps, as it is."""
    if not isinstance(value, Tensor):
        return value
    if value.shape != old.shape:
        return value.clone()
    whole = torch.zeros_like(new, dtype=value.dtype)
    place.put(value, whole)
    return whole
