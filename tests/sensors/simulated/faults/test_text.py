"""A fault is written and read without a change, and what nobody can do is refused with what is allowed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.simulated.faults.clock_drift import ClockDrift
from sensors.simulated.faults.fault import Fault
from sensors.simulated.faults.garbage import Garbage
from sensors.simulated.faults.place import Place, Way
from sensors.simulated.faults.saturation import Saturation
from sensors.simulated.faults.text import fault_kinds, obstacle, parameters, parsed, possible, written
from sensors.simulated.faults.unplug import Unplug
from sensors.simulated.faults.wrong_baud import WrongBaud
from sensors.simulated.faults.wrong_rate import WrongRate

S = 1_000_000_000
SOUND = Place(shape=(1,), dtype=np.dtype(np.int16), way=Way.RECORDING)
FRAMES = Place(shape=(24, 32), dtype=np.dtype(np.uint16), way=Way.VIDEO)
GAS = Place(shape=(4,), dtype=np.dtype(np.float32), way=Way.SERIAL, highest=99.0)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("unplug:10:5.5", Unplug(start_ns=17 * S, duration_s=5.5)),
        ("clock_drift:0:20:ppm=-200", ClockDrift(start_ns=7 * S, duration_s=20.0, ppm=-200.0)),
        ("garbage:1:inf:share=0.1:seed=4", Garbage(start_ns=8 * S, duration_s=float("inf"), share=0.1, seed=4)),
        ("saturation:0:1:level=4e2", Saturation(start_ns=7 * S, duration_s=1.0, level=400.0)),
    ],
)
def test_a_fault_is_its_name_begin_and_length_and_what_is_not_as_usual(text: str, fault: Fault) -> None:
    assert parsed(text, 7 * S) == fault


@given(
    name=st.sampled_from(sorted(fault_kinds())),
    start_ns=st.integers(0, 10**15),
    duration_s=st.floats(1e-9, exclude_min=True),
)
def test_what_is_written_is_read_as_it_was_to_the_nanosecond(name: str, start_ns: int, duration_s: float) -> None:
    fault = fault_kinds()[name](start_ns=5 * S + start_ns, duration_s=duration_s)
    assert parsed(written(fault, 5 * S), 5 * S) == fault


def test_parameters_that_are_not_as_usual_are_written_too() -> None:
    fault = WrongRate(start_ns=0, duration_s=1.0, factor=0.91875)
    assert written(fault, 0) == "wrong_rate:0.000000000:1.0:factor=0.91875"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("unplug", "allowed: FAULT:AT:FOR or FAULT:AT:FOR:KEY=VALUE"),
        ("fire:1:1", "no fault 'fire'; there are: clock_drift, .*unplug"),
        ("unplug:soon:1", "AT is 'soon'; allowed: seconds, 0 or more"),
        ("unplug:inf:1", "AT is 'inf'; allowed: seconds, 0 or more"),
        ("unplug:1:0", "FOR is '0'; allowed: seconds above 0, or inf"),
        ("unplug:1:nan", "FOR is 'nan'; allowed: seconds above 0"),
        ("unplug:1:1:ppm=3", "'ppm=3' is no parameter of unplug; allowed: nothing more"),
        ("clock_drift:1:1:200", "'200' is no parameter of clock_drift; allowed: ppm=NUMBER"),
        ("wrong_baud:1:1:baud=9600", "allowed: sent_baud=NUMBER, read_baud=NUMBER"),
        ("clock_drift:1:1:ppm=fast", "ppm is 'fast'; allowed: a number"),
        ("not_a_number:1:1:channel=1.5", "channel is '1.5'; allowed: a whole number"),
        ("clock_drift:1:1:ppm=2e6", "ppm is 2e.06; allowed: -100000 to 100000"),
        ("clock_drift:1:1:ppm=nan", "ppm is nan; allowed"),
        ("wrong_rate:1:1:factor=0", "factor is 0; allowed: above 0, up to 100"),
        ("half_frames:1:1:share=1", "share is 1; allowed: 0 to below 1"),
        ("garbage:1:1:share=1.5", "share is 1.5; allowed: 0 to 1"),
        ("garbage:1:1:seed=-1", "seed is -1; allowed: 0 or more"),
        ("not_a_number:1:1:channel=-1", "channel is -1; allowed: 0 or more"),
        ("saturation:1:1:level=inf", "level is inf; allowed: a number in the sensor's unit"),
        ("wrong_baud:1:1:read_baud=0", "read_baud is 0; allowed: 50 to 4000000"),
    ],
)
def test_what_is_written_wrongly_is_refused_with_the_value_and_what_is_allowed(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parsed(text, 0)


@pytest.mark.parametrize(
    ("place", "never"),
    [
        (SOUND, {"clock_reset", "garbage", "not_a_number", "wrong_baud"}),
        (FRAMES, {"not_a_number", "wrong_baud"}),
        (GAS, set()),
    ],
)
def test_every_kind_of_sensor_has_the_faults_that_can_happen_to_it(place: Place, never: set[str]) -> None:
    assert set(possible(place)) == set(fault_kinds()) - never


@pytest.mark.parametrize(
    ("text", "place", "reason"),
    [
        ("not_a_number:0:1", FRAMES, "its samples are uint16, and integers cannot say that they are no number"),
        ("not_a_number:0:1:channel=4", GAS, "channel is 4; allowed: 0 to 3"),
        ("saturation:0:1:level=-1", FRAMES, "level is -1; allowed: 0 to 65535, its samples are uint16"),
        ("wrong_baud:0:1", FRAMES, "it comes as a video, and only a serial line has a baud rate"),
        ("garbage:0:1", SOUND, "has no bytes on a wire"),
        ("clock_reset:0:1", SOUND, "has no device with a clock"),
        ("not_a_number:0:1:channel=3", GAS, ""),
    ],
)
def test_a_fault_that_would_do_nothing_says_why(text: str, place: Place, reason: str) -> None:
    assert reason in (found := obstacle(parsed(text, 0), place))
    assert bool(found) is bool(reason)


@pytest.mark.parametrize(
    ("text", "place", "level"),
    [("saturation:0:1", GAS, 99.0), ("saturation:0:1:level=50", GAS, 50.0), ("saturation:0:1", FRAMES, None)],
)
def test_a_sensor_saturates_at_the_end_of_its_own_range_unless_told_otherwise(
    text: str, place: Place, level: float | None
) -> None:
    fault = parsed(text, 0).fitted(place)
    assert isinstance(fault, Saturation)
    assert fault.level == level


def test_the_parameters_are_all_that_one_fault_has_beside_the_others() -> None:
    assert parameters(Unplug) == {}
    assert list(parameters(WrongBaud)) == ["sent_baud", "read_baud"]
