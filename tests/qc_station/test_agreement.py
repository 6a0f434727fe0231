"""The export decides every validation item as its training does, or nothing is published."""

import re
from typing import Any

import numpy as np
import pytest

from deploy.errors import BundleError
from deploy.parity import TOLERANCE, Compared, Parity
from deploy.runtime import PRESENCE, session
from models.deciding import Deciding
from models.injection import Dataset
from qc_station.agreement import agree
from tests.synthetic import SPECS, manifest, raw_windows

Exported = tuple[Deciding, bytes]
ITEMS = 40


@pytest.fixture
def held() -> Dataset:
    """Items with all streams; of the last nobody knows the class."""
    classes = np.arange(ITEMS, dtype=np.float32) % 3
    classes[-1] = np.nan
    return Dataset(
        windows={spec.name: raw_windows(spec, ITEMS, 5) for spec in SPECS},
        rows={spec.name: np.arange(ITEMS) for spec in SPECS},
        targets={"label": classes},
        names=tuple(f"part-{n}" for n in range(ITEMS)),
    )


def costs_at(threshold: float) -> dict[str, float]:
    """Costs by which a part passes up to a probability and is rejected above."""
    return {"escape": 1.0 - threshold, "overkill": threshold, "review": 10.0}


def bad_of(exported: Exported, held: Dataset, item: int) -> float:
    """What the network gives an item for the probability of a bad part."""
    import torch

    windows = [torch.from_numpy(held.windows[s.name][item : item + 1].astype(np.float32)) for s in SPECS]
    with torch.inference_mode():
        label = exported[0](*windows, torch.ones(1, 3, dtype=torch.bool))[0][0].numpy()
    return float(label[1:].sum(dtype=np.float64))


class Nudged:
    """A session that is off by less than numbers may be, for one item."""

    def __init__(self, model: bytes, item: int, by: float) -> None:
        self.made, self.item, self.by, self.seen = session(model, 1), item, by, 0

    def run(self, names: list[str], feed: dict[str, Any]) -> list[np.ndarray]:
        found = list(self.made.run(names, feed))
        place = self.item - self.seen
        self.seen += len(feed[PRESENCE])
        if 0 <= place < len(feed[PRESENCE]):
            found[names.index("label")][place] += np.array([-self.by, self.by, 0.0], np.float32)
        return found


def test_an_export_that_agrees_is_told_with_exact_bounds(exported: Exported, held: Dataset) -> None:
    found = agree(exported[0], session(exported[1], 1), held, manifest())
    told = found.as_json()
    assert told["items"] == ITEMS
    assert told["max_abs_difference"] <= TOLERANCE
    assert (told["flipped"], told["flipped_within_band"]) == (0, 0)
    good, bad = 13, 26
    totals = {name: rate["total"] for name, rate in told["rates"].items()}
    assert totals == {"escape": bad, "overkill": good, "review": good + bad}
    assert all(rate["lower"] <= rate["count"] / rate["total"] <= rate["upper"] for rate in told["rates"].values())


def test_a_verdict_that_flips_within_the_band_is_counted(exported: Exported, held: Dataset) -> None:
    bad = bad_of(exported, held, 35)
    chosen = manifest(costs=costs_at(bad + 2e-6))
    assert agree(exported[0], session(exported[1], 1), held, chosen).near == 0
    assert agree(exported[0], Nudged(exported[1], 35, 8e-6), held, chosen).near == 1


def test_one_that_flips_outside_of_it_is_refused_with_the_item_and_both_verdicts(
    exported: Exported, held: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = bad_of(exported, held, 35)
    chosen = manifest(costs=costs_at(bad + 5e-4))
    # The gate of the numbers would have stopped it before.
    monkeypatch.setattr("deploy.parity.TOLERANCE", 0.1)
    with pytest.raises(BundleError, match="item 'part-35' is REJECT by the graph and PASS by the network") as error:
        agree(exported[0], Nudged(exported[1], 35, 1e-3), held, chosen)
    numbers = re.findall(r"0\.\d{7}", str(error.value))
    assert [float(number) for number in numbers] == pytest.approx([bad + 1e-3, bad], abs=1e-6)
    assert "; allowed within 0.0001 of a threshold only" in str(error.value)


def told(bad: float, p: float, single: float) -> dict[str, np.ndarray]:
    """What graph or network says of one part with all streams; it costs the same to let pass and to reject at 0.5."""
    label = np.float32([[1.0 - bad, bad, 0.0]])
    alone = {f"label:{spec.name}": label for spec in SPECS}
    return {"label": label, **alone, "novelty": np.float32([[p]]), "novelty:acoustic": np.float32([[single]])}


@pytest.mark.parametrize(
    ("graph", "network", "near"),
    [
        (told(0.2, 0.0498, 0.5), told(0.2, 0.0504, 0.5), True),
        (told(0.2, 0.0470, 0.5), told(0.2, 0.0530, 0.5), False),
        (told(0.3, 0.9, 0.05), told(0.7, 0.9, 0.05), False),
        (told(0.3, 0.0504, 0.5), told(0.7, 0.0504, 0.5), False),
    ],
    ids=["novelty carried over", "too far", "a stream happens to lie near", "novelty lies near and did not flip"],
)
def test_novelty_excuses_a_verdict_only_where_its_own_flip_is_rounding(
    exported: Exported,
    held: Dataset,
    monkeypatch: pytest.MonkeyPatch,
    graph: dict[str, np.ndarray],
    network: dict[str, np.ndarray],
    near: bool,
) -> None:
    one = Dataset(
        windows={name: rows[:1] for name, rows in held.windows.items()},
        rows={name: rows[:1] for name, rows in held.rows.items()},
        targets={"label": np.zeros(1, np.float32)},
        names=("part-0",),
    )
    parity = Parity(worst=0.0, output="label", comparisons=1)
    found = Compared(parity=parity, graph=graph, network=network)
    monkeypatch.setattr("qc_station.agreement.compare_items", lambda *_: found)
    chosen = manifest(costs=costs_at(0.5), verdicts={"novelty_p": 0.05})
    if near:
        assert agree(exported[0], None, one, chosen).near == 1
        return
    with pytest.raises(BundleError, match=r"allowed within 0\.0001 of a threshold only, or within 0\.001 of novelty_p"):
        agree(exported[0], None, one, chosen)


def test_a_number_that_is_off_is_refused_before_any_verdict(exported: Exported, held: Dataset) -> None:
    with pytest.raises(BundleError, match=r"output 'label' by 0\.001 .* at item 'part-35' of 40"):
        agree(exported[0], Nudged(exported[1], 35, 1e-3), held, manifest())


def test_a_bundle_without_an_answer_for_the_whole_part_has_no_verdicts_to_flip(
    exported: Exported, held: Dataset
) -> None:
    whole = manifest()
    tasks = {name: task for name, task in whole.tasks.items() if name != "label"}
    found = agree(exported[0], session(exported[1], 1), held, manifest(tasks=tasks))
    assert found.rates == {}
