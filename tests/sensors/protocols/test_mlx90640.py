import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.protocols.mlx90640 import FRAME_BYTES, HEADER, SPEAK, Mlx90640
from sensors.readings import Quality
from tests.sensors.protocols.wires import CUTS, fed

GOLDEN = b"\x5a\x5a\x02\x06" + b"\x29\x09" * 767 + b"\x0c\xfe" + b"\xc4\x09" + b"\x61\x98"
"""767 pixels of 23.45, the last of -5.00, the sensor at 25.00 degrees; the sum of its bytes is 39009, 0x9861."""


def frame(hundredths: int, words: bool = False) -> bytes:
    body = HEADER + hundredths.to_bytes(2, "little", signed=True) * 768 + b"\xc4\x09"
    pairs = sum(int.from_bytes(body[at : at + 2], "little") for at in range(0, len(body), 2))
    return body + ((pairs if words else sum(body)) % 65536).to_bytes(2, "little")


def test_a_frame_is_an_image_in_degrees_celsius() -> None:
    decoder = Mlx90640()
    (one,) = decoder.feed(GOLDEN)
    assert one.data.shape == (1, 24, 32)
    assert one.data.dtype == np.float32
    assert one.data[0, 0, 0] == np.float32(23.45)
    assert one.data[0, 23, 31] == np.float32(-5.0)
    assert one.quality == Quality.OK
    assert decoder.counters == {"malformed_bytes": 0, "bad_checksums": 0}
    assert (decoder.kind, decoder.shape, decoder.units) == ("image", (24, 32), ("Cel",))


def test_both_ways_to_sum_are_taken() -> None:
    assert len(fed(Mlx90640(), frame(2345) + frame(2346, words=True))) == 2


def test_the_greeting_is_the_command_to_send_frames_with_its_sum() -> None:
    assert Mlx90640().greeting == SPEAK == b"\xa5\x35\x02" + bytes([(0xA5 + 0x35 + 0x02) % 256])


def test_a_wrong_checksum_costs_that_frame_and_leaves_a_gap() -> None:
    bad = bytearray(frame(2000))
    bad[700] ^= 0x10
    decoder = Mlx90640()
    decoded = fed(decoder, frame(1000) + bad + frame(3000))
    assert [(one[0][0][0][0], one[1]) for one in decoded] == [(10.0, Quality.OK), (30.0, Quality.GAP_BEFORE)]
    assert decoder.counters == {"bad_checksums": 1, "malformed_bytes": FRAME_BYTES}


@pytest.mark.parametrize("lost", [1, 2, 5, 700, FRAME_BYTES - 5])
def test_the_search_goes_on_inside_a_bad_frame_so_that_lost_bytes_cost_one_frame(lost: int) -> None:
    cut = frame(2000)[:-lost]
    decoded = fed(Mlx90640(), frame(1000) + cut + frame(3000) + frame(4000))
    assert [one[0][0][0][0] for one in decoded] == [10.0, 30.0, 40.0]


def test_a_frame_that_was_entered_in_its_middle_is_no_gap() -> None:
    decoder = Mlx90640()
    assert [one[1] for one in fed(decoder, frame(2000)[600:] + frame(3000))] == [Quality.OK]
    assert decoder.counters["malformed_bytes"] == FRAME_BYTES - 600


def test_the_same_pixels_again_are_flagged_as_a_frozen_camera() -> None:
    qualities = [one[1] for one in fed(Mlx90640(), frame(2000) + frame(2000) + frame(2001))]
    assert qualities == [Quality.OK, Quality.REPEATED, Quality.OK]


@pytest.mark.parametrize(("hundredths", "quality"), [(30000, 4), (29999, 0), (-4000, 4), (-3999, 0)])
def test_pixels_at_the_end_of_the_range_are_flagged(hundredths: int, quality: int) -> None:
    assert [one[1] for one in fed(Mlx90640(), frame(hundredths))] == [Quality(quality)]


def test_a_reset_forgets_half_a_frame() -> None:
    decoder = Mlx90640()
    fed(decoder, frame(1000) + frame(2000)[:500])
    decoder.reset()
    assert [(one[0][0][0][0], one[1]) for one in fed(decoder, frame(1000))] == [(10.0, Quality.OK)]


@given(CUTS)
def test_any_split_gives_the_same_samples(cuts: list[int]) -> None:
    wire = b"\x5a\x5a\x02" + GOLDEN + frame(0)[:-3] + HEADER * 3 + frame(500) + b"\x5a" + frame(501)
    whole, split = Mlx90640(), Mlx90640()
    assert fed(split, wire, cuts) == fed(whole, wire)
    assert split.counters == whole.counters


@given(st.lists(st.one_of(st.binary(max_size=50), st.just(HEADER), st.just(b"\x5a")), min_size=3, max_size=3))
def test_garbage_around_good_frames_loses_none_of_them(garbage: list[bytes]) -> None:
    # False headers hold a frame back until as many bytes have come: hence frames at the end.
    good = [frame(100), frame(200), frame(300)]
    wire = b"".join(one for pair in zip(garbage, good, strict=True) for one in pair) + frame(400) + frame(500)
    assert [round(one[0][0][0][0]) for one in fed(Mlx90640(), wire)] == [1, 2, 3, 4, 5]


@given(st.lists(st.one_of(st.binary(max_size=5000), st.just(HEADER), st.just(GOLDEN[:900]), st.just(GOLDEN[900:]))))
def test_arbitrary_bytes_never_raise_and_memory_is_bounded(chunks: list[bytes]) -> None:
    decoder = Mlx90640()
    for chunk in chunks:
        for one in decoder.feed(chunk):
            assert np.isfinite(one.data).all()
        assert len(decoder._held) < FRAME_BYTES
