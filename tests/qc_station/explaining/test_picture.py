"""The picture marks the place that the answer hangs on, whatever the streams look like."""

import cv2
import numpy as np
import pytest

from qc_station.explaining import canvas
from qc_station.explaining.canvas import MARK, Box, sheet, wrapped
from qc_station.explaining.explanation import Explanation, explain
from qc_station.explaining.panels import apart, changed, even, shown, spectrogram
from qc_station.explaining.panels import marked as marked_place
from qc_station.explaining.picture import PANEL, TITLE, WIDTH, draw
from tests.qc_station.explaining.known import Known, Novel, as_runtime, good_windows, hot, leaking, ringing


def explained(windows: dict[str, np.ndarray]) -> Explanation:
    return explain(as_runtime(Known()), "part-1", windows, {"acoustic": [good_windows(1)["acoustic"]]})


def marked(picture: np.ndarray) -> np.ndarray:
    return (picture == MARK).all(axis=2)


@pytest.mark.parametrize("change", [ringing, leaking, lambda windows: hot(hot(windows, 9, 13), 9, 13)])
def test_the_responsible_stream_has_the_red_bar_at_its_side_and_only_it(change: object) -> None:
    found = explained(change(good_windows()))  # type: ignore[operator]
    picture = draw(found)
    assert picture.shape[1:] == (WIDTH, 3)
    assert picture.dtype == np.uint8
    side = np.flatnonzero(marked(picture)[:, 12])
    assert PANEL < len(side) < PANEL + TITLE
    panels = picture.shape[0] - 30 - 3 * (PANEL + TITLE)
    number = [one.stream for one in found.reasons].index(found.responsible.stream)
    assert panels + number * (PANEL + TITLE) < side.min() < side.max() < panels + (number + 1) * (PANEL + TITLE)


def test_a_part_of_one_stream_has_one_panel() -> None:
    one = draw(explained({"enose": leaking(good_windows())["enose"]}))
    three = draw(explained(leaking(good_windows())))
    assert PANEL < three.shape[0] - one.shape[0] < 2 * (PANEL + TITLE) + 100


def test_the_picture_of_a_novel_part_names_the_stream_in_its_title_and_shows_that_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written: list[str] = []
    monkeypatch.setattr(canvas, "write", lambda _, text, *__, **___: written.append(text))
    windows = hot(good_windows(), 9, 13)
    picture = draw(explain(as_runtime(Novel()), "part-1", windows, {}))
    assert PANEL + TITLE < picture.shape[0] < 2 * (PANEL + TITLE)
    assert any(line.startswith("novel by thermal 0.99 (1 - p) hangs most on thermal") for line in written)
    assert written[-1].endswith("what is left of 1 - p.")


def test_a_silent_sound_a_flat_frame_and_curves_from_zero_can_be_drawn() -> None:
    windows = {
        "acoustic": np.zeros((1, 4000), np.int16),
        "thermal": np.full((1, 24, 32), 29_500, np.uint16),
        "enose": np.zeros((4, 20), np.float32),
    }
    assert draw(explained(windows)).shape[1] == WIDTH


def test_the_spectrogram_is_dark_where_the_sound_is() -> None:
    window = ringing(good_windows(), 0, 4000)["acoustic"]
    picture = spectrogram(window, 16_000.0, 240)[:, :, 0]
    rows = picture.mean(axis=1)
    # 2850 Hz is 61 % of the way up in mel.
    assert abs(int(rows.argmin()) - round(240 * (1 - 0.643))) < 12


def test_temperatures_are_shown_in_degrees_celsius_and_curves_in_percent() -> None:
    kelvins, unit = shown(np.array([[29_315.0]]), "cK")
    assert (kelvins[0, 0], unit) == (pytest.approx(20.0), "C")
    assert shown(np.array([[3.0]]), "mm")[1] == "mm"
    relative, percent = changed(np.array([[2.0, 1.0]]))
    assert (relative.tolist(), percent) == ([[0.0, -50.0]], "%")
    assert changed(np.array([[0.0, 1.0]]))[1] == ""


def test_patches_that_are_listed_do_not_overlap_and_the_first_is_the_responsible_one() -> None:
    found = explained(hot(hot(good_windows(), 9, 13), 9, 13))
    numbers = apart(found.responsible)
    assert numbers[0] == found.responsible.most
    cover = np.zeros((24, 32), int)
    for number in numbers:
        place = found.responsible.places[number]
        cover[int(place.y[0]) : int(place.y[1]), int(place.x[0]) : int(place.x[1])] += 1
    assert cover.max() == 1


def test_long_reasons_are_broken_between_words_and_lose_none() -> None:
    text = "REVIEW because never seen anything like it " * 5
    lines = wrapped(text, 600, 0.5)
    assert len(lines) > 1
    assert " ".join(lines) == text.strip()
    assert all(cv2.getTextSize(line, canvas.FONT, 0.5, 1)[0][0] <= 640 for line in lines)


def test_what_the_font_has_no_form_for_is_still_drawn() -> None:
    picture = sheet(200, 40)
    canvas.write(picture, "Öl 20 °C →", (5, 25))
    assert (picture != 255).any()
    box = Box(left=10, top=5, width=100, height=20)
    canvas.tint(picture, box, np.ones((2, 2)))
    assert picture[15, 50].tolist() != [255, 255, 255]


def test_a_stream_of_which_no_place_matters_has_none_marked() -> None:
    found = explained(leaking(good_windows()))
    thermal = next(one for one in found.reasons if one.stream == "thermal")
    assert marked_place(thermal) is None
    assert marked_place(found.responsible) == found.responsible.most == 1


@pytest.mark.parametrize(("low", "high"), [(-13.2, 19.4), (0.001, 0.0012), (-1e6, 1e6), (3.0, 3.5)])
def test_ticks_are_round_and_few(low: float, high: float) -> None:
    ticks = even(low, high)
    assert 3 <= len(ticks) <= 7
    assert low <= ticks[0] < ticks[-1] <= high
    assert all(len(f"{tick:g}") <= 8 for tick in ticks)


def test_every_axis_says_what_it_is_where_there_is_room(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    real = canvas.write

    def heard(picture: np.ndarray, text: str, place: tuple[int, int], **style: object) -> None:
        said.append(text)
        real(picture, text, place, **style)  # type: ignore[arg-type]

    monkeypatch.setattr(canvas, "write", heard)
    draw(explained(good_windows()))
    for words in ("time; mel frequency", "as the camera saw it", "where the answer hangs", "time; change since"):
        assert any(text.startswith(words) for text in said), words
    said.clear()
    canvas.said_below(sheet(400, 100), Box(left=10, top=10, width=100, height=50), "time; mel frequency")
    assert said == []
