"""A whole station whose sensors are simulated; whatever it shows must be called so."""

from collections.abc import Iterator, Sequence

from qc_station.align.snapshot import Snapshot
from qc_station.align.trigger import Trigger
from qc_station.config.station import StationConfig, StreamConfig
from qc_station.line.aligning import aligner_of
from qc_station.line.feeding import feed
from qc_station.view.placement import Placement
from sensors.simulated import frame, gas, knock
from sensors.simulated.drivers import line_drivers
from sensors.simulated.line import Pace, schedule
from sensors.simulated.parts import Part, make_parts


def station(name: str = "simulated-line") -> StationConfig:
    """The configuration of the simulated line: a microphone, a thermal camera and a gas array."""
    return StationConfig(
        name=name,
        streams={"acoustic": _acoustic(), "thermal": _thermal(), "enose": _enose()},
        ok_classes=("ok",),
        deadline_ms=1000.0,
    )


def shift(seed: int, parts: int, *, pace: Pace | None = None) -> Iterator[tuple[Snapshot, Part]]:
    """Run a shift of the simulated line through its drivers and the aligner.

    Args:
        seed: Same seed, same parts, times and bytes.
        parts: How many; 0 gives none.
        pace: How fast they pass; None for about 2 a second with pauses.

    Yields:
        Each part's snapshot with its truth, whose `labels` an item takes, in the order of the belt.
    """
    yield from passing(make_parts(seed, parts), seed, pace=pace)


def passing(parts: Sequence[Part], seed: int, *, pace: Pace | None = None) -> Iterator[tuple[Snapshot, Part]]:
    """Let given parts pass the sensors of one simulated line.

    Args:
        parts: In the order of the belt, each with a name of its own.
        seed: Of the sensors and the times; another one is another line with sensors of its own.
        pace: As in `shift`.

    Yields:
        As `shift`.
    """
    passings = schedule(parts, seed, pace)
    if not passings:
        return
    truth = {one.part.name: one.part for one in passings}
    triggers = [Trigger(part=one.part.name, time_ns=one.time_ns) for one in passings]
    config = station()
    placement = Placement(config)
    for snapshot in feed(line_drivers(passings, seed), triggers, aligner_of(config, placement), placement):
        yield snapshot, truth[snapshot.part]


def _acoustic() -> StreamConfig:
    # The offset is what the device is late by, which its clock cannot see.
    return StreamConfig(
        kind="waveform",
        channels=("microphone",),
        rate_hz=float(knock.RATE_HZ),
        dtype="int16",
        window_s=0.25,
        before_s=0.02,
        offset_ms=8.0,
    )


def _thermal() -> StreamConfig:
    return StreamConfig(
        kind="image",
        rate_hz=frame.RATE_HZ,
        unit="cK",
        dtype="uint16",
        height=frame.HEIGHT,
        width=frame.WIDTH,
        tolerance_s=0.07,
        offset_ms=12.0,
    )


def _enose() -> StreamConfig:
    # The offset gives the gas time to reach the array and the oxides time to answer.
    return StreamConfig(
        kind="series",
        channels=("oxide_a", "oxide_b", "oxide_c", "oxide_d"),
        rate_hz=gas.RATE_HZ,
        unit="kOhm",
        dtype="float32",
        window_steps=20,
        max_age_s=0.5,
        offset_ms=400.0,
        # Damp air and age move the baselines by more than a faint leak does.
        level_normalization=True,
    )
