import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc_station.triggers.keys import Keys
from qc_station.triggers.part_names import LONGEST, name_fault


@pytest.mark.parametrize(
    ("typed", "parts"),
    [
        (b" ", [""]),
        (b"\n", [""]),
        (b"\r", [""]),
        (b"A17\n", ["A17"]),
        (b"A17\nB 2\n \n", ["A17", "B 2", "", ""]),
        (b"A18\x7f7\n", ["A17"]),
        (b"\x7f\x7fA\n", ["A"]),
        (b"wrong\x15A17 \n", ["A17"]),
        ("Größe\n".encode(), ["Größe"]),
        (b"\x01\x02A\tB\n", ["AB"]),
        (b"A\xff\n", ["A"]),
        (b"x" * 500 + b"\n", ["x" * LONGEST]),
    ],
)
def test_keys_are_parts(typed: bytes, parts: list[str]) -> None:
    assert Keys().feed(typed) == parts


def test_an_arrow_key_types_nothing() -> None:
    keys = Keys()
    assert keys.feed(b"A1") == []
    assert keys.feed(b"\x1b[A") == []
    assert keys.typed == "A1"
    assert keys.feed(b"\n") == ["A1"]


@given(st.binary(max_size=40).filter(lambda data: b"\x1b" not in data), st.data())
def test_how_bytes_are_cut_changes_no_part(data: bytes, draw: st.DataObject) -> None:
    cut = draw.draw(st.integers(0, len(data)))
    keys = Keys()
    assert keys.feed(data[:cut]) + keys.feed(data[cut:]) == Keys().feed(data)


@given(st.binary(max_size=300))
def test_whatever_is_typed_a_part_has_no_name_or_an_allowed_one(data: bytes) -> None:
    assert all(part == "" or name_fault(part) is None for part in Keys().feed(data + b"\n"))
