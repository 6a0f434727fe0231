"""One key of station.toml is changed, and nothing that a person wrote beside it."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from qc_station.config.editing import MARK, calibrate, edited
from qc_station.config.loading import load_station
from qc_station.config.statements import statements
from qc_station.config.station import StationConfig, StreamConfig
from qc_station.config.writing import write_station
from qc_station.errors import ConfigError

HAND = """\
# The line by the window.
name = "line 1"  # as on the door

[streams.sound]
kind = "waveform"
rate_hz = 8000
window_s = 1
  offset_ms = 3.5   # measured by Ana

# The camera hangs
# upside down.
[ streams . "heat" ] # above the belt
kind = "image"
height = 24
width = 32
channels_note = '''
[streams.heat]
# corners =
'''
region = [
  1, 2,  # left, top
  20, 10,
]  # the lid

[streams.heat.driver]
type = "camera"
source = "a#b=[c]"
"""
HEAT = ("streams", "heat")
CORNERS = [[1.0, 1.0], [30.0, 2.0], [31.0, 20.0], [2.0, 19.5]]


def test_a_value_is_changed_in_its_place_and_its_comment_stays() -> None:
    new = edited(HAND, ("streams", "sound"), {"offset_ms": -12.25}, "today")
    assert new == HAND.replace("  offset_ms = 3.5   # measured", f"{MARK}today\n  offset_ms = -12.25   # measured")


def test_the_next_calibration_replaces_its_own_note_and_no_others() -> None:
    first = edited(HAND, ("streams", "sound"), {"offset_ms": 1.0}, "one")
    second = edited(first, ("streams", "sound"), {"offset_ms": 2.0}, "two")
    assert second == edited(HAND, ("streams", "sound"), {"offset_ms": 2.0}, "two")


def test_a_key_of_several_lines_becomes_a_comment_and_a_new_one_stands_behind_the_last_of_its_table() -> None:
    new = edited(HAND, HEAT, {"region": None, "corners": CORNERS, "sensor_height": 60}, "today")
    lines = f"{MARK}today\ncorners = {CORNERS}\n"
    before, behind = HAND.split("region = [\n  1, 2,  # left, top\n  20, 10,\n]  # the lid\n")
    kept = "# region = [\n#   1, 2,  # left, top\n#   20, 10,\n# ]  # the lid\n"
    # What is written first is followed by what is written next; the commented key stays where it was.
    assert new.startswith(before.removesuffix("'''\n"))
    assert kept in new
    assert lines in new
    assert new.endswith(behind)
    assert new.count(MARK) == 1
    heat = tomllib.loads(new)["streams"]["heat"]
    assert (heat["corners"], heat["sensor_height"], "region" in heat) == (CORNERS, 60, False)


def test_in_a_written_station_the_key_takes_the_place_that_waits_for_it(tmp_path: Path) -> None:
    station = StationConfig(name="x", streams={"heat": StreamConfig(kind="image", height=24, width=32)})
    file = write_station(tmp_path, station)
    text = file.read_text()
    config = calibrate(tmp_path, "heat", {"region": None, "corners": CORNERS}, "today")
    assert file.read_text() == text.replace("\n# corners =\n", f"\n{MARK}today\ncorners = {CORNERS}\n")
    assert config == load_station(tmp_path)
    assert config.streams["heat"].corners == tuple(map(tuple, CORNERS))


def test_what_is_not_allowed_is_not_written(tmp_path: Path) -> None:
    station = StationConfig(name="x", streams={"heat": StreamConfig(kind="image", height=24, width=32)})
    before = write_station(tmp_path, station).read_bytes()
    with pytest.raises(ConfigError, match="inside the frame"):
        calibrate(tmp_path, "heat", {"region": [0, 0, 33, 4]}, "today")
    assert (tmp_path / "station.toml").read_bytes() == before


@pytest.mark.parametrize(
    "text",
    [
        'name = "x"\nstreams.heat.kind = "image"\nstreams.heat.height = 4\nstreams.sound.kind = "series"\n',
        'name = "x"\n[streams]\nheat.kind = "image" # why\n\nsound.kind = "series"',
        '[streams.heat]\nkind = "image"\n[streams.heat.driver]\ntype = "camera"',
        "[streams.heat]",
        '[streams.heat]\r\nkind = "image"\r\n# width =\r\n[costs]\r\n',
        '[streams.heat]\ndriver.type = """a\n[streams.heat]\n"""\n# width =\n\'width\' = 3 # odd',
        '[streams.heat]\ndriver = {type = "x", note = "# width = ]"}\n[streams.b]\nwidth = 1\n# width =\n',
        '[streams.heat]\nnote = """""five\\""""""\nother = \'\'\'\'\'two\'\'\'\'\'\n[costs]\n',
    ],
)
def test_every_form_of_a_table_can_be_edited(text: str) -> None:
    new = edited(text, HEAT, {"width": 7}, "today")
    assert tomllib.loads(new)["streams"]["heat"]["width"] == 7
    assert ("\r\n" in text) == ("\r\n" in new)
    assert "\n" not in new.replace("\r\n", "") or "\r\n" not in text


