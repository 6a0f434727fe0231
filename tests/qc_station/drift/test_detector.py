"""Promises of the detector: rare false alarms whatever the calibration, and a shift found soon."""

from math import exp, log

import numpy as np
import pytest
from scipy.special import ndtri

from qc_station.drift.betting import BETS, log_bets
from qc_station.drift.detector import FALSE_ALARMS, PARTS, QUIET, Detector, gained, threshold, together
from qc_station.drift.ranks import Ranks, share_of
from qc_station.drift.stream import Question, StreamDrift
from tests.qc_station.drift.simulation import p_values

SHIFT = 1.0
"""Standard deviations."""
SOON = 200
"""Parts within which it is to be found."""


def drawn(seed: int, calibration: int, before: int, after: int, shift: float) -> tuple[list[float], list[float]]:
    """P-values of parts whose score shifts, and those of the calibration items."""
    rng = np.random.default_rng(seed)
    table, scores = rng.standard_normal(calibration), rng.standard_normal(before + after)
    scores[before:] += shift
    return p_values(table, scores).tolist(), p_values(table, table).tolist()


def first_alarm(stream: StreamDrift, values: list[float]) -> int | None:
    """Number of the part, from 1, at which the first alarm is raised."""
    return next((n for n, p in enumerate(values, 1) if stream.add(f"p{n}", p, n)), None)


def test_the_gain_of_uniform_ranks_grows_as_the_parts_do_and_no_faster() -> None:
    rng = np.random.default_rng(0)
    gains = np.full((20_000, BETS), QUIET)
    # Bets on large changes pay rarely and much, which no mean of so few runs shows.
    for _ in range(20):
        gains = gained(gains, log_bets(rng.standard_normal(20_000)))
    np.testing.assert_allclose(np.exp(gains[:, 2:6]).mean(axis=0), 20.0, rtol=0.1)


def test_no_more_than_one_run_of_a_hundred_alarms_within_ten_thousand_uniform_ranks() -> None:
    rng = np.random.default_rng(1)
    gains, most = np.full((400, BETS), QUIET), np.full(400, QUIET)
    for _ in range(PARTS):
        gains = gained(gains, log_bets(rng.standard_normal(400)))
        most = np.maximum(most, together(gains))
    assert (most >= threshold(1)).mean() <= FALSE_ALARMS
    # It is not so timid that nothing could ever alarm: a tenth of the bound is reached in more than a few runs.
    assert (most >= threshold(1) - log(10)).mean() > 0.01


@pytest.mark.parametrize("calibration", [100, 300, 1000])
@pytest.mark.parametrize("shift", [SHIFT, -SHIFT])
def test_a_shift_of_one_standard_deviation_is_found_within_200_parts(calibration: int, shift: float) -> None:
    begun = []
    for seed in range(10):
        values, known = drawn(seed, calibration, 400, SOON, shift)
        stream = StreamDrift("acoustic", known)
        found = first_alarm(stream, values)
        assert found is not None
        assert 400 < found <= 400 + SOON
        assert {alarm.word for alarm in stream.alarms.values()} == {"stranger" if shift > 0 else "more usual"}
        begun += [alarm.begun for alarm in stream.alarms.values()]
    assert abs(np.median(begun) - 401) < 10


def test_a_shift_that_was_there_from_the_first_part_is_found_by_the_validation_items_of_training() -> None:
    for seed in range(10):
        values, known = drawn(seed, 200, 0, SOON, SHIFT)
        stream = StreamDrift("acoustic", known)
        assert first_alarm(stream, values) is not None
        assert set(stream.alarms) == {Question.TRAINING}
        assert first_alarm(StreamDrift("acoustic"), values) is None


def test_p_values_of_one_calibration_set_are_no_ranks_and_would_alarm_where_nothing_changes() -> None:
    values = np.array([drawn(seed, 100, 2000, 0, 0.0)[0] for seed in range(20)])
    normal = ndtri(np.minimum(values, 1.0 - 1e-3))
    gains, alarmed = np.full((20, BETS), QUIET), np.zeros(20, np.bool_)
    for column in normal.T:
        gains = gained(gains, log_bets(column))
        alarmed |= together(gains) >= threshold(1)
    assert alarmed.mean() > 10 * FALSE_ALARMS


@pytest.mark.slow
@pytest.mark.parametrize("calibration", [100, 1000])
def test_no_run_alarms_within_ten_thousand_exchangeable_parts_of_a_small_or_large_calibration_set(
    calibration: int,
) -> None:
    for seed in range(4):
        values, known = drawn(100 + seed, calibration, PARTS, 0, 0.0)
        assert first_alarm(StreamDrift("acoustic", known), values) is None


def test_after_an_alarm_what_came_since_is_what_later_parts_are_compared_with() -> None:
    values, _ = drawn(3, 300, 300, 300, 1.5)
    back, _ = drawn(3, 300, 0, 200, 0.0)
    stream = StreamDrift("acoustic")
    raised = [n for n, p in enumerate(values + back, 1) if stream.add(f"p{n}", p, n)]
    first, second = raised
    assert 300 < first < 400
    assert second > 600
    assert stream.alarms[Question.BEFORE].word == "more usual"


def test_an_update_forgets_nothing_between_two_runs() -> None:
    values, known = drawn(4, 100, 200, 100, 1.0)
    whole, cut = StreamDrift("acoustic", known), StreamDrift("acoustic", known)
    for number, p in enumerate(values, 1):
        whole.add(f"p{number}", p, number)
        if number % 37 == 0:
            cut = StreamDrift.restored("acoustic", cut.state())
        cut.add(f"p{number}", p, number)
    assert cut.state() == whole.state()
    assert cut.alarms
    assert cut.evidence(Question.BEFORE) == whole.evidence(Question.BEFORE)


def test_a_detector_says_how_near_it_is_to_an_alarm() -> None:
    detector = Detector(Ranks())
    assert exp(detector.log_gain) == 0.0
    detector.add(0.5, share_of("acoustic", "p1"), 1)
    assert detector.log_gain < threshold(1)
    assert exp(threshold(2)) == pytest.approx(2 * PARTS / FALSE_ALARMS)
