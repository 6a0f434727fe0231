"""A variant is published as a bundle of its own where it is faster here and decides every validation item alike."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

import qc_station.smaller
from deploy.bundle import Bundle
from deploy.runtime import Runtime
from qc_station.champion.gates import failed_gates
from qc_station.errors import ConfigError
from qc_station.items import Item
from qc_station.smaller import Variant, variants
from tests.told_bundle import CLASSES, GOOD_FIGURES, told_bundle, told_item, told_model


@pytest.fixture
def runtime(tmp_path: Path) -> Runtime:
    return Runtime(told_bundle(tmp_path / "bundles", 0))


@pytest.fixture
def items() -> list[Item]:
    """Row 0 is right about all, row 1 about all but the third."""
    kinds = [CLASSES[n % 3] for n in range(9)]
    return [told_item(f"p{n}", kind, kind, "ok" if n == 2 else kind) for n, kind in enumerate(kinds)]


def ticking(variant_ns: int, original_ns: int) -> Callable[[], int]:
    """A clock by which a variant and the original, asked in turn, take so long."""

    def times() -> Iterator[int]:
        now = 0
        while True:
            for spent in (variant_ns, original_ns):
                yield now
                now += spent
                yield now

    ticks = times()
    return lambda: next(ticks)


def made(runtime: Runtime, items: list[Item], parent: Path, row: int = 0, variant_ns: int = 1_000_000) -> Variant:
    makers = {"int8": lambda _model, _feeds: told_model(row)}
    clock = ticking(variant_ns, 2_000_000)
    (found,) = variants(runtime, items, items, parent, makers=makers, clock=clock)
    return found


def test_a_faster_one_that_decides_alike_is_a_bundle_with_its_own_digest_and_record(
    runtime: Runtime, items: list[Item], tmp_path: Path
) -> None:
    found = made(runtime, items, tmp_path / "bundles")
    assert found.refused == ()
    assert found.folder is not None
    assert found.folder != runtime.bundle.folder
    manifest = Runtime(found.folder).manifest
    assert manifest.provenance["parent"] == runtime.manifest.digest
    assert manifest.provenance["variant"] == "int8"
    parity = manifest.figures["parity"]
    assert (parity["items"], parity["flipped"], parity["original_ms"], parity["variant_ms"]) == (9, 0, 2.0, 1.0)
    assert failed_gates(manifest, None) == ()


def test_its_validation_rates_are_of_its_own_verdicts_and_what_nobody_measured_is_left_out(
    tmp_path: Path, items: list[Item]
) -> None:
    """Of the three bad parts that row 0 takes for good both pass by every graph; the original's manifest claims none."""
    claimed = {"validation": {"rates": {"escape": {"count": 0, "total": 99}}}, "validation_loss": {"label": 0.1}}
    runtime = Runtime(told_bundle(tmp_path / "bundles", 0, figures=GOOD_FIGURES | claimed))
    missed = [told_item(f"m{n}", "crack", "ok", "ok") for n in range(3)]
    folder = made(runtime, [*items, *missed], tmp_path / "bundles").folder
    assert folder is not None
    figures = Bundle(folder).manifest.figures
    found = figures["validation"]["rates"]
    told = {name: (rate["count"], rate["total"]) for name, rate in found.items()}
    assert told == {"escape": (3, 9), "overkill": (0, 3), "review": (0, 12)}
    assert found["escape"]["upper"] == pytest.approx(0.7007, abs=1e-4)
    assert (figures["validation"]["items"], figures["validation"]["beside"]) == (12, "float32")
    assert "validation_loss" not in figures
    assert figures["floor"] == GOOD_FIGURES["floor"]


def test_one_that_would_end_the_process_is_told_with_the_signal_and_the_next_kind_is_tried(
    runtime: Runtime, items: list[Item], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = qc_station.smaller.probe_fault
    crash = "onnxruntime was ended by SIGSEGV where it had to make the session, in a process of its own"
    monkeypatch.setattr(qc_station.smaller, "probe_fault", lambda m, i: crash if m == b"deadly" else real(m, i))
    makers = {"fp16": lambda _model, _feeds: b"deadly", "int8": lambda _model, _feeds: told_model(0)}
    first, second = variants(
        runtime, items, items, tmp_path / "other", makers=makers, clock=ticking(1_000_000, 2_000_000)
    )
    assert (first.measured, first.folder, first.refused) == (None, None, (crash,))
    assert second.folder is not None


def test_one_that_decides_a_single_item_otherwise_is_not_written(
    runtime: Runtime, items: list[Item], tmp_path: Path
) -> None:
    found = made(runtime, items, tmp_path / "other", row=1)
    assert found.folder is None
    assert "1 of 9 verdicts differ, the probability by up to 0.99" in found.refused[0]
    assert not (tmp_path / "other").exists()


def test_one_that_is_no_faster_is_not_written(runtime: Runtime, items: list[Item], tmp_path: Path) -> None:
    found = made(runtime, items, tmp_path / "other", variant_ns=1_900_000)
    assert found.folder is None
    assert "1.05 times as fast" in found.refused[0]


def test_one_that_onnxruntime_does_not_take_is_told(runtime: Runtime, items: list[Item], tmp_path: Path) -> None:
    makers = {"fp16": lambda _model, _feeds: b"no graph"}
    (found,) = variants(runtime, items, items, tmp_path / "other", makers=makers)
    assert (found.measured, found.folder) == (None, None)
    assert "refuses the model" in found.refused[0]


def test_calibration_sees_training_items_alone(runtime: Runtime, items: list[Item], tmp_path: Path) -> None:
    seen: list[np.ndarray] = []

    def make(model: bytes, feeds: list[dict[str, np.ndarray]]) -> bytes:
        seen.extend(feed["enose"][0] for feed in feeds)
        return model

    variants(runtime, items[:2], items[2:], tmp_path / "other", makers={"int8": make})  # type: ignore[dict-item]
    np.testing.assert_array_equal(np.stack(seen), np.stack([item.windows["enose"] for item in items[:2]]))


def test_a_variant_of_a_variant_and_a_station_without_items_are_refused(
    runtime: Runtime, items: list[Item], tmp_path: Path
) -> None:
    folder = made(runtime, items, tmp_path / "bundles").folder
    assert folder is not None
    with pytest.raises(ConfigError, match="is int8 already; make variants of the bundle it comes from"):
        variants(Runtime(folder), items, items, tmp_path)
    with pytest.raises(ConfigError, match="0 training and 9 validation items; at least one of each is needed"):
        variants(runtime, [], items, tmp_path)


def test_a_variant_whose_record_says_that_verdicts_differ_is_not_promoted(tmp_path: Path) -> None:
    record = {"beside": "float32", "items": 9, "flipped": 1, "max_abs_difference": 0.0}
    manifest = Bundle(told_bundle(tmp_path, 0, figures={"parity": record})).manifest
    assert failed_gates(manifest, None) == (
        "in smaller arithmetic 1 of 9 verdicts are others; allowed: none of 1 or more",
    )
