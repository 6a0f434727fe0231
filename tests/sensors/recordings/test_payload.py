import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sensors.errors import SensorReadError
from sensors.readings import Quality, Reading
from sensors.recordings.errors import RecordingError
from sensors.recordings.payload import LISTS, SCHEMA, decode, encode

DTYPES = ["|b1", "|u1", "|i1", "<i2", "<u2", ">i2", "<i4", "<u8", "<f2", "<f4", ">f8", "<f8", "<c8"]


@st.composite
def a_reading(draw: st.DrawFn) -> Reading:
    shape = draw(hnp.array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=5))
    dtype = np.dtype(draw(st.sampled_from(DTYPES)))
    size = int(np.prod(shape)) * dtype.itemsize
    data = np.frombuffer(draw(st.binary(min_size=size, max_size=size)), dtype).reshape(shape)
    return Reading(
        stream="any",
        session=draw(st.integers(0, 2**32 - 1)),
        seq=draw(st.integers(0, 2**63)),
        arrival_ns=draw(st.integers(0, 2**63)),
        device_ns=draw(st.none() | st.integers(-(2**63), 2**63 - 1)),
        data=data.T if draw(st.booleans()) else data,
        quality=Quality(draw(st.integers(0, 31))),
    )


@given(a_reading())
def test_every_reading_comes_back_bit_for_bit(reading: Reading) -> None:
    back = decode("any", reading.arrival_ns, encode(reading))
    assert back.data.dtype.str == reading.data.dtype.str
    assert back.data.shape == reading.data.shape
    assert back.data.tobytes() == reading.data.tobytes()
    for field in ("stream", "session", "seq", "arrival_ns", "device_ns", "quality"):
        assert getattr(back, field) == getattr(reading, field)


def test_the_bytes_are_those_that_the_layout_promises() -> None:
    data = np.array([[1, -2], [3, 4], [5, 6]], np.int16)
    reading = Reading(
        stream="a",
        session=7,
        seq=258,
        arrival_ns=99,
        device_ns=-1,
        data=data,
        quality=Quality.GAP_BEFORE | Quality.WARMING,
    )
    assert encode(reading) == (
        b"\x02\x01\0\0\0\0\0\0"
        b"\xff\xff\xff\xff\xff\xff\xff\xff"
        b"\x07\0\0\0\x11\0\0\0"
        b"<i2\0\0\0\0\0"
        b"\x01\0\0\0"
        b"\x02\0\0\0\x03\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0"
        b"\0\0\0\0"
        b"\x06\0\0\0\x01\0\xfe\xff\x03\0\x04\0\x05\0\x06\0"
        b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
    )


ROS_1 = {"uint8": "u1", "int16": "<i2", "uint16": "<u2", "uint32": "<u4", "uint64": "<u8", "int64": "<i8"}
ROS_1 |= {"float32": "<f4", "float64": "<f8"}


def as_ros_1(definition: str, message: bytes) -> dict[str, np.ndarray]:
    """The fields of a message by its definition alone, as wiki.ros.org/msg has it; all bytes must belong to one."""
    fields, place = {}, 0
    for line in definition.splitlines():
        if line.startswith("#"):
            continue
        kind, name = line.split()
        kind, _, count = kind.removesuffix("]").partition("[")
        if line.split()[0].endswith("[]"):
            length = int.from_bytes(message[place : place + 4], "little")
            place += 4
        else:
            length = int(count or 1)
        fields[name] = np.frombuffer(message, ROS_1[kind], length, place)
        place += fields[name].nbytes
    assert place == len(message)
    return fields


@given(a_reading())
def test_whoever_reads_ros_1_reads_every_field_by_the_definition_in_the_file(reading: Reading) -> None:
    fields = as_ros_1(SCHEMA, encode(reading))
    assert (fields["seq"], fields["session"], fields["quality"]) == (reading.seq, reading.session, reading.quality)
    assert bool(fields["flags"][0]) is (reading.device_ns is not None)
    assert fields["device_ns"][0] == (reading.device_ns or 0)
    assert tuple(fields["shape"]) == reading.data.shape
    assert fields["dtype"].tobytes().rstrip(b"\0").decode() == reading.data.dtype.str
    names = list(fields)
    full = [fields[name] for name in names[names.index("shape") + 1 :] if fields[name].size]
    assert len(full) == bool(reading.data.size)
    for samples in full:
        assert samples.dtype.str == (reading.data.dtype.str if reading.data.dtype.str in LISTS else "|u1")
        assert samples.tobytes() == reading.data.tobytes()


@pytest.mark.parametrize("dtype", [*LISTS, "<i8", "<c16"])
def test_samples_begin_where_their_dtype_may(dtype: str) -> None:
    assert decode("a", 1, encode(_reading(np.ones((3, 2), dtype)))).data.flags.aligned


def test_decoded_samples_are_a_view_of_the_message_that_nobody_can_change() -> None:
    message = encode(_reading(np.zeros((4, 2), np.float32)))
    samples = decode("a", 1, message).data
    assert np.shares_memory(samples, np.frombuffer(message, np.uint8))
    assert not samples.flags.writeable


@given(st.binary(max_size=120))
def test_other_bytes_are_refused_with_the_name_of_the_stream(message: bytes) -> None:
    with pytest.raises(SensorReadError, match=rf"stream 'a': a message of {len(message)} bytes is no reading"):
        decode("a", 1, message)


def test_a_cut_message_is_refused() -> None:
    message = encode(_reading(np.arange(6, dtype=np.float32).reshape(3, 2)))
    for cut in range(len(message)):
        with pytest.raises(SensorReadError, match="is no reading"):
            decode("a", 1, message[:cut])


def test_samples_that_are_no_numbers_are_not_recorded() -> None:
    with pytest.raises(RecordingError, match="samples are object; numbers and booleans"):
        encode(_reading(np.array([object()])))


def _reading(data: np.ndarray) -> Reading:
    return Reading(stream="a", session=0, seq=0, arrival_ns=1, device_ns=None, data=data)
