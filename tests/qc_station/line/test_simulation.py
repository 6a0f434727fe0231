"""The simulated line, from physics to snapshots: it is repeatable, whole, and needs all three sensors."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.model_selection import cross_val_predict

from qc_station.align.aligner import AlignerStats
from qc_station.align.snapshot import Reason, Snapshot
from qc_station.align.trigger import Trigger
from qc_station.line.aligning import aligner_of
from qc_station.line.feeding import feed
from qc_station.line.simulation import shift, station
from qc_station.view.placement import Placement
from sensors.simulated.drivers import line_drivers
from sensors.simulated.line import schedule
from sensors.simulated.parts import Part, make_parts

STREAMS = ("acoustic", "thermal", "enose")


def signature(seed: int, parts: int) -> list[Any]:
    return [
        (one.part, one.time_ns, {name: (w.start_ns, w.shared, w.data.tobytes()) for name, w in one.windows.items()})
        for one, _ in shift(seed, parts)
    ]


def test_the_same_seed_gives_the_same_bytes() -> None:
    assert signature(3, 12) == signature(3, 12)
    assert signature(3, 12) != signature(4, 12)


def test_no_parts_give_no_snapshots() -> None:
    assert list(shift(0, 0)) == []


@cache
def run(seed: int, parts: int) -> tuple[tuple[Snapshot, Part], ...]:
    return tuple(shift(seed, parts))


def test_every_part_has_whole_windows_of_the_declared_shape_and_dtype() -> None:
    streams = station().streams
    for (snapshot, part), expected in zip(run(7, 250), make_parts(7, 250), strict=True):
        assert snapshot.part == part.name == expected.name
        assert set(snapshot.reasons.values()) == {Reason.OK}
        for name, window in snapshot.windows.items():
            assert (window.data.shape, str(window.data.dtype)) == (streams[name].window_shape, streams[name].dtype)


def test_only_gas_is_shared_and_never_across_a_pause() -> None:
    shared = [{name for name, window in one.windows.items() if window.shared} for one, _ in run(7, 250)]
    assert [turn for turn, names in enumerate(shared) if not names] == list(range(0, 250, 20))
    assert {"enose"} == set().union(*shared)


def test_nothing_is_lost_between_driver_and_snapshot() -> None:
    passings = schedule(make_parts(2, 30), 2)
    triggers = [Trigger(part=one.part.name, time_ns=one.time_ns) for one in passings]
    line = aligner_of(station(), Placement(station()))
    middle: list[AlignerStats] = [line.stats() for _ in feed(line_drivers(passings, 2), triggers, line)]
    assert all(books.balanced for stats in [*middle, line.stats()] for books in stats.streams.values())
    final = line.stats()
    assert final.emitted == 30
    assert all(not books.dropped and not books.late for books in final.streams.values())
    assert final.streams["acoustic"].used == 30 * 4000


def acoustic(window: NDArray[Any]) -> NDArray[np.float64]:
    """Coarse log spectrum and the loudness over time after the loudest moment."""
    sound = window[0].astype(np.float64)
    power = np.abs(np.fft.rfft(sound * np.hanning(sound.size)))[200:1892] ** 2
    loudness = np.log(np.square(sound[:3968]).reshape(62, 64).mean(axis=1) + 100.0)
    return np.concatenate([np.log(power.reshape(-1, 12).mean(axis=1) + 1.0), loudness - loudness.max()])


def thermal(window: NDArray[Any]) -> NDArray[np.float64]:
    """Quantiles of the part's middle above their median, after a blur over the cross of five pixels."""
    x = window[0].astype(np.float64) / 100.0
    blurred = (x[:-2, 1:-1] + x[2:, 1:-1] + x[1:-1, :-2] + x[1:-1, 2:] + x[1:-1, 1:-1]) / 5.0
    middle = blurred[5:17, 11:19]
    levels = np.percentile(middle, [100, 98, 95, 90, 80, 70, 60, 40, 30, 20]) - np.median(middle)
    return np.append(levels, middle.std())


def enose(window: NDArray[Any]) -> NDArray[np.float64]:
    """Log resistance of the last steps against where it stood before the part."""
    logs = np.log(window.astype(np.float64))[:, -9:]
    return np.asarray((logs - logs[:, :1]).ravel())


FEATURES = {"acoustic": acoustic, "thermal": thermal, "enose": enose}


@cache
def opinions() -> tuple[
    dict[str, NDArray[np.float64]], NDArray[np.str_], dict[str, NDArray[np.float64]], NDArray[np.str_]
]:
    """Class probabilities of one classifier per stream: out of fold for a first shift, and for a second one."""
    first, second = run(11, 500), run(12, 250)
    truth, asked = (np.array([part.defect for _, part in one]) for one in (first, second))
    learnt, said = {}, {}
    for name, feature in FEATURES.items():
        x, z = (np.array([feature(one.windows[name].data) for one, _ in shift_]) for shift_ in (first, second))
        model = ExtraTreesClassifier(60, min_samples_leaf=2, class_weight="balanced", random_state=0)
        learnt[name] = cross_val_predict(model, x, truth, cv=3, method="predict_proba")
        said[name] = model.fit(x, truth).predict_proba(z)
    return learnt, truth, said, asked


def accuracy(streams: Sequence[str]) -> float:
    """Share of right verdicts (ok or not) on the second shift."""
    learnt, truth, said, asked = opinions()
    model = ExtraTreesClassifier(100, min_samples_leaf=2, random_state=0)
    model.fit(np.hstack([learnt[name] for name in streams]), truth)
    verdicts = model.predict(np.hstack([said[name] for name in streams]))
    return float(((verdicts == "ok") == (asked == "ok")).mean())


@pytest.mark.parametrize("stream", STREAMS)
def test_one_sensor_alone_decides_badly(stream: str) -> None:
    assert 0.55 < accuracy([stream]) < 0.82


def test_three_sensors_decide_well_and_better_than_any_two() -> None:
    together = accuracy(STREAMS)
    pairs = [accuracy(pair) for pair in (STREAMS[:2], STREAMS[1:], STREAMS[::2])]
    assert together > 0.90
    assert together > max(pairs) + 0.05
