"""False alarms of the drift test over 10 000 exchangeable parts, and parts until a shift of one standard deviation is found.

Many stations are simulated at once. Each draws its calibration items once, as a bundle does, and gives its parts the
smooth conformal p-values of the exported graph. Ours ranks them and asks both questions of `qc_station.drift`. The
baseline bets in the same way on the p-values themselves, to the same threshold, which is what the theory of conformal
martingales allows only if every part had calibration items of its own.

`false_alarms` are shares of stations with an alarm, by calibration items; `delay` says how many parts a shift that begins
after 400 took; `ratio` is the baseline's share of false alarms over ours, or over one station where ours has none.
"""

import argparse
import json
from math import log

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri
from scipy.stats import beta

from qc_station.drift.betting import BETS, log_bets
from qc_station.drift.detector import PARTS, QUIET, gained, threshold, together
from qc_station.drift.ranks import CELLS
from qc_station.drift.stream import Question, StreamDrift

CALIBRATION = (100, 300, 1000)
BEFORE, SOON = 400, 200
WIDTH = 0.1
Floats = NDArray[np.float64]


def p_values(table: Floats, scores: Floats) -> Floats:
    """Of one station; (1 + sum of ramps) / (n + 1) by prefix sums, as `models.novelty.conformal` adds it up."""
    ordered = np.sort(table)
    sums = np.concatenate([[0.0], np.cumsum(ordered)])
    low, high = np.searchsorted(ordered, scores - WIDTH), np.searchsorted(ordered, scores)
    inside = (sums[high] - sums[low] - (high - low) * scores) / WIDTH + (high - low)
    return (1.0 + len(table) - high + inside) / (len(table) + 1.0)


class Stations:
    """The same steps as `Detector`, for many stations at once."""

    def __init__(self, stations: int, known: Floats | None) -> None:
        self.counts = np.zeros((stations, CELLS), np.int32)
        self.gains = np.full((stations, BETS), QUIET)
        for column in () if known is None else known.T:
            self.counts[np.arange(stations), cells(column)] += 1

    def add(self, values: Floats, shares: Floats) -> Floats:
        """Log of the gain of every station after its next part."""
        place, rows = cells(values), np.arange(len(values))
        below = np.where(np.arange(CELLS) < place[:, None], self.counts, 0).sum(axis=1)
        rank = (below + shares * (self.counts[rows, place] + 1)) / (self.counts.sum(axis=1) + 1)
        self.counts[rows, place] += 1
        self.gains = gained(self.gains, log_bets(ndtri(rank)))
        return together(self.gains)


def cells(values: Floats) -> NDArray[np.int64]:
    return np.minimum((values * CELLS).astype(np.int64), CELLS - 1)


def drawn(rng: np.random.Generator, stations: int, items: int, scores: Floats) -> tuple[Floats, Floats]:
    """P-values of parts and of calibration items, a row a station."""
    tables = rng.standard_normal((stations, items))
    pairs = zip(tables, scores, strict=True)
    return np.array([p_values(t, s) for t, s in pairs]), np.array([p_values(t, t) for t in tables])


def first_alarms(
    rng: np.random.Generator, values: Floats, known: Floats
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Part of the first alarm of ours and of the baseline for every station; 0 for none."""
    stations, parts = values.shape
    ours, theirs = np.zeros(stations, np.int64), np.zeros(stations, np.int64)
    asked = (Stations(stations, None), Stations(stations, known))
    plain, limit = np.full((stations, BETS), QUIET), threshold(len(Question))
    for number in range(parts):
        shares, column = rng.uniform(size=stations), values[:, number]
        most = np.max([one.add(column, shares) for one in asked], axis=0)
        plain = gained(plain, log_bets(ndtri(np.minimum(column, 1.0 - 1e-3))))
        ours[(ours == 0) & (most >= limit)] = number + 1
        theirs[(theirs == 0) & (together(plain) >= threshold(1))] = number + 1
    return ours, theirs


def require_same_as_product(rng: np.random.Generator) -> None:
    """The simulation has to be what runs on the line: one station, part by part."""
    values, known = drawn(rng, 1, 100, rng.standard_normal((1, 300)))
    stream, stations = StreamDrift("s", known[0]), Stations(1, known)
    detector = stream.detectors[Question.TRAINING]
    for number, value in enumerate(values[0], 1):
        detector.add(float(value), 0.25, number)
        found = stations.add(np.array([value]), np.array([0.25]))
    if not np.isclose(found[0], detector.log_gain, rtol=1e-9):
        raise SystemExit(f"simulated {found[0]}, product {detector.log_gain}")


def upper(count: int, total: int) -> float:
    """Exact upper 95 % bound of a share (Clopper and Pearson 1934)."""
    return 1.0 if count == total else float(beta.ppf(0.95, count + 1, total - count))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stations", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    rng, stations = np.random.default_rng(given.seed), given.stations
    require_same_as_product(rng)
    alarms, delays, counts = {}, {}, [0, 0]
    for items in CALIBRATION:
        ours, theirs = first_alarms(rng, *drawn(rng, stations, items, rng.standard_normal((stations, PARTS))))
        counts = [counts[0] + int((ours > 0).sum()), counts[1] + int((theirs > 0).sum())]
        alarms[items] = {"ours": float((ours > 0).mean()), "p_values_alone": float((theirs > 0).mean())}
        for shift in (1.0, -1.0):
            scores = rng.standard_normal((stations, BEFORE + SOON))
            scores[:, BEFORE:] += shift
            found, _ = first_alarms(rng, *drawn(rng, stations, items, scores))
            late = np.where(found > BEFORE, found - BEFORE, SOON + 1)
            within = float((late <= SOON).mean())
            delays[f"{items}:{shift:+g}"] = {
                "median": float(np.median(late)),
                "worst": int(late.max()),
                "within": within,
            }
    total = stations * len(CALIBRATION)
    result = {
        "benchmark": "drift",
        "stations": total,
        "parts": PARTS,
        "false_alarms": alarms,
        "false_alarms_upper_95": upper(counts[0], total),
        "log_threshold": {"ours": threshold(len(Question)), "p_values_alone": log(PARTS / 0.01)},
        "delay": delays,
        "baseline": "the same bets on the p-values of one calibration set, without ranks",
        "ratio": counts[1] / max(counts[0], 1),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
