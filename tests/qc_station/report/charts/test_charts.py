"""Charts draw the numbers they are given, and say them under the pointer."""

import math
import re

import pytest

from qc_station.report.charts.bars import Bar, bar_chart
from qc_station.report.charts.layers import layer_chart
from qc_station.report.charts.lines import MOST_HINTS, Line, Mark, line_chart
from qc_station.report.charts.matrix import Cell, matrix
from qc_station.report.charts.square import Curve, Point, square
from tests.qc_station.report.reading import Page

TITLES = ("epoch", "loss")


def points(page: Page) -> list[list[tuple[float, float]]]:
    """Corners of every polyline."""
    found = [str(a["points"]).split() for a in page.named("polyline")]
    return [[(float(x), float(y)) for x, y in (pair.split(",") for pair in line)] for line in found]


def test_a_line_rises_where_its_values_rise_and_breaks_where_one_is_missing() -> None:
    values = [1.0, 3.0, None, math.nan, 2.0, 2.0, None, 1.0]
    page = Page(line_chart("losses", list(range(1, 9)), [Line(name="a", values=values, colour=0)], TITLES))
    first, second = points(page)
    assert first[0][0] < first[1][0]
    assert first[0][1] > first[1][1], "up is a smaller number on a screen"
    assert second[0][1] == second[1][1]
    assert len(page.named("circle")) == 1, "a value without neighbours is a dot"


def test_every_epoch_tells_all_its_values() -> None:
    lines = [Line(name="a", values=[0.5, 0.25], colour=0), Line(name="b", values=[None, 0.125], colour=1)]
    said = Page(line_chart("losses", [1, 2], lines, TITLES)).said("title")
    assert "epoch: 1\na: 0.5\nb: –" in said
    assert "epoch: 2\na: 0.25\nb: 0.125" in said


def test_a_long_training_has_a_bounded_number_of_hints() -> None:
    line = Line(name="a", values=[1.0] * 5000, colour=0)
    page = Page(line_chart("losses", list(range(5000)), [line], TITLES))
    assert len(page.named("rect")) <= MOST_HINTS


@pytest.mark.parametrize("values", [[], [None], [0.5], [0.0, 0.0], [math.inf]])
def test_hardly_any_value_is_still_a_chart(values: list[float | None]) -> None:
    places = list(range(max(1, len(values))))
    drawn = line_chart("losses", places, [Line(name="a", values=values or [None], colour=0)], TITLES)
    assert "nan" not in drawn
    assert Page(drawn).named("svg")


def test_a_mark_stands_where_it_belongs() -> None:
    line = Line(name="a", values=[1.0, 2.0, 3.0], colour=0)
    page = Page(line_chart("x", [1, 2, 3], [line], TITLES, marks=[Mark(at=2, words="kept")]))
    (mark,) = [a for a in page.named("line") if a.get("class") == "mark"]
    assert float(str(mark["x1"])) == pytest.approx(points(page)[0][1][0], abs=0.1)


def test_a_chart_has_a_name_for_those_who_cannot_see_it_and_axes_with_titles() -> None:
    page = Page(line_chart("Losses by epoch", [1, 2], [Line(name="a", values=[1, 2], colour=0)], TITLES))
    picture = page.named("svg")[0]
    assert picture["role"] == "img"
    assert picture["aria-label"] == "Losses by epoch"
    assert {"epoch", "loss"} <= set(page.said("text"))


def test_bars_are_as_long_as_their_values_and_go_left_below_zero() -> None:
    bars = [
        Bar(name="a", value=2.0, words="2"),
        Bar(name="b", value=1.0, words="1"),
        Bar(name="c", value=-1.0, words="-1"),
    ]
    rows = Page(bar_chart("x", bars, "nats")).named("rect")
    wide = [float(str(r["width"])) for r in rows]
    left = [float(str(r["x"])) for r in rows]
    assert wide[0] == pytest.approx(2 * wide[1], abs=0.02)
    assert wide[1] == pytest.approx(wide[2], abs=0.02)
    assert left[2] + wide[2] == pytest.approx(left[0], abs=0.02)


def test_a_bar_shows_its_bounds() -> None:
    page = Page(bar_chart("x", [Bar(name="a", value=0.5, words="0.5", bounds=(0.25, 0.75))], "share", (0.0, 1.0)))
    (path,) = page.named("path")
    low, high = (float(x) for x in re.findall(r"M([\d.]+).*H([\d.]+)", str(path["d"]))[0])
    bar = page.named("rect")[0]
    assert (low + high) / 2 == pytest.approx(float(str(bar["x"])) + float(str(bar["width"])), abs=0.2)


def test_a_matrix_is_darker_for_more_and_warns_below_zero() -> None:
    row = [Cell(shade=s, words=f"{s:g}", said=f"is {s:g}") for s in (0.0, 0.5, 1.0, -0.5)]
    page = Page(matrix("m", ["r"], ["a", "b", "c", "d"], [row], ("truth", "answer")))
    cells = page.named("rect")
    opacity = [float(str(c["fill-opacity"])) for c in cells]
    assert opacity[0] == 0
    assert opacity[2] == pytest.approx(2 * opacity[1], abs=0.01)
    assert opacity[2] < 0.8, "text stays legible"
    assert ["warning" in str(c["class"]) for c in cells] == [False, False, False, True]
    assert "is -0.5" in page.said("title")


def test_the_square_puts_points_and_their_bounds_at_their_place() -> None:
    point = Point(x=0.25, y=0.5, said="here", words="rejected", x_bounds=(0.0, 1.0), y_bounds=(0.25, 0.75))
    curve = Curve(name="all", corners=[(0, 0), (0, 1), (1, 1)])
    page = Page(square("roc", ("a", "b"), [curve], [point]))
    (corners,) = points(page)
    (dot,) = page.named("circle")
    (left, bottom), _, (right, top) = corners
    assert float(str(dot["cx"])) == pytest.approx(left + 0.25 * (right - left), abs=0.2)
    assert float(str(dot["cy"])) == pytest.approx(bottom + 0.5 * (top - bottom), abs=0.2)
    assert len([a for a in page.named("line") if a.get("class") == "bounds"]) == 2
    assert "all" in page.said("li")


def test_signals_go_only_to_sets_that_belong_to_all_their_streams() -> None:
    layers = [{"a": 4, "b": 4, "a+b": 2, "all": 8}, {"a": 2, "b": 2, "a+b": 2, "all": 4}]
    said = Page(layer_chart(layers, ("a", "b", "c"))).said("title")
    routes = {words for words in said if " reaches " in words}
    assert "a reaches a+b" in routes
    assert "a+b reaches all" in routes
    assert "c reaches all" in routes
    assert not routes & {"a reaches b", "a+b reaches a", "all reaches a", "c reaches a+b", "all reaches a+b"}
    assert "a+b: 2 neurons, overlapping" in said
    assert "all: 8 neurons, shared by all" in said


def test_a_single_stream_is_dedicated_to_itself_and_reaches_the_end() -> None:
    said = Page(layer_chart([{"a": 4}], ("a",))).said("title")
    assert "a: 4 neurons, dedicated" in said
    assert "a reaches a" in said
