"""Foreign text cannot become markup."""

import html

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from qc_station.report.markup import Markup, element, join, text, written
from tests.qc_station.report.reading import Page


@given(st.text())
@example("</p><script>alert(1)</script>")
@example('" onload="alert(1)')
@example("&amp;")
def test_any_text_is_one_text_of_one_element_when_it_is_read_back(words: str) -> None:
    page = Page(element("p", words, id=words))
    assert [name for name, _ in page.elements] == ["p"]
    assert set(page.elements[0][1]) == {"id"}
    assert "<" not in text(words)
    assert '"' not in text(words)


@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"])))
def test_what_is_printed_is_what_was_given(words: str) -> None:
    assert html.unescape(text(words)) == words


@pytest.mark.parametrize("sign", ["\x00", "\x1b", "\u202e", "\u2067", "\ud800", "\x7f"])
def test_a_control_or_a_turn_of_direction_is_shown_as_a_replacement(sign: str) -> None:
    assert text(f"ok{sign}bad") == "ok\ufffdbad"
    assert text(f"ok{sign}bad").encode("utf-8")


def test_markup_is_not_escaped_twice_and_markup_of_markup_is_itself() -> None:
    inner = element("b", "a < b")
    assert inner == "<b>a &lt; b</b>"
    assert element("p", inner) == "<p><b>a &lt; b</b></p>"
    assert text(inner) is inner
    assert join(inner, " & ") == "<b>a &lt; b</b> &amp; "


def test_attributes_are_written_as_html_and_svg_spell_them() -> None:
    found = element("rect", class_="cell", stroke_width=1.0, viewBox="0 0 1 1", x=2.5, y=None)
    assert found == '<rect class="cell" stroke-width="1" viewBox="0 0 1 1" x="2.5"></rect>'
    assert element("meta", charset="utf-8") == '<meta charset="utf-8">'


@pytest.mark.parametrize(
    ("value", "wanted"), [(1.0, "1"), (1.005, "1"), (-0.25, "-0.25"), (120.456, "120.46"), (1e6, "1000000"), (3, 3)]
)
def test_a_place_has_at_most_two_decimals(value: float, wanted: object) -> None:
    assert written(value) == wanted


def test_plain_text_is_no_markup() -> None:
    assert not isinstance("<p>", Markup)
    assert text("<p>") == "&lt;p&gt;"
