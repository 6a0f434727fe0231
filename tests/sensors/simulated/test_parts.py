from collections import Counter

from sensors.simulated.parts import DEFECTS, LEAST_SEVERITY, SHOWN_BY, make_parts

PARTS = make_parts(5, 2000)


def test_every_class_comes_about_as_often_as_declared() -> None:
    counts = Counter(part.defect for part in PARTS)
    assert set(counts) == set(DEFECTS)
    assert 0.45 < counts["ok"] / len(PARTS) < 0.55


def test_only_good_parts_have_severity_zero() -> None:
    assert all((part.severity == 0.0) == (part.defect == "ok") for part in PARTS)
    assert all(LEAST_SEVERITY <= part.severity <= 1.0 for part in PARTS if part.defect != "ok")


def test_a_stream_is_labelled_with_the_defect_only_where_it_shows_it() -> None:
    for part in PARTS:
        shown = {
            key.removeprefix("label.") for key, value in part.labels.items() if key != "label" and value == part.defect
        }
        expected = {"acoustic", "thermal", "enose"} if part.defect == "ok" else {SHOWN_BY.get(part.defect)} - {None}
        assert shown - {"severity"} == expected


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
