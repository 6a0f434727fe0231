from dataclasses import replace

import pytest

from qc_station.align.snapshot import Reason
from qc_station.errors import ConfigError
from sensors.streams import Stream
from tests.qc_station.align.scene import HEAT, MS, RULES, SECOND, balanced, fill, heat, make, parts, sound

LATER = {**RULES, "sound": replace(RULES["sound"], offset_ns=10 * MS)}


def test_an_open_part_keeps_the_rules_of_its_trigger() -> None:
    aligner = make()
    aligner.trigger("before", SECOND + 20 * MS)
    aligner.reconfigure(LATER, deadline_ns=100 * MS)
    aligner.trigger("after", SECOND + 20 * MS)
    fill(aligner)
    before, after = aligner.advance(SECOND + 100 * MS)
    assert before.windows["sound"].data[0, 0] == 16
    assert after.windows["sound"].data[0, 0] == 26


def test_data_that_came_before_serves_parts_that_come_after() -> None:
    aligner = make()
    fill(aligner)
    aligner.advance(SECOND + 100 * MS)
    aligner.reconfigure(LATER, deadline_ns=100 * MS)
    aligner.trigger("a", SECOND + 50 * MS)
    assert aligner.advance(SECOND + 100 * MS)[0].reasons["sound"] is Reason.OK


def test_a_shorter_deadline_is_kept_although_an_older_part_may_wait_longer() -> None:
    aligner = make()
    aligner.trigger("old", SECOND)
    aligner.reconfigure(RULES, deadline_ns=20 * MS)
    aligner.trigger("new", SECOND + 10 * MS)
    assert aligner.due_ns() == SECOND + 30 * MS
    assert aligner.advance(SECOND + 30 * MS - 1) == []
    assert parts(aligner.advance(SECOND + 30 * MS)) == ["old", "new"]


def test_a_stream_that_is_added_is_cut_from_then_on() -> None:
    aligner = make({"sound": RULES["sound"]})
    aligner.trigger("before", SECOND + 20 * MS)
    aligner.reconfigure(RULES, deadline_ns=100 * MS)
    aligner.trigger("after", SECOND + 21 * MS)
    fill(aligner)
    before, after = aligner.advance(SECOND + 100 * MS)
    assert (set(before.reasons), set(after.reasons)) == ({"sound"}, {"sound", "heat"})


def test_a_stream_that_is_removed_is_refused_and_counted_and_its_books_stay() -> None:
    aligner = make()
    fill(aligner, 50)
    aligner.reconfigure({"sound": RULES["sound"]}, deadline_ns=100 * MS)
    aligner.push(heat(5))
    aligner.trigger("a", SECOND + 20 * MS)
    assert set(aligner.advance(SECOND + 50 * MS)[0].reasons) == {"sound"}
    books = aligner.stats().streams["heat"]
    assert (books.ingested, books.dropped, books.balanced) == (6, {"removed": 1}, True)


def test_the_data_of_a_removed_stream_goes_when_no_open_part_needs_it() -> None:
    aligner = make()
    aligner.trigger("old", SECOND + 45 * MS)
    fill(aligner, 50)
    aligner.reconfigure({"sound": RULES["sound"]}, deadline_ns=100 * MS)
    aligner.advance(SECOND + 50 * MS)
    assert aligner.stats().streams["heat"].buffered == 5
    (old,) = aligner.advance(SECOND + 145 * MS)
    assert old.windows["heat"].data[0, 0, 0] == 4
    books = aligner.stats().streams["heat"]
    assert (books.buffered, books.used, books.context) == (0, 1, 4)


def test_a_stream_that_comes_back_goes_on_where_it_was() -> None:
    aligner = make()
    fill(aligner, 30)
    aligner.reconfigure({"sound": RULES["sound"]}, deadline_ns=100 * MS)
    aligner.reconfigure(RULES, deadline_ns=100 * MS)
    for number in range(3, 6):
        aligner.push(sound(10 * number))
        aligner.push(heat(number))
    aligner.trigger("a", SECOND + 40 * MS)
    assert set(aligner.advance(SECOND + 60 * MS)[0].reasons.values()) == {Reason.OK}
    assert balanced(aligner)


def test_rules_that_cannot_be_are_refused_and_change_nothing() -> None:
    aligner = make()
    with pytest.raises(ConfigError, match="later than the deadline of 1 ms"):
        aligner.reconfigure(RULES, deadline_ns=MS)
    other = Stream(name="heat", kind="image", shape=(3, 3), nominal_rate_hz=100.0, units=("cK",))
    with pytest.raises(ConfigError, match=r"stream 'heat': .*shape=\(3, 3\).* instead of .*shape=\(2, 2\)"):
        aligner.reconfigure({**RULES, "heat": replace(RULES["heat"], stream=other)}, deadline_ns=100 * MS)
    assert RULES["heat"].stream == HEAT
    aligner.trigger("a", SECOND + 20 * MS)
    fill(aligner)
    assert set(aligner.advance(SECOND + 100 * MS)[0].reasons) == {"sound", "heat"}
