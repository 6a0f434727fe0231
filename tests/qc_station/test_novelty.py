"""What is novel is looked at by people, as often as was promised and with the streams that say so."""

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc_station.evaluation import novelty_figures
from qc_station.items import Item
from qc_station.novelty import MOST_LOOKED_AT, reachable, strange
from qc_station.verdict import Decision, Policy, Verdict, judge
from tests.synthetic import manifest

STREAMS = {"acoustic": True, "enose": False}
BOTH = tuple(STREAMS)


def outputs(fused: list[float], joint: float, **single: float) -> dict[str, np.ndarray]:
    answers = {n: np.float32(fused) for n in ("label", "label:joint", "label:acoustic", "label:enose")}
    return answers | {"novelty": np.float32([joint])} | {f"novelty:{s}": np.float32([p]) for s, p in single.items()}


def judged(given: dict[str, np.ndarray], present: tuple[str, ...] = BOTH, novelty_p: float = 0.01) -> Verdict:
    return judge(
        given,
        classes=("ok", "crack"),
        ok_classes=("ok",),
        streams=STREAMS,
        present=present,
        policy=Policy(),
        novelty_p=novelty_p,
    )


@pytest.mark.parametrize("ok", [0.0, 0.5, 1.0])
def test_a_novel_part_is_looked_at_whatever_the_network_makes_of_it(ok: float) -> None:
    verdict = judged(outputs([ok, 1 - ok], 0.003, acoustic=0.4, enose=0.002))
    assert verdict.decision is Decision.REVIEW
    assert verdict.reason.startswith("never seen anything like it (p 0.003; enose); ")


def test_a_part_that_only_all_streams_together_find_strange_says_so() -> None:
    reason = judged(outputs([1, 0], 0.005, acoustic=0.04, enose=0.03)).reason
    assert reason == "never seen anything like it (p 0.005; all streams together); ok 1.00; acoustic 0.00, enose 0.00"


def test_a_known_part_is_decided_as_without_novelty() -> None:
    known = judged(outputs([1, 0], 0.0101, acoustic=0.5, enose=0.5))
    assert known == judged({n: v for n, v in outputs([1, 0], 1.0).items() if not n.startswith("novelty")})
    assert known.decision is Decision.PASS


def test_a_stream_that_is_absent_is_never_named() -> None:
    reason = judged(outputs([1, 0], 0.001, acoustic=0.5, enose=0.001), present=("acoustic",)).reason
    assert reason.startswith("never seen anything like it (p 0.001; all streams together)")


def test_a_threshold_of_0_sends_nobody_to_look() -> None:
    assert judged(outputs([1, 0], 1e-6, acoustic=1e-6, enose=1e-6), novelty_p=0.0).decision is Decision.PASS


def test_a_novelty_that_is_no_number_is_looked_at() -> None:
    assert judged(outputs([1, 0], float("nan"), acoustic=0.5, enose=0.5)).decision is Decision.REVIEW


@given(st.integers(1, 5000))
def test_the_smallest_p_value_of_a_bundle_is_never_just_missed_by_rounding(items: int) -> None:
    smallest = 1 / (items + 1)
    threshold = reachable(smallest, smallest)
    assert threshold == smallest
    assert strange(outputs([1, 0], float(np.float32(smallest))), (), threshold)


@pytest.mark.parametrize(
    ("wanted", "items", "kept"),
    [
        (0.01, 99, 0.01),
        (0.01, 999, 0.01),
        (0.01, 49, 0.02),
        (0.01, 19, 0.05),
        (0.01, 18, 0.0),
        (0.2, 9, 0.2),
        (0, 99, 0),
    ],
)
def test_too_few_validation_items_make_the_threshold_coarser_or_none(wanted: float, items: int, kept: float) -> None:
    assert reachable(wanted, 1 / (items + 1)) == pytest.approx(kept)
    assert reachable(wanted, 1 / (items + 1)) <= max(wanted, MOST_LOOKED_AT)


def test_a_bundle_of_before_has_no_threshold_and_keeps_its_bytes() -> None:
    before = manifest()
    assert before.threshold("novelty_p") == 0.0
    assert b"verdicts" not in before.written()
    after = msgspec.structs.replace(before, verdicts={"novelty_p": 0.02})
    assert after.threshold("novelty_p") == 0.02
    assert msgspec.json.decode(after.written(), type=type(after)).threshold("novelty_p") == 0.02


def test_an_evaluation_counts_novel_parts_by_class() -> None:
    """A runtime is not needed for that: any manifest with a threshold will do."""

    class Told:
        manifest = msgspec.structs.replace(manifest(), verdicts={"novelty_p": 0.02})

    labels = ["ok", "ok", "void", "void", None]
    items = [
        Item(name=f"p{n}", group="g", split=None, windows={}, labels={"label": text} if text else {})
        for n, text in enumerate(labels)
    ]
    found = novelty_figures(Told(), items, np.float32([0.5, 0.3, 0.001, 0.02, 0.01]))  # type: ignore[arg-type]
    assert (found["threshold"], found["novel"]) == (0.02, 3)
    assert found["by_class"]["ok"] == {"parts": 2, "novel": 0, "median_p": pytest.approx(0.4)}
    assert found["by_class"]["void"] == {"parts": 2, "novel": 2, "median_p": pytest.approx(0.0105)}
