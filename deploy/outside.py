"""Whether an ONNX model keeps data outside of its own bytes: a tensor may name any file of the disk as its content.

ONNX, `onnx.proto`: `TensorProto.data_location` and `external_data`, whose entry `location` is the file. Only these
fields are walked to; the box that inspects has no onnx package.
"""

from collections.abc import Iterator

NESTED: dict[str, dict[int, str]] = {
    "ModelProto": {7: "GraphProto", 20: "TrainingInfoProto", 25: "FunctionProto"},
    "TrainingInfoProto": {1: "GraphProto", 2: "GraphProto"},
    "GraphProto": {1: "NodeProto", 5: "TensorProto", 15: "SparseTensorProto"},
    "NodeProto": {5: "AttributeProto"},
    "AttributeProto": {
        5: "TensorProto",
        6: "GraphProto",
        10: "TensorProto",
        11: "GraphProto",
        22: "SparseTensorProto",
        23: "SparseTensorProto",
    },
    "SparseTensorProto": {1: "TensorProto", 2: "TensorProto"},
    "FunctionProto": {7: "NodeProto", 11: "AttributeProto"},
}
"""By message the fields that lead to a tensor."""
EXTERNAL_DATA, LOCATION = 13, b"location"
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5


def outside_files(model: bytes) -> list[str]:
    """The files that a model's tensors name as their content, in the order in which they are found.

    Raises:
        ValueError: the bytes are no protocol buffer.
    """
    found, waiting = [], [("ModelProto", memoryview(model))]
    while waiting:
        kind, message = waiting.pop()
        nested = NESTED.get(kind, {})
        for number, content in _fields(message):
            if number in nested:
                waiting.append((nested[number], content))
            elif kind == "TensorProto" and number == EXTERNAL_DATA:
                entry = dict(_fields(content))
                if bytes(entry.get(1, b"")) == LOCATION:
                    found.append(bytes(entry.get(2, b"")).decode(errors="replace"))
    return found


def _fields(message: memoryview) -> Iterator[tuple[int, memoryview]]:
    """Number and content of every field that has bytes; numbers are passed over."""
    place = 0
    while place < len(message):
        tag, place = _varint(message, place)
        number, wire = tag >> 3, tag & 7
        if wire == VARINT:
            _, place = _varint(message, place)
        elif wire in (FIXED64, FIXED32):
            place += 8 if wire == FIXED64 else 4
        elif wire == BYTES:
            length, place = _varint(message, place)
            yield number, message[place : place + length]
            place += length
        else:
            raise ValueError(f"wire type {wire} of field {number}; allowed: 0, 1, 2 and 5")
    if place > len(message):
        raise ValueError("a field that ends after its message")


def _varint(message: memoryview, place: int) -> tuple[int, int]:
    """A number of 7 bits a byte, least significant first, and where it ends."""
    value = 0
    for count in range(10):
        if place + count >= len(message):
            break
        byte = message[place + count]
        value |= (byte & 0x7F) << (7 * count)
        if byte < 0x80:
            return value, place + count + 1
    raise ValueError("a number that does not end")
