"""A bundle measured on a handful of made-up parts."""

from pathlib import Path

import numpy as np
import pytest

from deploy.runtime import Runtime
from qc_station.evaluation import evaluate, rates, verdict_of
from qc_station.figures.rates import rate
from qc_station.figures.scoring import auc
from qc_station.items import Item
from tests.synthetic import SPECS, raw_windows

NAMES = ("acoustic", "thermal", "enose")
ITEMS = 9


@pytest.fixture(scope="module")
def runtime(bundle_folder: Path) -> Runtime:
    return Runtime(bundle_folder)


def items() -> list[Item]:
    """Nine parts: the last three lack the microphone, two have no label, one has a class the bundle never saw."""
    windows = {s.name: raw_windows(s, ITEMS, 5) for s in SPECS}
    labels = ["ok", "crack", None, "leak", "ok", "void", "crack", None, "ok"]
    made = []
    for n, label in enumerate(labels):
        known = {"label": label, "severity": f"{n / 2}" if n % 2 else None, "label.acoustic": ("ok", "knock")[n % 2]}
        here = {name: w[n] for name, w in windows.items() if name != "acoustic" or n < 6}
        texts = {column: text for column, text in known.items() if text is not None}
        made.append(Item(name=f"p{n}", group=f"g{n}", split="test", windows=here, labels=texts))
    return made


def by_hand(runtime: Runtime, streams: tuple[str, ...] = NAMES) -> list[np.ndarray]:
    """Probabilities of label, part by part, from those of these streams that a part has."""
    parts = [{n: w for n, w in item.windows.items() if n in streams} for item in items()]
    return [runtime.scores(part).outputs["label"] for part in parts]


def test_figures_are_those_of_the_runtimes_answers_one_by_one(runtime: Runtime) -> None:
    found = evaluate(runtime, items())
    probabilities = by_hand(runtime)
    classes = runtime.manifest.tasks["label"].classes
    known = [
        (p, classes.index(i.labels["label"]))
        for p, i in zip(probabilities, items(), strict=True)
        if i.labels.get("label") in classes
    ]
    assert found["items"] == ITEMS
    assert found["tasks"]["label"]["accuracy"] == pytest.approx(np.mean([p.argmax() == t for p, t in known]))
    assert found["tasks"]["label"]["log_loss"] == pytest.approx(-np.mean([np.log(p[t]) for p, t in known]), rel=1e-4)
    bad, positive = np.array([1 - p[0] for p, _ in known]), np.array([t != 0 for _, t in known])
    assert found["tasks"]["label"]["auc"] == pytest.approx(auc(bad, positive))


def test_every_accuracy_stands_with_what_it_was_counted_from_and_its_exact_bounds(runtime: Runtime) -> None:
    found = evaluate(runtime, items())
    for row in (found["tasks"]["label"], found["tasks"]["label.acoustic"], *found["subsets"].values()):
        counted = rate(row["right"], row["known"])
        assert row["accuracy"] == pytest.approx(row["right"] / row["known"])
        assert (row["accuracy_lower"], row["accuracy_upper"]) == (counted.lower, counted.upper)
    assert found["tasks"]["label"]["known"] == 6


def test_a_value_task_has_its_own_figures_in_its_own_unit(runtime: Runtime) -> None:
    found = evaluate(runtime, items())["tasks"]["severity"]
    told = [
        (runtime.scores(i.windows).outputs["severity"][0], float(i.labels["severity"]))
        for i in items()
        if "severity" in i.labels
    ]
    assert found["mae"] == pytest.approx(np.mean([abs(a - b) for a, b in told]), rel=1e-4)
    assert found["accuracy"] is None


def test_a_streams_own_task_is_measured_only_where_the_stream_is(runtime: Runtime) -> None:
    found = evaluate(runtime, items())["tasks"]["label.acoustic"]
    right = [
        runtime.scores(i.windows).outputs["label.acoustic"].argmax() == n % 2 for n, i in enumerate(items()) if n < 6
    ]
    assert found["accuracy"] == pytest.approx(np.mean(right))


def test_every_subset_of_streams_is_measured_on_the_parts_that_have_it(runtime: Runtime) -> None:
    found = evaluate(runtime, items())["subsets"]
    assert set(found) == {
        "acoustic+thermal+enose",
        "acoustic+thermal",
        "acoustic+enose",
        "acoustic",
        "thermal+enose",
        "thermal",
        "enose",
    }
    classes = runtime.manifest.tasks["label"].classes
    for name, lacking in (("thermal+enose", 0), ("acoustic", 3)):
        probabilities = by_hand(runtime, tuple(name.split("+")))[: ITEMS - lacking] if not lacking else None
        chosen = items()[: ITEMS - lacking]
        if probabilities is None:
            probabilities = [runtime.scores({"acoustic": i.windows["acoustic"]}).outputs["label"] for i in chosen]
        right = [
            p.argmax() == classes.index(i.labels["label"])
            for p, i in zip(probabilities, chosen, strict=True)
            if i.labels.get("label") in classes
        ]
        assert found[name]["accuracy"] == pytest.approx(np.mean(right))


def test_every_labelled_part_gets_one_verdict_and_a_class_never_seen_is_not_ok(runtime: Runtime) -> None:
    counts = evaluate(runtime, items())["verdicts"]["counts"]
    assert sum(counts["ok"].values()) == 3
    assert sum(counts["not_ok"].values()) == 4


def test_escape_and_overkill_stand_with_their_bounds() -> None:
    found = rates({"ok": {"PASS": 8, "REJECT": 2, "REVIEW": 0}, "not_ok": {"PASS": 0, "REJECT": 57, "REVIEW": 2}})
    assert (found["escape"]["count"], found["escape"]["total"]) == (0, 59)
    assert found["escape"]["upper"] == pytest.approx(0.0606, abs=1e-3)
    assert (found["overkill"]["count"], found["overkill"]["total"]) == (2, 10)
    assert (found["review"]["count"], found["review"]["total"]) == (2, 69)


def test_latency_is_measured(runtime: Runtime) -> None:
    found = evaluate(runtime, items())["latency_ms"]
    assert 0 < found["p50"] <= found["p99"]


def test_a_part_without_its_required_microphone_never_passes(runtime: Runtime) -> None:
    outputs = {"label": np.float32([1, 0, 0]), **{f"label:{n}": np.float32([1, 0, 0]) for n in NAMES}}
    assert verdict_of(runtime.manifest, outputs, ("thermal", "enose")).decision == "REVIEW"
    assert verdict_of(runtime.manifest, outputs, ("acoustic", "thermal")).decision == "PASS"


def test_items_without_any_label_have_no_figures_but_a_result(runtime: Runtime) -> None:
    bare = [Item(name=i.name, group=i.group, split="test", windows=i.windows) for i in items()]
    found = evaluate(runtime, bare)
    assert set(found["tasks"]["label"].values()) == {None}
    assert found["verdicts"]["escape"]["total"] == 0
