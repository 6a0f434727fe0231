"""A variant is offered only where it was measured faster and decided like float32."""

import pytest

from deploy.variants import LEAST_GAIN, Measured, refusals


def measured(**changes: float) -> Measured:
    fields = {"original_ms": 2.0, "variant_ms": 1.0, "worst": 1e-4, "flipped": 0, "items": 100} | changes
    return Measured(name="int8", **fields)  # type: ignore[arg-type]


def test_a_faster_variant_that_decides_alike_is_offered() -> None:
    assert refusals(measured()) == []
    assert refusals(measured(variant_ms=2.0 / LEAST_GAIN)) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"variant_ms": 2.0}, "2.00 ms a part, float32 2.00 ms: 1.00 times as fast; allowed: 1.1 or more"),
        ({"variant_ms": 4.0}, "0.50 times as fast"),
        ({"original_ms": float("nan")}, "allowed: 1.1 or more"),
        ({"flipped": 1, "worst": 0.3}, "1 of 100 verdicts differ, the probability by up to 0.3; allowed: none"),
        ({"items": 0}, "compared on no part"),
    ],
)
def test_one_that_is_slower_or_decides_otherwise_is_not(changes: dict[str, float], said: str) -> None:
    (reason,) = refusals(measured(**changes))
    assert said in reason


def test_every_reason_is_told() -> None:
    assert len(refusals(measured(variant_ms=9.0, flipped=3, items=0))) == 3
