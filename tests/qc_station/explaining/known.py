"""A graph whose answers follow from three measures that are written down here; nothing is learnt."""

from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from deploy.bundle import NOVELTY, BundleTask, Manifest
from deploy.runtime import Scores
from qc_station.bundles import bundle_streams
from qc_station.line.simulation import station
from qc_station.novelty import NOVELTY_P

CLASSES = ("ok", "crack", "overheat", "leak")
STREAMS = ("acoustic", "thermal", "enose")
RATE_HZ = 16_000
HEARD_HZ = (2700.0, 3000.0)
"""Sound is taken for a crack by its level in this band, against that below 1 kHz."""


class Known:
    """As much of a `Runtime` as an explanation needs."""

    def __init__(self) -> None:
        answers = {"label": CLASSES} | {f"label:{stream}": CLASSES for stream in STREAMS}
        self.manifest = Manifest(
            station="known",
            streams=bundle_streams(station()),
            tasks={"label": BundleTask(stream=None, classes=CLASSES)},
            outputs=tuple(answers),
            ok_classes=("ok",),
            costs={"escape": 10.0, "overkill": 1.0, "review": 0.5},
            provenance={},
            figures={},
        )
        self.streams = STREAMS
        self.asked = 0

    def scores(self, windows: dict[str, NDArray[Any]]) -> Scores:
        plain = {n: np.zeros((1, *s.shape), np.float32) for n, s in self.manifest.streams.items()}
        plain |= {name: np.asarray(window, np.float32)[None] for name, window in windows.items()}
        found = self.batch(plain, np.array([[name in windows for name in STREAMS]]))
        return Scores(
            outputs={n: rows[0] for n, rows in found.items()}, streams=tuple(s for s in STREAMS if s in windows)
        )

    def batch(self, windows: dict[str, NDArray[Any]], presence: NDArray[np.bool_]) -> dict[str, NDArray[np.float32]]:
        self.asked += len(presence)
        measures = np.stack([sound(windows["acoustic"]), heat(windows["thermal"]), gas(windows["enose"])], axis=1)
        alone = [np.where(np.arange(3) == column, measures, -6.0) for column in range(3)]
        answers = {"label": np.where(presence, measures, -6.0)}
        answers |= {f"label:{stream}": rows for stream, rows in zip(STREAMS, alone, strict=True)}
        return {name: softmax(rows) for name, rows in answers.items()}


class Novel(Known):
    """The same, to which whatever it measures is new; a part is as novel as its streams are together."""

    def __init__(self) -> None:
        super().__init__()
        outputs = (*self.manifest.outputs, NOVELTY, *(f"{NOVELTY}:{stream}" for stream in STREAMS))
        self.manifest = msgspec.structs.replace(self.manifest, outputs=outputs, verdicts={NOVELTY_P: 0.05})

    def batch(self, windows: dict[str, NDArray[Any]], presence: NDArray[np.bool_]) -> dict[str, NDArray[np.float32]]:
        answers = super().batch(windows, presence)
        measures = np.stack([sound(windows["acoustic"]), heat(windows["thermal"]), gas(windows["enose"])], axis=1)
        p = (1.0 / (1.0 + np.exp(measures))).astype(np.float32)
        single = {f"{NOVELTY}:{stream}": p[:, column, None] for column, stream in enumerate(STREAMS)}
        return answers | single | {NOVELTY: np.where(presence, p, 1.0).prod(axis=1, keepdims=True).astype(np.float32)}


def sound(windows: NDArray[np.float32]) -> NDArray[np.float64]:
    power = np.abs(np.fft.rfft(windows[:, 0])) ** 2
    hz = np.fft.rfftfreq(windows.shape[-1], 1.0 / RATE_HZ)
    inside = power[:, (hz >= HEARD_HZ[0]) & (hz < HEARD_HZ[1])].sum(axis=1)
    below = power[:, hz < 1000.0].sum(axis=1)
    return np.clip(np.log((inside + 1e4) / (below + 1e4)), -6.0, 6.0)


def heat(windows: NDArray[np.float32]) -> NDArray[np.float64]:
    """Kelvins by which the hottest pixel is above the median, less 15."""
    return np.clip((windows.max(axis=(1, 2, 3)) - np.median(windows, axis=(1, 2, 3))) / 100.0 - 15.0, -6.0, 6.0)


def gas(windows: NDArray[np.float32]) -> NDArray[np.float64]:
    """By how much the second channel has fallen in its last quarter."""
    late = windows[:, 1, -5:].mean(axis=1)
    first = np.maximum(windows[:, 1, 0], 1e-6)
    return np.clip(20.0 * (1.0 - late / first) - 4.0, -6.0, 6.0)


def softmax(defects: NDArray[np.float64]) -> NDArray[np.float32]:
    """With 0 for a good part."""
    powers = np.exp(np.concatenate([np.zeros((len(defects), 1)), defects], axis=1))
    return (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)


def good_windows(seed: int = 0) -> dict[str, NDArray[Any]]:
    """A part that the graph takes for good."""
    rng = np.random.default_rng(seed)
    time_s = np.arange(4000) / RATE_HZ
    wave = 800.0 * np.sin(2 * np.pi * 400.0 * time_s + seed) + 20.0 * rng.standard_normal(4000)
    frame = np.full((1, 24, 32), 29_500.0)
    frame[0, 7:17, 11:21] += 1000.0
    curves = np.tile(np.array([[42.0], [18.0], [75.0], [30.0]]), (1, 20)) * (1.0 + 0.002 * rng.standard_normal((4, 20)))
    return {
        "acoustic": np.rint(wave).astype(np.int16)[None],
        "thermal": np.rint(frame + 5.0 * rng.standard_normal(frame.shape)).astype(np.uint16),
        "enose": curves.astype(np.float32),
    }


def ringing(windows: dict[str, NDArray[Any]], first: int = 1400, last: int = 1900) -> dict[str, NDArray[Any]]:
    """The same with a tone of 2850 Hz between two samples."""
    time_s = np.arange(4000) / RATE_HZ
    burst = np.where(
        (np.arange(4000) >= first) & (np.arange(4000) < last), 9000.0 * np.sin(2 * np.pi * 2850.0 * time_s), 0.0
    )
    return windows | {"acoustic": (windows["acoustic"] + np.rint(burst)).astype(np.int16)}


def hot(windows: dict[str, NDArray[Any]], row: int, column: int) -> dict[str, NDArray[Any]]:
    """The same with a spot of 3 x 3 pixels that is 10 kelvins hotter."""
    frame = windows["thermal"].astype(np.int64)
    frame[0, row - 1 : row + 2, column - 1 : column + 2] += 1000
    return windows | {"thermal": frame.astype(np.uint16)}


def leaking(windows: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """The same whose resistances fall by half over the last quarter."""
    curves = windows["enose"].copy()
    curves[:, -5:] *= 0.5
    return windows | {"enose": curves}


def as_runtime(known: Known) -> Any:
    """For callers that are typed."""
    return known
