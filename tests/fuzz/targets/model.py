"""The walk through a model for data outside of it: files or a ValueError, and no file of a real model is overlooked."""

import onnx
from google.protobuf.message import DecodeError
from onnx import external_data_helper

from deploy.outside import outside_files
from tests.tiny_bundle import model


def outside() -> bytes:
    """A model whose weights lie in another file."""
    made = model()
    external_data_helper.set_external_data(made.graph.initializer[0], "w.bin")
    return made.SerializeToString()


CORPUS = (model().SerializeToString(), outside())
TOKENS = (b"location", b"\x6a", b"\x0a\x08location\x12\x05w.bin", b"\x3a\x00", b"\xff" * 9, b"\x70\x01")


def fuzz(data: bytes) -> None:
    """Where onnx itself finds data outside among the initializers of a model, so does the walk; one is enough to refuse."""
    try:
        found = outside_files(data)
    except ValueError:
        return
    try:
        read = onnx.ModelProto.FromString(data)
    except DecodeError:
        return
    for tensor in read.graph.initializer:
        for entry in tensor.external_data:
            assert entry.key != "location" or found
