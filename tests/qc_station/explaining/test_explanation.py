"""Where the truth is known, the explanation points at it."""

import numpy as np
import pytest

from qc_station.explaining import curves, frame, sound
from qc_station.explaining.explanation import Explanation, explain
from qc_station.explaining.place import Place
from qc_station.explaining.text import WORTH, led, record_of, text_of
from qc_station.verdict import Decision, Policy
from sensors.errors import QCError
from tests.qc_station.explaining.known import (
    RATE_HZ,
    STREAMS,
    Known,
    Novel,
    as_runtime,
    good_windows,
    hot,
    leaking,
    ringing,
)

GOOD = {"acoustic": [good_windows(seed)["acoustic"] for seed in (1, 2)]}


def explained(windows: dict[str, np.ndarray], good: dict[str, list[np.ndarray]] | None = None) -> Explanation:
    return explain(as_runtime(Known()), "part-1", windows, GOOD if good is None else good)


def most(found: Explanation, stream: str, *, whole: bool = True) -> Place:
    (one,) = (reason for reason in found.reasons if reason.stream == stream)
    return one.places[one.order(whole=whole)[0]]


@pytest.mark.parametrize("good", [GOOD, {}], ids=["with good parts", "without"])
def test_a_tone_is_found_in_its_band_and_its_time(good: dict[str, list[np.ndarray]]) -> None:
    found = explained(ringing(good_windows()), good)
    assert found.target.text == "crack"
    assert found.responsible.stream == "acoustic"
    band, block = most(found, "acoustic"), most(found, "acoustic", whole=False)
    assert band.y[0] <= 2850.0 < band.y[1]
    assert block.y == band.y
    # The tone is heard from 87 to 119 ms.
    assert block.x[0] < 0.103 < block.x[1]
    assert found.responsible.way == ("as in a good part" if good else "10 dB quieter")


@pytest.mark.parametrize(("row", "column"), [(9, 13), (14, 18), (3, 28), (22, 1)])
def test_a_hot_spot_is_found_where_it_is(row: int, column: int) -> None:
    windows = hot(hot(good_windows(), row, column), row, column)
    found = explained(windows)
    assert (found.target.text, found.responsible.stream) == ("overheat", "thermal")
    place = most(found, "thermal", whole=False)
    assert place.x[0] <= column < place.x[1]
    assert place.y[0] <= row < place.y[1]


def test_a_leak_is_found_in_the_channel_and_the_steps_that_show_it() -> None:
    found = explained(leaking(good_windows()))
    assert (found.target.text, found.responsible.stream) == ("leak", "enose")
    assert most(found, "enose").text == "oxide_b"
    assert most(found, "enose", whole=False).text == "oxide_b, steps 16 to 19"


def test_what_does_not_matter_falls_by_nothing() -> None:
    found = explained(leaking(good_windows()))
    enose = found.responsible
    falls = {place.text: fall for place, fall in zip(enose.places, enose.falls, strict=True)}
    assert falls["oxide_b"] > 1.0
    for name in ("oxide_a", "oxide_c", "oxide_d"):
        assert abs(falls[name]) < 1e-6
    (thermal,) = (one for one in found.reasons if one.stream == "thermal")
    assert np.abs(thermal.falls).max() < WORTH


def test_a_part_that_looks_good_is_asked_what_speaks_against_it() -> None:
    found = explained(good_windows())
    assert found.target.text == "not good"
    assert found.probability < 0.1
    assert "on no single place" in led(found)


def novel(windows: dict[str, np.ndarray]) -> Explanation:
    found = explain(as_runtime(Novel()), "part-1", windows, GOOD)
    assert found.verdict.decision is Decision.REVIEW
    assert found.verdict.reason.startswith("never seen anything like it")
    return found


