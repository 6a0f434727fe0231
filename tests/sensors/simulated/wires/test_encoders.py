"""What the simulated devices write is what the real decoders read."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from sensors.protocols.selection import decoder
from sensors.readings import Quality
from sensors.simulated.wires.bme688 import STEP_MS, Bme688Encoder
from sensors.simulated.wires.csv import CsvEncoder
from sensors.simulated.wires.encoder import Encoder
from sensors.simulated.wires.jsonl import JsonlEncoder
from sensors.simulated.wires.mlx90640 import Mlx90640Encoder
from sensors.simulated.wires.y4m import Y4mEncoder
from sensors.streams import Stream

NAMES = ("r0", "r1", "r2", "r3")
OHMS = st.floats(0.0, 1e6, width=32)
GAS = arrays.arrays(np.float32, (3, 4), elements=OHMS)
CYCLES = arrays.arrays(np.float32, (2, 10), elements=OHMS)
FRAMES = arrays.arrays(np.uint16, (2, 24, 32), elements=st.integers(27315 - 3000, 27315 + 20000))
MS = 1_000_000
FEW = settings(max_examples=30)
"""Drawing arrays is slow, and every example holds many numbers."""


def decoded(protocol: str, options: dict[str, Any], encoder: Encoder, data: NDArray[Any], device_ns: int = 0) -> list:
    reader = decoder(protocol, options)
    # The first line after opening may be a cut one, and is not believed.
    first = b"\n" if protocol in ("csv", "bme688") else b""
    return reader.feed(first + b"".join(encoder.chunks(data, device_ns)))


@FEW
@given(data=GAS)
def test_csv_lines_carry_every_channel_to_a_thousandth(data: NDArray[np.float32]) -> None:
    found = decoded("csv", {"channels": NAMES}, CsvEncoder(), data)
    np.testing.assert_allclose(np.concatenate([one.data for one in found]), data, atol=6e-4, rtol=1e-6)
    assert {one.quality for one in found} == {Quality.OK}


def test_csv_is_what_a_sketch_prints() -> None:
    data = np.array([[41.5, np.nan, 3.0]], np.float32)
    assert CsvEncoder(2).chunks(data, 0) == [b"41.50,nan,3.00\r\n"]


@FEW
@given(data=GAS, device_ms=st.integers(0, 2**33))
def test_json_lines_carry_the_device_time_as_32_bits_of_milliseconds(data: NDArray[np.float32], device_ms: int) -> None:
    options = {"channels": NAMES, "time_key": "ms"}
    found = decoded("jsonl", options, JsonlEncoder(NAMES), data, device_ms * MS)
    np.testing.assert_allclose(np.concatenate([one.data for one in found]), data, atol=6e-4, rtol=1e-6)
    assert {one.device_ns for one in found} == {device_ms % 2**32 * MS}


def test_json_is_compact_and_ends_with_a_line_feed() -> None:
    assert JsonlEncoder(("a", "b")).chunks(np.array([[1.5, 2.25]]), 1234 * MS) == [b'{"ms":1234,"a":1.5,"b":2.25}\n']


@FEW
@given(data=CYCLES)
def test_a_heater_cycle_is_ten_lines_that_the_decoder_makes_one_sample(data: NDArray[np.float32]) -> None:
    found = decoded("bme688", {"warming_cycles": 0}, Bme688Encoder(), data[:1], 60_000 * MS)
    np.testing.assert_allclose(found[0].data, data[:1], atol=6e-3, rtol=1e-6)
    assert found[0].device_ns == 60_000 * MS


def test_the_steps_of_a_heater_cycle_have_a_time_each() -> None:
    lines = Bme688Encoder().chunks(np.ones((1, 10), np.float32), 60_000 * MS)
    times = [int(line.split(b",")[0]) for line in lines]
    assert np.diff(times).tolist() == [STEP_MS] * 9
    assert lines[0] == b"58740, 24.31, 96512.20, 41.70, 1.00, b0, 0\r\n"


@FEW
@given(data=FRAMES)
def test_thermal_modules_send_hundredths_of_a_degree(data: NDArray[np.uint16]) -> None:
    found = decoded("mlx90640", {}, Mlx90640Encoder(), data)
    np.testing.assert_allclose(np.concatenate([one.data for one in found]), data / 100.0 - 273.15, atol=1e-3)


@pytest.mark.parametrize(
    ("encoder", "data"),
    [(Mlx90640Encoder(), np.zeros((1, 60, 80), np.uint16)), (Bme688Encoder(), np.zeros((1, 4), np.float32))],
)
def test_a_wire_refuses_another_size_than_it_has(encoder: Encoder, data: NDArray[Any]) -> None:
    with pytest.raises(ValueError, match=r"\(24, 32\)|\(10,\)"):
        encoder.chunks(data, 0)


def test_video_begins_with_its_size_and_rate_and_its_pixels_are_little_endian() -> None:
    stream = Stream(name="thermal", kind="image", shape=(1, 2), nominal_rate_hz=8.6, units=("cK",))
    encoder = Y4mEncoder(stream)
    assert encoder.header == b"YUV4MPEG2 W2 H1 F43:5 Ip A1:1 Cmono16\n"
    assert encoder.chunks(np.array([[[1, 515]]], np.uint16), 0) == [b"FRAME\n\x01\x00\x03\x02"]


@pytest.mark.parametrize("change", [{"kind": "series"}, {"nominal_rate_hz": None}])
def test_video_needs_images_and_a_rate(change: dict[str, Any]) -> None:
    fields = {"name": "t", "kind": "image", "shape": (1, 2), "nominal_rate_hz": 9.0, "units": ("cK",)}
    with pytest.raises(ValueError, match="needs images and a rate"):
        Y4mEncoder(Stream(**{**fields, **change}))
