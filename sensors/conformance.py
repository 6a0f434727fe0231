"""What every driver must do, as checks that a driver's own tests can run.

    from sensors.conformance import CHECKS

    @pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
    def test_conformance(check):
        check(lambda: MyDriver(name="enose", port="loop://"))

The function that builds the driver also has to see to it that a device is there which delivers at least three readings.
Each check raises AssertionError with what was expected and what was found.
"""

import itertools
import time
from collections.abc import Callable

from sensors.driver import Driver
from sensors.readings import Reading
from sensors.streams import KINDS

Build = Callable[[], Driver]
LONGEST_WAIT_S = 1.0
"""A call of `read` that takes longer keeps the supervisor from stopping the sensor."""
TRIES = 200
"""Calls of `read` within which the readings must come."""


def _expect(holds: bool, message: str) -> None:
    if not holds:
        raise AssertionError(message)


def _readings(driver: Driver, count: int) -> list[Reading]:
    found: list[Reading] = []
    for _ in range(TRIES):
        if len(found) == count:
            return found
        if (reading := driver.read()) is not None:
            found.append(reading)
    raise AssertionError(f"{len(found)} readings in {TRIES} calls of read; expected {count}")


def _first(build: Build, count: int = 3) -> tuple[Driver, list[Reading]]:
    driver = build()
    driver.open()
    try:
        return driver, _readings(driver, count)
    finally:
        driver.close()


def declares_its_stream(build: Build) -> None:
    """Name, kind, shape and a unit per channel stand after opening."""
    stream = _first(build, 1)[0].stream
    _expect(stream.kind in KINDS, f"kind is {stream.kind!r}; allowed: {', '.join(KINDS)}")
    _expect(bool(stream.name), "the stream has no name")
    _expect(all(side > 0 for side in stream.shape), f"shape is {stream.shape}; every side must be above 0")
    units = 1 if stream.kind == "image" else stream.shape[0]
    _expect(len(stream.units) == units, f"{len(stream.units)} units; expected {units}")


def delivers_what_it_declares(build: Build) -> None:
    """Samples along the first axis, each of the declared shape, all of one dtype, none NaN or infinite."""
    driver, found = _first(build)
    for reading in found:
        _expect(reading.stream == driver.stream.name, f"reading of {reading.stream!r}; expected {driver.stream.name!r}")
        _expect(reading.count > 0, "a reading without a sample; read returns None when nothing came")
        shape = reading.data.shape[1:]
        _expect(shape == driver.stream.shape, f"samples of shape {shape}; declared {driver.stream.shape}")
        _expect(reading.finite, "a sample is NaN or infinite")
    _expect(len({r.data.dtype for r in found}) == 1, "the dtype changes between readings")


def counts_without_inventing(build: Build) -> None:
    """`seq` begins at 0 and never falls behind the samples; arrival never goes back."""
    found = _first(build)[1]
    _expect(found[0].seq == 0, f"the first reading has seq {found[0].seq}; expected 0")
    for before, after in itertools.pairwise(found):
        expected = before.seq + before.count
        _expect(after.seq >= expected, f"seq {after.seq} after {before.count} samples from {before.seq}")
        _expect(after.arrival_ns >= before.arrival_ns, f"arrival {after.arrival_ns} ns after {before.arrival_ns} ns")


def keeps_what_it_delivered(build: Build) -> None:
    """The bytes of a reading do not change when further readings come."""
    driver = build()
    driver.open()
    try:
        first = _readings(driver, 1)[0]
        before = first.data.tobytes()
        _readings(driver, 2)
        _expect(first.data.tobytes() == before, "a later read changed the data of an earlier reading")
    finally:
        driver.close()


def comes_back_promptly(build: Build) -> None:
    """No call of `read` takes long."""
    driver = build()
    driver.open()
    try:
        for _ in range(3):
            started = time.monotonic()
            driver.read()
            took_s = time.monotonic() - started
            _expect(took_s <= LONGEST_WAIT_S, f"read took {took_s:.2f} s (limit {LONGEST_WAIT_S:g} s)")
    finally:
        driver.close()


def may_be_closed_twice(build: Build) -> None:
    """Also before it was ever opened."""
    driver = build()
    driver.close()
    driver.open()
    driver.close()
    driver.close()


def opens_into_a_new_session(build: Build) -> None:
    """Sessions count up from 0, and every session counts its samples from 0."""
    driver = build()
    for expected in (0, 1):
        driver.open()
        try:
            reading = _readings(driver, 1)[0]
        finally:
            driver.close()
        _expect(reading.session == expected, f"session {reading.session}; expected {expected}")
        _expect(reading.seq == 0, f"session {expected} begins at seq {reading.seq}; expected 0")


CHECKS: tuple[Callable[[Build], None], ...] = (
    declares_its_stream,
    delivers_what_it_declares,
    counts_without_inventing,
    keeps_what_it_delivered,
    comes_back_promptly,
    may_be_closed_twice,
    opens_into_a_new_session,
)
