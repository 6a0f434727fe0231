"""Whether the exported graph decides every validation item as the network does, and how well: nothing else is published."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deploy.bundle import NOVELTY, Manifest
from deploy.errors import BundleError
from deploy.parity import Compared, Outputs, Parity, compare_items
from deploy.selftest import NOVELTY_TOLERANCE
from deploy.variants import BAND
from models.deciding import Deciding
from models.injection import Dataset
from qc_station.evaluation import MAIN, counted, rates, verdict_of
from qc_station.novelty import NOVELTY_P, is_novel
from qc_station.verdict import Policy, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Graph and network on the same validation items, decided by the bundle's own costs."""

    parity: Parity
    """How far their outputs are apart."""
    near: int
    """Verdicts that differ because the item lies within BAND of a threshold, or its p-value within 1e-3 of novelty_p."""
    rates: dict[str, Any]
    """escape, overkill and review of the graph with their exact bounds; empty where no task is of the whole part."""

    def as_json(self) -> dict[str, Any]:
        """For the manifest of a bundle."""
        record = {
            "items": self.parity.comparisons,
            "max_abs_difference": self.parity.worst,
            "output": self.parity.output,
            "novelty_difference": self.parity.novelty,
            "flipped": 0,
            "flipped_within_band": self.near,
        }
        return record | {"rates": self.rates}


def agree(deciding: Deciding, session: Any, data: Dataset, manifest: Manifest) -> Agreement:
    """Compare numbers and verdicts on every item.

    Args:
        deciding: In evaluation mode.
        session: onnxruntime session of its export.
        data: The whole validation set; its bounds are optimistic where it chose the network or calibrated it.
        manifest: Of the bundle that is to be written: classes, costs and thresholds.

    Raises:
        BundleError: an output differs by more than its tolerance, or a verdict is another one, with the item.
    """
    compared = compare_items(deciding, session, data)
    if MAIN not in manifest.tasks:
        return Agreement(parity=compared.parity, near=0, rates={})
    presence = data.presence()
    ours, theirs = (_verdicts(manifest, presence, outputs) for outputs in (compared.graph, compared.network))
    flipped = [n for n, (a, b) in enumerate(zip(ours, theirs, strict=True)) if a.decision is not b.decision]
    for number in flipped:
        if not _near(manifest, compared, number, theirs[number].bad):
            item = repr(data.names[number]) if data.names else f"number {number}"
            raise BundleError(
                f"export decides otherwise than training: item {item} is {ours[number].decision} by the graph and "
                f"{theirs[number].decision} by the network, probability of a bad part {ours[number].bad:.7f} and "
                f"{theirs[number].bad:.7f}; allowed within {BAND:g} of a threshold only, or within {NOVELTY_TOLERANCE:g} of {NOVELTY_P}"
            )
    return Agreement(parity=compared.parity, near=len(flipped), rates=_rates(manifest, data, ours))


def _verdicts(manifest: Manifest, presence: NDArray[np.bool_], outputs: Outputs) -> list[Verdict]:
    found = []
    for number, there in enumerate(presence):
        present = tuple(name for name, here in zip(manifest.streams, there, strict=True) if here)
        found.append(verdict_of(manifest, {name: rows[number] for name, rows in outputs.items()}, present))
    return found


def _near(manifest: Manifest, compared: Compared, number: int, bad: float) -> bool:
    """Whether an item lies as near to a threshold as rounding may carry it over: of the costs, or of novelty.

    Only the p-value of the whole part decides; one of a stream that happens to lie near excuses nothing.
    """
    thresholds, novel = Policy.of(manifest.costs).thresholds(), manifest.threshold(NOVELTY_P)
    if min(abs(bad - one) for one in thresholds) <= BAND:
        return True
    if NOVELTY not in compared.network:
        return False
    ours, theirs = (rows[NOVELTY][number] for rows in (compared.graph, compared.network))
    carried = is_novel(ours, novel)[0] != is_novel(theirs, novel)[0]
    return bool(carried and abs(float(theirs[0]) - novel) <= NOVELTY_TOLERANCE)


def _rates(manifest: Manifest, data: Dataset, verdicts: list[Verdict]) -> dict[str, Any]:
    """Shares of the items whose class is known."""
    classes, targets = manifest.tasks[MAIN].classes, data.targets[MAIN]
    counts = counted(
        (classes[int(target)] in manifest.ok_classes, verdict.decision)
        for target, verdict in zip(targets, verdicts, strict=True)
        if not np.isnan(target)
    )
    return rates(counts)
