"""The simulated sensors behind the contract of every driver."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensors.errors import SensorReadError
from sensors.frozen import Frozen
from sensors.readings import Quality, Reading, Samples
from sensors.simulated.conditions import Conditions
from sensors.simulated.frame import ThermalCamera
from sensors.simulated.gas import GasArray
from sensors.simulated.knock import Microphone
from sensors.simulated.line import START_NS, Passing
from sensors.simulated.source import Source
from sensors.streams import Stream

SEGMENT_S = 4.0
"""Physics is computed for about this long at a time: long enough to be fast, short enough to need little memory."""
TAIL_S = 3.0
"""The sensors run on for this long after the last part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """How samples come from the device into our hands."""

    block: int
    """Samples in a reading."""
    latency_s: float
    """Least time from a sample to its arrival."""
    jitter_s: float
    """Mean of what a busy host adds to that, exponentially distributed."""
    drift_ppm: float
    """How much faster than declared the device counts."""


MICROPHONE_WIRE = Wire(block=1024, latency_s=0.008, jitter_s=0.002, drift_ppm=35.0)
CAMERA_WIRE = Wire(block=1, latency_s=0.012, jitter_s=0.003, drift_ppm=-60.0)
GAS_WIRE = Wire(block=1, latency_s=0.002, jitter_s=0.004, drift_ppm=80.0)


class SimulatedDriver:
    """Delivers a source in readings; `read` never waits, and ends with EOFError."""

    def __init__(self, source: Source, wire: Wire, *, seed: int, duration_s: float) -> None:
        """Nothing is computed before `open`.

        Args:
            source: The physics, with a rate.
            wire: Blocks, latency, jitter and drift.
            seed: Same seed, same arrival times.
            duration_s: How long the sensor runs, in seconds.
        """
        self._source, self._wire, self._seed = source, wire, seed
        nominal_hz = source.stream.nominal_rate_hz or 1.0
        self._rate_hz = nominal_hz * (1.0 + wire.drift_ppm * 1e-6)
        self._blocks = int(duration_s * self._rate_hz) // wire.block
        # Segments do not depend on the block, so that other blocks carry the same samples.
        self._segment = max(1, round(SEGMENT_S * nominal_hz))
        self._session, self._next = -1, -1
        self._arrivals_ns: NDArray[np.int64] = np.zeros(0, np.int64)
        self._held, self._held_first = _nothing(source.stream), 0
        self._frozen = Frozen()

    @property
    def stream(self) -> Stream:
        """What the simulated device delivers."""
        return self._source.stream

    def open(self) -> None:
        """Start a session at the beginning of the simulated time."""
        self._session, self._next = self._session + 1, 0
        self._held, self._held_first = _nothing(self.stream), 0
        self._arrivals_ns, self._frozen = self._arrivals(), Frozen()

    def read(self) -> Reading:
        """The next block.

        Raises:
            SensorReadError: the driver is not open.
            EOFError: the simulated time is over.
        """
        if self._next < 0:
            raise SensorReadError(f"stream '{self.stream.name}': the simulated sensor is closed; call open() first")
        if self._next >= self._blocks:
            raise EOFError
        block, first = self._next, self._next * self._wire.block
        self._next += 1
        data = self._take(first)
        return Reading(
            stream=self.stream.name,
            session=self._session,
            seq=first,
            arrival_ns=int(self._arrivals_ns[block]),
            device_ns=None,
            data=data,
            quality=self._quality(data),
        )

    def close(self) -> None:
        """End the session."""
        self._next = -1

    def _arrivals(self) -> NDArray[np.int64]:
        """When each block is in our hands; a later block never overtakes an earlier one."""
        last = np.arange(1, self._blocks + 1) * self._wire.block - 1
        delays_s = np.random.default_rng([self._seed, 40, self._wire.block]).exponential(self._wire.jitter_s, last.size)
        times_s = last / self._rate_hz + self._wire.latency_s + delays_s
        return START_NS + np.maximum.accumulate(np.rint(times_s * 1e9).astype(np.int64))

    def _quality(self, data: Samples) -> Quality:
        """What the driver of a real camera would notice: a frame that comes again."""
        if self.stream.kind != "image":
            return Quality.OK
        # Every frame is shown to the detector, which remembers the one before.
        repeated = [self._frozen.repeats(image) for image in data]
        return Quality.REPEATED if any(repeated) else Quality.OK

    def _take(self, first: int) -> NDArray[Any]:
        """The block that begins at a sample; computes segments until it is whole."""
        stop = first + self._wire.block
        while self._held_first + len(self._held) < stop:
            start = self._held_first + len(self._held)
            fresh = self._source.samples(start, np.arange(start, start + self._segment) / self._rate_hz)
            rest = self._held[max(0, first - self._held_first) :]
            self._held, self._held_first = np.concatenate([rest, fresh]), start - len(rest)
        return self._held[first - self._held_first : stop - self._held_first]


def _nothing(stream: Stream) -> NDArray[Any]:
    """No samples yet; bool is the one dtype that changes no other on concatenation."""
    return np.zeros((0, *stream.shape), np.bool_)


def line_drivers(
    passings: Sequence[Passing], seed: int, conditions: Conditions | None = None
) -> tuple[SimulatedDriver, ...]:
    """The three sensors of the simulated line.

    Args:
        passings: What passes and when; at least one part.
        seed: Same seed, same bytes.
        conditions: Floor, camera and air; None for those of the demo.

    Returns:
        Drivers of the streams `acoustic`, `thermal` and `enose`.
    """
    around = conditions or Conditions()
    duration_s = (passings[-1].time_ns - START_NS) / 1e9 + TAIL_S
    devices: tuple[tuple[Source, Wire], ...] = (
        (Microphone(passings, seed, around.floor), MICROPHONE_WIRE),
        (ThermalCamera(passings, seed, around.imager, around.climate), CAMERA_WIRE),
        (GasArray(passings, seed, around.climate), GAS_WIRE),
    )
    return tuple(
        SimulatedDriver(source, wire, seed=seed + 1000 * index, duration_s=duration_s)
        for index, (source, wire) in enumerate(devices)
    )
