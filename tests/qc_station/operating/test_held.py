"""Held-out parts as the rule of the line sees them."""

from pathlib import Path

import numpy as np
import pytest

from deploy.runtime import Runtime
from qc_station.errors import ConfigError
from qc_station.evaluation import BATCH
from qc_station.items import Item
from qc_station.operating.held import held_out
from qc_station.store.digests import content_digest, data_digest
from tests.one_number_bundle import parts, write_one_number_bundle


@pytest.fixture
def runtime(tmp_path: Path) -> Runtime:
    return Runtime(write_one_number_bundle(tmp_path))


def test_every_part_keeps_its_probability_its_truth_and_its_group_over_batches(runtime: Runtime) -> None:
    items = parts("crack", np.linspace(0, 1, BATCH + 3), lot="a") + parts("ok", [0.25])
    found = held_out(runtime, iter(items))
    assert found.bad == pytest.approx([*np.linspace(0, 1, BATCH + 3), 0.25])
    assert found.good.tolist() == [False] * (BATCH + 3) + [True]
    assert found.truth.tolist() == [1] * (BATCH + 3) + [0]
    assert found.group.tolist() == [0] * (BATCH + 3) + [1]
    assert found.probabilities.sum(axis=1) == pytest.approx(np.ones(len(items)))
    assert found.may_pass.all()
    assert found.may_reject.all()
    assert found.data_digest == data_digest((item.name, content_digest(item)) for item in items)


def test_a_class_that_the_bundle_never_saw_is_bad(runtime: Runtime) -> None:
    found = held_out(runtime, parts("void", [0.1]) + parts("ok", [0.1]))
    assert found.good.tolist() == [False, True]
    assert found.truth.tolist() == [-1, 0]


def test_parts_without_a_label_or_a_required_stream_are_left_out(runtime: Runtime) -> None:
    bare = Item(name="bare", group="bare", split="test", windows={}, labels={"label": "ok"})
    found = held_out(runtime, [bare, *parts(None, [0.1, 0.2]), *parts("ok", [0.3])])
    assert (found.left_out, found.bad.tolist()) == (3, pytest.approx([0.3]))


def test_nothing_to_use_is_refused_with_what_is_missing(runtime: Runtime) -> None:
    with pytest.raises(ConfigError, match="none of 2 parts has a label and every stream that bundle"):
        held_out(runtime, parts(None, [0.1, 0.2]))
