"""The graph against its network on every item of a data set, each with the streams that it has."""

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from deploy.errors import BundleError
from deploy.parity import TOLERANCE, compare_items
from deploy.runtime import PRESENCE, session
from models.deciding import Deciding
from models.injection import Dataset
from tests.synthetic import SPECS, raw_windows, without

Exported = tuple[Deciding, bytes]
ITEMS = 37
"""No multiple of a batch."""


@pytest.fixture
def held() -> Dataset:
    """Items of which some lack a stream."""
    whole = Dataset(
        windows={spec.name: raw_windows(spec, ITEMS, 5) for spec in SPECS},
        rows={spec.name: np.arange(ITEMS) for spec in SPECS},
        targets={},
        names=tuple(f"part-{n}" for n in range(ITEMS)),
    )
    partly = without(without(whole, "thermal", [1, 2, 34]), "acoustic", [2, 9])
    return Dataset(windows=partly.windows, rows=partly.rows, targets={}, names=whole.names)


def test_every_item_is_compared_as_it_is_and_both_sides_are_given(exported: Exported, held: Dataset) -> None:
    deciding, model = exported
    made = session(model, 1)
    found = compare_items(deciding, made, held)
    assert found.parity.worst <= TOLERANCE
    assert found.parity.comparisons == ITEMS
    assert set(found.graph) == set(found.network) == set(deciding.output_names())
    feed = {s.name: held.windows[s.name][34:35].astype(np.float32) for s in SPECS}
    feed["thermal"] = np.zeros_like(feed["thermal"])
    (alone,) = made.run(["label"], feed | {PRESENCE: np.array([[True, False, True]])})
    np.testing.assert_allclose(found.graph["label"][34], alone[0], atol=TOLERANCE)
    assert found.graph["label"].shape == (ITEMS, 3)


@pytest.mark.parametrize("value", [0.25, float("nan")])
def test_a_graph_that_differs_for_one_item_alone_is_refused_with_output_item_and_difference(
    exported: Exported, held: Dataset, value: float
) -> None:
    deciding, model = exported

    class Wrong:
        """A session whose last item is off."""

        def __init__(self) -> None:
            self.made, self.seen = session(model, 1), 0

        def run(self, names: list[str], feed: dict[str, np.ndarray]) -> list[np.ndarray]:
            found = self.made.run(names, feed)
            self.seen += len(feed[PRESENCE])
            if self.seen == ITEMS:
                found[names.index("label:enose")][-1, 0] += value
            return list(found)

    with pytest.raises(BundleError) as error:
        compare_items(deciding, Wrong(), held)
    words = f"output 'label:enose' by {value:.3g} (allowed 1e-05) at item 'part-36' of 37"
    assert words in str(error.value)


@pytest.mark.slow
def test_the_bytes_of_an_export_do_not_depend_on_the_process(exported: Exported) -> None:
    code = (
        "import hashlib; from tests.synthetic import exported_network; "
        "print(hashlib.sha256(exported_network()[1]).hexdigest())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
        env={"PATH": "", "PYTHONHASHSEED": "77", "OMP_NUM_THREADS": "1"},
    )
    assert done.stdout.split()[-1] == hashlib.sha256(exported[1]).hexdigest()
