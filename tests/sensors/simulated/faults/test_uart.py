"""What a receiver at another speed reads."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.simulated.faults.uart import as_read, levels

BAUDS = st.sampled_from([1200, 9600, 19200, 57600, 115200, 230400])


def test_a_byte_is_a_low_start_bit_its_bits_from_the_lowest_and_a_high_stop_bit() -> None:
    assert levels(b"\x05").tolist() == [0, 1, 0, 1, 0, 0, 0, 0, 0, 1]


@given(data=st.binary(max_size=200), baud=BAUDS)
def test_the_same_speed_reads_the_same_bytes(data: bytes, baud: int) -> None:
    assert as_read(data, baud, baud) == data


@given(data=st.binary(max_size=50), percent=st.floats(-4.5, 4.5))
def test_speeds_that_differ_by_less_than_half_a_bit_in_a_frame_read_the_same(data: bytes, percent: float) -> None:
    assert as_read(data, 115200, round(115200 * (1 + percent / 100))) == data


@given(data=st.binary(min_size=1, max_size=100), sent=BAUDS, read=BAUDS)
def test_a_receiver_reads_no_more_frames_than_there_is_time_for(data: bytes, sent: int, read: int) -> None:
    seconds = (10 * len(data) + 10) / sent
    assert len(as_read(data, sent, read)) <= seconds * read / 9.5 + 1


@pytest.mark.parametrize(
    ("data", "sent", "read", "found"),
    [
        # 0x55 sent at half the speed: low, high, low ... each two bits long. Start and first bit low, then 11 00 11 0 and
        # a low stop bit; the next fall is that of the fifth pair.
        (b"\x55", 57600, 115200, bytes([0b01100110]) + bytes([0b11100110])),
        # 0xff at a quarter: nothing but the start bit, four bits long: three low ones, then high.
        (b"\xff", 28800, 115200, b"\xf8"),
        # 0x00 at double speed: nine low bits last for four and a half, of which one is the start; the rest is high.
        (b"\x00", 230400, 115200, b"\xf8"),
        # A start bit that is over before its middle is noise.
        (b"\xff", 115200, 19200, b""),
        # A low line to the end of the frame is a framing error, and the byte is handed over all the same.
        (b"\x00", 9600, 115200, b"\x00"),
    ],
)
def test_other_speeds_read_what_stands_on_the_line_when_they_look(
    data: bytes, sent: int, read: int, found: bytes
) -> None:
    assert as_read(data, sent, read) == found
