"""Blending weights from curves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.blending import Curve, blended

GOOD = Curve(train=(1.0, 0.5), validation=(1.0, 0.6))
"""Gains 0.4 and opens a gap of 0.1."""
GREEDY = Curve(train=(1.0, 0.1), validation=(1.0, 0.6))
"""Gains as much and opens a gap of 0.5."""


def test_weights_are_gain_over_squared_gap() -> None:
    assert blended({"sound": GOOD, "picture": GREEDY}) == pytest.approx({"sound": 25 / 26, "picture": 1 / 26})


def test_only_the_ends_count_and_a_gap_that_was_there_before_does_not() -> None:
    shifted = Curve(train=(0.7, 0.9, 0.2), validation=(1.0, 3.0, 0.6))
    assert shifted.generalization == pytest.approx(GOOD.generalization)
    assert shifted.overfitting == pytest.approx(GOOD.overfitting)


@given(st.floats(1e-3, 1e3))
def test_a_loss_in_other_units_gets_the_inverse_weight(scale: float) -> None:
    other = Curve(train=[scale * v for v in GREEDY.train], validation=[scale * v for v in GREEDY.validation])
    one, two = blended({"a": GOOD, "b": GREEDY}), blended({"a": GOOD, "b": other})
    assert two["b"] / two["a"] == pytest.approx(one["b"] / one["a"] / scale, rel=1e-6)


@given(
    st.lists(
        st.tuples(st.floats(0.01, 0.9), st.floats(0.05, 1.0)),
        min_size=2,
        max_size=5,
    )
)
def test_no_other_weights_have_a_smaller_ratio_of_overfitting_to_generalization(
    made: list[tuple[float, float]],
) -> None:
    """For independent overfitting: sum (w O)^2 is least for its gain sum w G."""
    curves = {str(n): Curve(train=(1.0, 1.0 - g - o), validation=(1.0, 1.0 - g)) for n, (g, o) in enumerate(made)}
    best = blended(curves)

    def ratio(weights: dict[str, float]) -> float:
        gain = sum(w * curves[n].generalization for n, w in weights.items())
        return sum((w * curves[n].overfitting) ** 2 for n, w in weights.items()) / gain**2

    for name in curves:
        for factor in (0.5, 0.9, 1.1, 2.0):
            assert ratio(best) <= ratio(best | {name: factor * best[name]}) * (1 + 1e-9)


def test_what_did_not_generalize_gets_nothing() -> None:
    worse = Curve(train=(1.0, 0.2), validation=(1.0, 1.1))
    assert blended({"a": GOOD, "b": worse}) == {"a": 1.0, "b": 0.0}
    assert blended({"a": worse, "b": worse}) == {"a": 0.5, "b": 0.5}


def test_a_gap_too_small_to_see_counts_as_the_smallest_that_can_be_seen() -> None:
    none = Curve(train=(1.0, 0.6), validation=(1.0, 0.6))
    shrunk = Curve(train=(0.5, 0.5), validation=(1.0, 0.6))
    assert blended({"a": none, "b": shrunk}) == pytest.approx({"a": 0.5, "b": 0.5})


def test_a_loss_that_is_not_finite_leaves_all_equal() -> None:
    broken = Curve(train=(1.0, float("nan")), validation=(1.0, 0.5))
    assert blended({"a": GOOD, "b": broken}) == {"a": 0.5, "b": 0.5}


@pytest.mark.parametrize(("train", "validation"), [((1.0,), (1.0,)), ((1.0, 0.5), (1.0,))])
def test_a_curve_without_two_ends_is_refused(train: tuple[float, ...], validation: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match=f"it has {len(train)} in training and 1 in validation"):
        Curve(train=train, validation=validation)
