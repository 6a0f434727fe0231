import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sensors.protocols.decimals import NUMBER, number, sample

NEARLY = st.text(st.sampled_from("0123456789+-.eEnNaAiIfFtTyY_ \t\r\x00\x0b\x1cx"), max_size=12)


@given(st.one_of(NEARLY, st.text(st.characters(max_codepoint=127)), st.floats().map(repr)))
@example("1_0")
@example(" nan")
@example("-Infinity")
@example("+.5E-3 ")
@example("1e999")
def test_what_is_a_number_is_decided_by_the_pattern_alone(text: str) -> None:
    if NUMBER.fullmatch(text.strip()):
        assert number(text) == float(text)
    else:
        with pytest.raises(ValueError, match=r"no decimal number|could not convert"):
            number(text)


@given(st.lists(st.floats(), min_size=1, max_size=8))
def test_a_sample_holds_what_float32_holds_and_refuses_the_rest(values: list[float]) -> None:
    if all(math.isfinite(value) and abs(value) <= float(np.finfo(np.float32).max) for value in values):
        data = sample(values)
        assert (data.shape, data.dtype) == ((1, len(values)), np.float32)
        np.testing.assert_array_equal(data[0], np.asarray(values, np.float64).astype(np.float32))
    else:
        with pytest.raises(ValueError, match="do not all fit float32"):
            sample(values)
