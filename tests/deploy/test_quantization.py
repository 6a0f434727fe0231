"""Graphs in smaller arithmetic say nearly the same, in the types and shapes of the original."""

import warnings
from collections.abc import Iterator

import numpy as np
import onnx
import pytest

from deploy.promises import PRESENCE
from deploy.quantization import MAKERS, Feed
from deploy.runtime import session
from tests.tiny_bundle import SAMPLES, model

RANDOM = np.random.default_rng(0)
FEEDS: list[Feed] = [
    {"sound": RANDOM.normal(size=(1, 1, SAMPLES)).astype(np.float32), PRESENCE: np.ones((1, 1), np.bool_)}
    for _ in range(20)
]


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """onnxruntime's tools warn of themselves."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@pytest.mark.parametrize("kind", sorted(MAKERS))
def test_it_answers_as_the_original_does_but_for_its_precision(kind: str) -> None:
    plain = model().SerializeToString()
    ours, theirs = session(MAKERS[kind](plain, FEEDS), 1), session(plain, 1)
    off = [abs(ours.run(["label"], dict(f))[0] - theirs.run(["label"], dict(f))[0]).max() for f in FEEDS]
    assert max(off) < 0.05
    assert [i.type for i in ours.get_inputs()] == [i.type for i in theirs.get_inputs()]


def test_int8_holds_quantize_and_dequantize_nodes_and_weights_of_eight_bits() -> None:
    graph = onnx.load_from_string(MAKERS["int8"](model().SerializeToString(), FEEDS)).graph
    kinds = {node.op_type for node in graph.node}
    assert {"QuantizeLinear", "DequantizeLinear"} <= kinds
    assert onnx.TensorProto.INT8 in {tensor.data_type for tensor in graph.initializer}


def test_a_graph_without_convolutions_has_no_bodies_to_make_smaller() -> None:
    plain = model().SerializeToString()
    assert MAKERS["int8_bodies"](plain, FEEDS) == plain
