"""Whatever a caller hands to the runtime, it is scored or refused with what was expected; nothing else is raised."""

import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from deploy.errors import InputError
from deploy.runtime import PRESENCE, Runtime
from tests.tiny_bundle import SAMPLES, tiny_bundle

SOUND = np.arange(SAMPLES, dtype=np.int16)[None]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Runtime:
    return Runtime(tiny_bundle(tmp_path_factory.mktemp("bundles")))


@pytest.mark.parametrize(
    ("windows", "said"),
    [
        (None, "windows are a NoneType; expected a mapping of streams to arrays"),
        ([SOUND], "windows are a list; expected a mapping of streams to arrays"),
        ({"sound": [0, 1, 2, 3]}, "stream 'sound': a list; expected a numpy array of shape (1, 4)"),
        ({"sound": "wav"}, "stream 'sound': a str; expected a numpy array of shape (1, 4)"),
        ({"sound": SOUND.astype(object)}, "stream 'sound': dtype object; expected int16, the raw values"),
        ({"sound": SOUND.astype(">i2")}, "stream 'sound': dtype >i2; expected int16"),
        ({"sound": SOUND[0]}, "stream 'sound': window of shape (4,); expected (1, 4)"),
        ({"sound": SOUND, 7: SOUND}, "no stream 7 in bundle"),
        ({"sound": SOUND, "taste": SOUND}, "no stream 'taste' in bundle"),
        ({}, "no stream is present; bundle"),
        ({"sound": None}, "no stream is present; bundle"),
    ],
)
def test_a_part_that_cannot_be_scored_is_refused(tiny: Runtime, windows: Any, said: str) -> None:
    with pytest.raises(InputError, match=re.escape(said)):
        tiny.scores(windows)


@pytest.mark.parametrize(
    ("rates", "said"),
    [
        ({"sound": 44100.0}, "stream 'sound': 44100.0 samples a second; expected 8000.0, as in training"),
        ({"sound": float("nan")}, "stream 'sound': nan samples a second; expected 8000.0"),
        ({"taste": 1.0}, "a rate of no stream 'taste'; bundle"),
    ],
)
def test_another_rate_than_that_of_training_is_refused(tiny: Runtime, rates: dict[str, float], said: str) -> None:
    with pytest.raises(InputError, match=re.escape(said)):
        tiny.scores({"sound": SOUND}, rates)


@pytest.mark.parametrize(
    ("windows", "rates", "said"),
    [
        ({"sound": SOUND, "taste": SOUND}, None, "no stream 'taste' in bundle"),
        ({"sound": SOUND}, {"sound": 44100.0}, "stream 'sound': 44100.0 samples a second"),
        ({"sound": SOUND}, {"taste": 1.0}, "a rate of no stream 'taste'"),
    ],
)
def test_names_and_rates_are_looked_at_before_any_window_is_converted(
    tiny: Runtime, monkeypatch: pytest.MonkeyPatch, windows: Any, rates: Any, said: str
) -> None:
    monkeypatch.setattr("deploy.runtime.checked", lambda *_: pytest.fail("was converted"))
    with pytest.raises(InputError, match=re.escape(said)):
        tiny.scores(windows, rates)


def test_the_rate_of_training_is_taken(tiny: Runtime) -> None:
    with_rate = tiny.scores({"sound": SOUND}, {"sound": 8000.0})
    assert np.array_equal(with_rate.outputs["label"], tiny.scores({"sound": SOUND}).outputs["label"])


@pytest.mark.parametrize(
    ("windows", "presence", "said"),
    [
        ({}, np.ones((1, 1), bool), "no rows of stream 'sound'; expected those of sound"),
        ({"sound": SOUND}, np.ones((1, 1), bool), "stream 'sound': window of shape (1, 4); expected (1, 1, 4)"),
        ({"sound": SOUND[None]}, np.ones((2, 1), bool), "window of shape (1, 1, 4); expected (2, 1, 4)"),
        (
            {"sound": SOUND[None]},
            np.ones((1, 2), bool),
            "presence is bool of shape (1, 2); expected bool of shape (parts, 1)",
        ),
        ({"sound": SOUND[None]}, np.ones((1, 1)), "presence is float64 of shape (1, 1); expected bool"),
        ({"sound": SOUND[None]}, True, "presence is True; expected bool of shape (parts, 1)"),
        ({"sound": np.full((1, 1, SAMPLES), np.nan)}, np.ones((1, 1), bool), "4 of 4 samples are NaN or infinite"),
        ({"sound": SOUND[None].astype(object)}, np.ones((1, 1), bool), "dtype object; expected numbers"),
    ],
)
def test_rows_that_cannot_be_scored_are_refused(tiny: Runtime, windows: Any, presence: Any, said: str) -> None:
    with pytest.raises(InputError, match=re.escape(said)):
        tiny.batch(windows, presence)


ANYTHING = st.one_of(
    st.none(),
    st.integers(),
    st.text(max_size=3),
    arrays.arrays(
        st.one_of(arrays.scalar_dtypes(), st.just(np.dtype(np.int16))), arrays.array_shapes(min_dims=0, max_side=5)
    ),
    arrays.arrays(np.int16, (1, SAMPLES)),
)


@given(st.dictionaries(st.sampled_from(["sound", "taste", PRESENCE]), ANYTHING))
def test_anything_is_scored_or_refused(tiny: Runtime, windows: dict[str, Any]) -> None:
    try:
        scores = tiny.scores(windows)
    except InputError:
        return
    assert scores.streams == ("sound",)
    assert scores.outputs["label"].sum() == pytest.approx(1)
