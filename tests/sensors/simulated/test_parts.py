import hashlib
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensors.simulated.kinds import SHOWN_BY, STREAMS
from sensors.simulated.mix import LEAST_SEVERITY, USUAL_WEIGHTS, Mix
from sensors.simulated.parts import make_parts

PARTS = make_parts(5, 2000)
WHOLE = Mix(weights=dict.fromkeys(SHOWN_BY, 1.0))


def test_every_class_comes_about_as_often_as_declared() -> None:
    counts = Counter(part.defect for part in PARTS)
    assert set(counts) == {"ok", *USUAL_WEIGHTS}
    assert 0.45 < counts["ok"] / len(PARTS) < 0.55


def test_the_usual_parts_are_those_of_every_earlier_shift() -> None:
    described = [(part.name, part.defect, round(part.severity, 9), part.rattle > 0, part.warmth > 0) for part in PARTS]
    assert hashlib.sha256(repr(described).encode()).hexdigest()[:16] == "fdf3bc5c6a7a2070"


def test_only_good_parts_have_severity_zero() -> None:
    assert all((part.severity == 0.0) == (part.defect == "ok") for part in PARTS)
    assert all(LEAST_SEVERITY <= part.severity <= 1.0 for part in PARTS if part.defect != "ok")


def test_a_stream_is_labelled_with_the_defect_only_where_it_shows_it_alone() -> None:
    for part in make_parts(5, 500, WHOLE):
        labels = part.labels
        shown = tuple(stream for stream in STREAMS if labels[f"label.{stream}"] != "ok")
        together = SHOWN_BY.get(part.defect, ())
        assert shown == (together if len(together) == 1 else ())
        assert labels["label"] == part.defect


def test_a_loose_part_rattles_and_is_warm_within_the_range_of_good_parts() -> None:
    good = [part for part in PARTS if part.defect == "ok"]
    loose = [part for part in PARTS if part.defect == "loose"]
    assert all(part.rattle > 0.0 and part.warmth > 0.0 for part in loose)
    assert not any(part.rattle > 0.0 and part.warmth > 0.0 for part in good)
    assert abs(max(part.rattle for part in loose) - max(part.rattle for part in good)) < 0.05
    assert abs(max(part.warmth for part in loose) - max(part.warmth for part in good)) < 0.05


def test_the_same_seed_gives_the_same_parts() -> None:
    assert make_parts(5, 2000) == PARTS
    assert make_parts(6, 2000) != PARTS


def test_chosen_kinds_come_by_their_weights_and_within_the_severities() -> None:
    mix = Mix(bad_share=0.2, weights={"bearing": 3.0, "leak": 1.0}, severities=(0.6, 0.7))
    parts = make_parts(1, 8000, mix)
    bad = Counter(part.defect for part in parts if part.defect != "ok")
    # Six standard deviations of a share of 0.2 among 8000, and of 0.75 among 1600.
    assert abs(sum(bad.values()) / 8000 - 0.2) < 0.027
    assert abs(bad["bearing"] / sum(bad.values()) - 0.75) < 0.065
    assert set(bad) == {"bearing", "leak"}
    severities = np.array([part.severity for part in parts if part.defect != "ok"])
    assert 0.6 <= severities.min() < 0.61
    assert 0.69 < severities.max() <= 0.7


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_a_shift_may_be_all_good_or_all_bad(share: float) -> None:
    parts = make_parts(1, 200, Mix(bad_share=share))
    assert {part.defect != "ok" for part in parts} == {share == 1.0}


def test_a_kind_that_no_sensor_shows_is_refused() -> None:
    with pytest.raises(ValueError, match="no sensor shows the defect 'rust'; there are: bearing, crack, leak, loose"):
        Mix(weights={"rust": 1.0})


@pytest.mark.parametrize(("kind", "streams"), [("leak", ("acoustic", "thermal")), ("loose", ("acoustic", "enose"))])
def test_a_kind_that_the_sensors_of_the_line_do_not_show_is_refused(kind: str, streams: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=f"the defect '{kind}' shows only with .* the line has {streams[0]}"):
        Mix(weights={kind: 1.0}, streams=streams)
    assert make_parts(1, 3, Mix(weights={kind: 1.0}))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"bad_share": 1.2}, "bad_share is 1.2; must be from 0 to 1"),
        ({"odd_share": 0.6}, "odd_share is 0.6; must be from 0 to 0.5"),
        ({"weights": {"leak": 0.0}}, "weight of 'leak' is 0.0; must be above 0"),
        ({"weights": {"leak": float("nan")}}, "weight of 'leak' is nan"),
        ({"weights": {}}, "weights names no kind"),
        ({"severities": (0.8, 0.3)}, "severities are .*0.8, 0.3.*must rise"),
        ({"severities": (0.0, 0.3)}, "must rise, above 0"),
    ],
)
def test_a_mix_that_makes_no_sense_is_refused(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Mix(**wrong)  # type: ignore[arg-type]


@given(
    seed=st.integers(0, 2**32),
    share=st.floats(0.0, 1.0),
    weights=st.dictionaries(st.sampled_from(sorted(SHOWN_BY)), st.floats(1e-3, 1e3), min_size=1),
)
@settings(max_examples=40, deadline=None)
def test_every_part_of_any_mix_is_a_truth_that_can_be_found(seed: int, share: float, weights: dict[str, float]) -> None:
    for part in make_parts(seed, 60, Mix(bad_share=share, weights=weights)):
        if part.defect == "ok":
            assert part.severity == 0.0
            assert not (part.rattle and part.warmth)
        else:
            assert part.defect in weights
            assert part.severity >= LEAST_SEVERITY
            assert bool(part.rattle and part.warmth) or part.defect != "loose"