def test_a_part_that_is_looked_at_for_novelty_is_asked_for_it_by_the_most_novel_stream() -> None:
    windows = hot(hot(good_windows(), 9, 13), 9, 13)
    found, record = novel(windows), record_of(novel(windows))
    assert (found.target.text, found.responsible.stream) == ("novel by thermal", "thermal")
    assert found.probability == pytest.approx(1.0 - float(Novel().scores(windows).outputs["novelty:thermal"][0]))
    place = most(found, "thermal", whole=False)
    assert place.x[0] <= 13 < place.x[1]
    assert place.y[0] <= 9 < place.y[1]
    assert found.responsible.falls[found.responsible.most] > 1.0
    assert (record["output"], record["novel_stream"]) == ("novelty:thermal", "thermal")
    assert list(record["streams"]) == ["thermal"]
    assert led(found).startswith(f"novel by thermal {found.probability:.2f} (1 - p) hangs most on thermal, there on ")
    assert "no other stream has a say in that" in text_of(found)


def test_what_is_new_is_replaced_by_what_good_parts_have_there_since_a_smooth_patch_would_be_new_itself() -> None:
    good = {name: [good_windows(seed)[name] for seed in (1, 2)] for name in STREAMS}
    spot, gas = hot(good_windows(), 9, 13), leaking(good_windows())
    for windows, stream in ((spot, "thermal"), (gas, "enose")):
        found = explain(as_runtime(Novel()), "part-1", windows, good)
        assert (found.responsible.stream, found.responsible.way) == (stream, "as in a good part")
        assert found.responsible.falls[found.responsible.most] > 1.0
        decided = explain(as_runtime(Known()), "part-1", windows, good)
        assert decided.responsible.stream == stream
        assert decided.responsible.way in ("as its surroundings", "held at its first value")


@pytest.mark.parametrize("kind", ["frame", "curves"])
def test_a_place_of_each_good_part_stands_in_turn_and_the_rest_stays(kind: str) -> None:
    random = np.random.default_rng(0)
    shape = (1, 9, 12) if kind == "frame" else (3, 20)
    window, *good = (random.uniform(10.0, 20.0, shape).astype(np.float32) for _ in range(3))
    taken = frame.occluded(window, good) if kind == "frame" else curves.occluded(window, ("a", "b", "c"), good)
    for place, ways in zip(taken.places, taken.windows, strict=True):
        assert ways.shape == (2, *shape)
        rows, columns = (slice(int(low), int(high)) for low, high in (place.y, place.x))
        outside = np.ones(shape, np.bool_)
        outside[..., rows, columns] = False
        for way, one in zip(ways, good, strict=True):
            np.testing.assert_array_equal(way[outside], window[outside])
            begun = one if kind == "frame" else one * (window[:, :1] / one[:, :1])
            np.testing.assert_allclose(way[..., rows, columns], begun[..., rows, columns], rtol=1e-5)


def test_of_two_novel_streams_the_one_with_the_smaller_p_is_named() -> None:
    found = novel(leaking(hot(good_windows(), 9, 13)))
    assert found.target.output == "novelty:enose"
    assert most(found, "enose").text == "oxide_b"


def test_a_part_whose_streams_are_each_usual_is_asked_for_the_novelty_of_all() -> None:
    windows = good_windows()
    windows["thermal"][0, 3, 3] = 29_500 + 1700
    windows["enose"][:, -5:] *= 0.7
    found = novel(windows)
    assert (found.target.text, found.target.output) == ("novel by all streams together", "novelty")
    assert record_of(found)["novel_stream"] is None
    assert [one.stream for one in found.reasons] == list(STREAMS)
    falls = {one.stream: float(one.falls.max()) for one in found.reasons}
    assert min(falls["thermal"], falls["enose"]) > 1.0
    assert falls["acoustic"] < WORTH


def test_a_known_part_of_a_bundle_that_tells_novelty_is_asked_for_its_class() -> None:
    found = explain(as_runtime(Novel()), "part-1", good_windows(), GOOD)
    assert (found.target.output, found.target.text) == ("label", "not good")


def test_one_stream_alone_is_explained_without_the_others() -> None:
    found = explained({"enose": leaking(good_windows())["enose"]})
    assert [one.stream for one in found.reasons] == ["enose"]
    assert np.isnan(found.responsible.without)
    assert "the only stream" in text_of(found)


def test_the_fall_of_a_stream_is_that_of_leaving_it_out() -> None:
    windows = leaking(good_windows())
    found = explained(windows)
    rest = {name: windows[name] for name in STREAMS if name != "enose"}
    assert found.responsible.without == pytest.approx(float(Known().scores(rest).outputs["label"][3]), rel=1e-6)
    assert found.responsible.alone == pytest.approx(found.probability, abs=0.05)