@pytest.mark.parametrize(
    "text", ['streams = {heat = {kind = "image"}}', '[streams]\nheat = {kind = "image"}', "[streams.other]\n"]
)
def test_a_form_that_cannot_be_edited_is_said_with_what_to_write(text: str) -> None:
    with pytest.raises(ConfigError, match=r"streams.heat is not written as a table \[streams.heat\]; .*\n  width = 7"):
        edited(text, HEAT, {"width": 7}, "today")


def test_statements_know_their_borders() -> None:
    shown = [(one.path, HAND[one.begin : one.end]) for one in statements(HAND)]
    assert shown[0] == (("name",), 'name = "line 1"')
    assert (HEAT, '[ streams . "heat" ]') in shown
    assert ((*HEAT, "region"), "region = [\n  1, 2,  # left, top\n  20, 10,\n]") in shown
    assert shown[-1] == ((*HEAT, "driver", "source"), 'source = "a#b=[c]"')


WAITING = "# offset_ms ="
COMMENT = st.one_of(st.just(WAITING), st.text("abc =[]#\"'{}.\t", max_size=20).map(lambda text: f"#{text}"))
VALUES = st.sampled_from(
    [
        *("1", "-2.5", '"a # b"', "'c ] d'", '"""\n# [x]\ny = 1\n"""', "[1,\n # in it\n 2 ]", "{ a = 1, b = [2] }"),
        *("true", "'''\n'' '\n'''", '"\\"["', "1979-05-27T07:32:00Z"),
    ]
)
BLANK = st.sampled_from(["", " ", "\t", "  "])


@st.composite
def tables(draw: st.DrawFn) -> str:
    """A station's text with three tables, comments anywhere, and perhaps the key."""
    lines = []
    names = draw(st.permutations(["heat", "sound", "gas"]))
    for name in names:
        lines += draw(st.lists(COMMENT, max_size=2))
        lines.append(draw(BLANK) + draw(st.sampled_from([f"[streams.{name}]", f'[ "streams".{name} ]'])) + draw(BLANK))
        keys = draw(st.lists(st.sampled_from(["kind", "note", "a.b", '"q r"', "offset_ms"]), unique=True, max_size=4))
        for key in keys:
            lines += draw(st.lists(COMMENT, max_size=2))
            tail = draw(st.one_of(st.just(""), COMMENT.map(lambda c: f"  {c}")))
            lines.append(f"{draw(BLANK)}{key}{draw(BLANK)}={draw(BLANK)}{draw(VALUES)}{tail}")
        lines += draw(st.lists(st.one_of(COMMENT, st.just("")), max_size=2))
    return "\n".join(lines) + draw(st.sampled_from(["", "\n"]))


@given(text=tables(), value=st.floats(-1e6, 1e6))
@example(text="[streams.sound]\noffset_ms = 1\n[streams.heat]\n[streams.gas]", value=0.0)
def test_comments_and_other_keys_survive_whatever_they_are(text: str, value: float) -> None:
    new = edited(text, HEAT, {"offset_ms": value}, "today")
    old, found = tomllib.loads(text), tomllib.loads(new)
    had = old["streams"]["heat"].pop("offset_ms", None) is not None
    assert found["streams"]["heat"].pop("offset_ms") == value
    assert found == old
    (same,) = [one for one in statements(new) if one.path == (*HEAT, "offset_ms")]
    note = f"{MARK}today\n"
    at = new.index(note)
    assert new[at + len(note) : same.begin].strip() == ""
    rest = new[:at] + new[at + len(note) : same.value] + new[same.end :]
    if had:
        (before,) = [one for one in statements(text) if one.path == (*HEAT, "offset_ms")]
        assert rest == text[: before.value] + text[before.end :]
    else:
        bare = new[:at] + new[at + len(note) : same.begin] + new[same.end :]
        left = [line for line in bare.splitlines() if line.strip()]
        written = [line for line in text.splitlines() if line.strip()]
        # The comment that waited for the value is the only line that may go.
        waiting = [n for n, line in enumerate(written) if line == WAITING]
        assert left in [written, *(written[:n] + written[n + 1 :] for n in waiting)]
