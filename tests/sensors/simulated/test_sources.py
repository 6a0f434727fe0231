"""What holds for every sensor of the simulated line."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensors.simulated.conditions import ROUGH, Conditions
from sensors.simulated.imager import Imager
from sensors.simulated.kinds import SHOWN_BY, STREAMS
from sensors.simulated.line import Pace, schedule
from sensors.simulated.mix import Mix
from sensors.simulated.parts import make_parts
from sensors.simulated.shutter import Shutter
from tests.sensors.simulated.scene import GOOD, SOURCES, samples, times

EVERYTHING = Conditions(floor=ROUGH.floor, imager=Imager(drift_k=0.5, shutter=Shutter(period=20, frames=3)))
PASSINGS = schedule(make_parts(1, 8, Mix(bad_share=0.9, weights=dict.fromkeys(SHOWN_BY, 1.0))), 1, Pace(lead_s=0.5))


@pytest.mark.parametrize("stream", STREAMS)
@pytest.mark.parametrize("kind", [kind for kind, streams in SHOWN_BY.items() if len(streams) == 1])
def test_a_defect_changes_its_own_stream_and_no_other(stream: str, kind: str) -> None:
    same = np.array_equal(samples(stream, GOOD), samples(stream, replace(GOOD, defect=kind, severity=0.8)))
    assert same == ((stream,) != SHOWN_BY[kind])


@pytest.mark.parametrize("stream", STREAMS)
def test_a_loose_part_changes_the_streams_that_show_it_together_by_its_causes_alone(stream: str) -> None:
    loose = replace(GOOD, defect="loose", severity=0.8, rattle=0.7, warmth=0.7)
    assert np.array_equal(samples(stream, GOOD), samples(stream, loose)) == (stream not in SHOWN_BY["loose"])
    odd = replace(GOOD, rattle=0.7, warmth=0.7)
    np.testing.assert_array_equal(samples(stream, odd), samples(stream, loose))


@pytest.mark.parametrize(("stream", "dtype"), [("acoustic", np.int16), ("thermal", np.uint16), ("enose", np.float32)])
def test_samples_have_the_dtype_and_shape_of_the_sensor(stream: str, dtype: type) -> None:
    data = samples(stream, GOOD)
    assert data.dtype == dtype
    assert data.shape == (times(stream, 2.0).size, *SOURCES[stream][0]([], 3).stream.shape)


@pytest.mark.parametrize("stream", STREAMS)
def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(stream: str) -> None:
    make = SOURCES[stream][0]
    one, same, other = (make(PASSINGS, seed, EVERYTHING).samples(0, times(stream, 3.0)) for seed in (1, 1, 2))
    assert one.tobytes() == same.tobytes()
    assert one.tobytes() != other.tobytes()


@pytest.mark.parametrize("stream", STREAMS)
@given(data=st.data())
@settings(max_examples=8, deadline=None)
def test_samples_do_not_depend_on_where_calls_begin_and_end(stream: str, data: st.DataObject) -> None:
    source = SOURCES[stream][0](PASSINGS, 1, EVERYTHING)
    # A device whose clock is a little off, as all are.
    times_s = times(stream, 4.0) / (1.0 + 60e-6)
    cuts = data.draw(st.lists(st.integers(1, times_s.size - 1), max_size=4, unique=True).map(sorted))
    pieces = [
        source.samples(first, times_s[first:stop])
        for first, stop in zip([0, *cuts], [*cuts, times_s.size], strict=True)
    ]
    np.testing.assert_array_equal(np.concatenate(pieces), source.samples(0, times_s))


@pytest.mark.parametrize("stream", STREAMS)
def test_a_rough_shift_stays_within_the_range_of_the_sensor(stream: str) -> None:
    data = SOURCES[stream][0](PASSINGS, 1, ROUGH).samples(0, times(stream, 5.0)).astype(float)
    assert np.isfinite(data).all()
    assert data.std() > 0.0
    low, high = {"acoustic": (-32768, 32767), "thermal": (25_000, 35_000), "enose": (1.0, 200.0)}[stream]
    assert low < data.min() < data.max() < high