def test_text_and_record_say_the_same() -> None:
    found = explained(ringing(good_windows()))
    text, record = text_of(found), record_of(found)
    assert text.splitlines()[0].startswith("part-1: REJECT: crack ")
    assert f"there on {record['streams']['acoustic']['most']['place']}: " in text
    assert record["responsible"] == "acoustic"
    assert len(record["streams"]["acoustic"]["places"]) == sound.BANDS * (1 + sound.BLOCKS)
    assert text.count("<- most") == 1


def test_a_bundle_that_says_nothing_of_the_whole_part_cannot_be_explained() -> None:
    known = Known()
    known.manifest.tasks["label.acoustic"] = known.manifest.tasks.pop("label")
    with pytest.raises(QCError, match=r"answers label\.acoustic but no label"):
        explain(as_runtime(known), "part-1", good_windows(), {})


def test_bands_add_up_to_the_sound_and_blocks_to_the_whole_length() -> None:
    wave = good_windows()["acoustic"].astype(np.float64)
    edges = sound.band_edges(RATE_HZ)
    np.testing.assert_allclose(sound.bands_of(wave, RATE_HZ, edges).sum(axis=0), wave, atol=1e-6)
    np.testing.assert_allclose(sound.fades(4000).sum(axis=0), np.ones(4000))
    assert edges[0] == 0.0
    assert edges[-1] == pytest.approx(RATE_HZ / 2)


def test_a_changed_sound_stays_within_what_its_sensor_can_give() -> None:
    window = good_windows()["acoustic"]
    loud = [np.full_like(window, 32767), np.full_like(window, -32768)]
    found = sound.occluded(window, RATE_HZ, loud)
    windows = np.stack(list(found.windows))
    assert windows.shape == (sound.BANDS * (1 + sound.BLOCKS), 2, 1, 4000)
    assert windows.min() >= -32768.0
    assert windows.max() <= 32767.0
    np.testing.assert_array_equal(windows, np.rint(windows))


@pytest.mark.parametrize("shape", [(1, 24, 32), (3, 5, 40), (1, 2, 2), (1, 1, 9)])
def test_every_pixel_is_covered_by_a_patch_and_nothing_else_of_the_frame_changes(shape: tuple[int, ...]) -> None:
    frames = np.random.default_rng(0).uniform(10.0, 20.0, shape).astype(np.float32)
    found = frame.occluded(frames)
    assert (frame.heat(shape[1:], found.places, np.ones(len(found.places))) == 1.0).all()
    for place, windows in zip(found.places, found.windows, strict=True):
        outside = np.ones(shape[1:], np.bool_)
        outside[int(place.y[0]) : int(place.y[1]), int(place.x[0]) : int(place.x[1])] = False
        np.testing.assert_array_equal(windows[0][:, outside], frames[:, outside])


@pytest.mark.parametrize("steps", [1, 2, 20, 23])
def test_a_held_channel_keeps_its_first_value_and_the_others_stay(steps: int) -> None:
    window = np.random.default_rng(0).uniform(1.0, 2.0, (3, steps)).astype(np.float32)
    found = curves.occluded(window, ("a", "b", "c"))
    assert [place.text for place in found.places if place.whole] == ["a", "b", "c"]
    for place, windows in zip(found.places, found.windows, strict=True):
        channel, (first, last) = int(place.y[0]), (int(place.x[0]), int(place.x[1]))
        assert (windows[0, channel, first:last] == window[channel, 0]).all()
        np.testing.assert_array_equal(np.delete(windows[0], channel, axis=0), np.delete(window, channel, axis=0))


def test_the_verdict_is_that_of_the_policy_by_which_the_station_decides() -> None:
    windows = leaking(good_windows())
    plain = explain(as_runtime(Known()), "part-1", windows, GOOD)
    careful = explain(as_runtime(Known()), "part-1", windows, GOOD, Policy(review=0.0))
    assert (plain.verdict.decision.value, careful.verdict.decision.value) == ("REJECT", "REVIEW")
