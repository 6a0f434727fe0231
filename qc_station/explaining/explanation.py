"""Asks the graph again without each place of each window."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deploy.runtime import Runtime
from qc_station.bundles import stream_tables
from qc_station.evaluation import verdict_of
from qc_station.explaining import curves, frame, sound
from qc_station.explaining.place import Occlusions, Place
from qc_station.explaining.target import Target, log_odds, target_of
from qc_station.verdict import Policy, Verdict

BATCH = 32
Windows = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """What the answer hangs on in one stream."""

    stream: str
    """Its name."""
    kind: str
    """waveform, image or series."""
    window: NDArray[Any]
    """As the sensor gave it."""
    rate_hz: float | None
    """Samples a second, where declared."""
    unit: str
    """UCUM unit of the samples."""
    channels: tuple[str, ...]
    """Their names."""
    alone: float
    """Probability of the target by this stream alone."""
    without: float
    """Probability of the target when the stream is absent; NaN where no other is there, or has a say in it."""
    fall: float
    """Of the log-odds then; NaN likewise."""
    places: tuple[Place, ...]
    """What was taken out of the window."""
    probabilities: NDArray[np.float64]
    """Of the target without each of them, shape (places,)."""
    falls: NDArray[np.float64]
    """Of the log-odds then, shape (places,)."""
    way: str
    """What stood there instead, for people."""

    def order(self, *, whole: bool) -> list[int]:
        """Numbers of the places that are whole bands or channels, or of the others, the largest fall first."""
        return [int(n) for n in np.argsort(-self.falls, kind="stable") if self.places[int(n)].whole == whole]

    @property
    def most(self) -> int:
        """Number of the place that the answer hangs on most: a band, a patch or a channel."""
        return self.order(whole=self.kind != "image")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why a part was decided as it was."""

    name: str
    """Of the part."""
    verdict: Verdict
    """What was decided."""
    target: Target
    """The answer that is explained."""
    probability: float
    """Of the target."""
    reasons: tuple[Reason, ...]
    """Of the streams that took part and can move the answer, in the bundle's order."""

    @property
    def responsible(self) -> Reason:
        """The stream that the answer hangs on most; with one stream that one."""
        return max(self.reasons, key=lambda one: one.fall if np.isfinite(one.fall) else -np.inf)


def explain(
    runtime: Runtime,
    name: str,
    windows: Windows,
    good: Mapping[str, Sequence[NDArray[Any]]],
    policy: Policy | None = None,
) -> Explanation:
    """Explain the verdict about one part.

    Args:
        runtime: The loaded bundle.
        name: Of the part, for people.
        windows: By stream, as `Runtime.scores` takes them.
        good: By stream, windows of good parts, for what is to stand where something is taken out of a sound; of any
            window, where novelty is explained.
        policy: By what the verdict is made; None: by the costs of the bundle alone.

    Raises:
        InputError: as `Runtime.scores`.
        QCError: the bundle does not answer `label`.
    """
    scores = runtime.scores(windows)
    target = target_of(runtime.manifest, scores.outputs, scores.streams)
    asked = Asked(runtime, windows, scores.streams, target)
    return Explanation(
        name=name,
        verdict=verdict_of(runtime.manifest, scores.outputs, scores.streams, policy),
        target=target,
        probability=float(target.probability(scores.outputs)),
        reasons=tuple(
            _reason(asked, stream, _instead(asked, stream, good), target.alone(scores.outputs, stream))
            for stream in scores.streams
            if target.stream in (None, stream)
        ),
    )


class Asked:
    """The graph with one part, of which one stream is changed at a time."""

    def __init__(self, runtime: Runtime, windows: Windows, streams: tuple[str, ...], target: Target) -> None:
        """Args: as `explain`; streams: those that take part."""
        self.runtime, self.streams, self.target, self.windows = runtime, streams, target, windows
        shapes = {name: stream.shape for name, stream in runtime.manifest.streams.items()}
        self._plain = {
            n: np.asarray(windows[n] if n in streams else np.zeros(s), np.float32) for n, s in shapes.items()
        }
        self._here = np.array([name in streams for name in runtime.streams])

    def changed(self, stream: str, variants: NDArray[np.float32]) -> NDArray[np.float64]:
        """Probability of the target with each of several windows of a stream, shape (variants,)."""
        found = [self._batch(stream, variants[n : n + BATCH]) for n in range(0, len(variants), BATCH)]
        return np.concatenate(found)

    def each(self, stream: str, places: Iterable[NDArray[np.float32]]) -> Iterator[NDArray[np.float64]]:
        """Probabilities of the target for each place in all its ways, shape (ways,); many places at once."""
        rest = iter(places)
        while waiting := list(islice(rest, 1)):
            waiting += islice(rest, max(1, BATCH // len(waiting[0])) - 1)
            found = self.changed(stream, np.concatenate(waiting))
            yield from np.split(found, np.cumsum([len(one) for one in waiting])[:-1])

    def absent(self, stream: str) -> float:
        """Probability of the target without a stream; NaN where no other takes part, or has a say in it."""
        if len(self.streams) == 1 or self.target.stream is not None:
            return float("nan")
        here = self._here & (np.array(self.runtime.streams) != stream)
        answers = self.runtime.batch({n: w[None] for n, w in self._plain.items()}, here[None])
        return float(self.target.probability(answers)[0])

    def _batch(self, stream: str, variants: NDArray[np.float32]) -> NDArray[np.float64]:
        count = len(variants)
        windows = {n: variants if n == stream else np.repeat(w[None], count, axis=0) for n, w in self._plain.items()}
        return self.target.probability(self.runtime.batch(windows, np.tile(self._here, (count, 1))))


def _instead(asked: Asked, stream: str, good: Mapping[str, Sequence[NDArray[Any]]]) -> Sequence[NDArray[Any]]:
    """Windows of good parts to take places from.

    A smooth patch or a held channel means nothing to a network that asks for defects; to one that asks what it has seen
    before it is the newest of all.
    """
    kind, novel = asked.runtime.manifest.streams[stream].kind, asked.target.classes is None
    return good.get(stream, ()) if kind == "waveform" or novel else ()


def _reason(asked: Asked, stream: str, good: Sequence[NDArray[Any]], alone: float) -> Reason:
    declared, table = asked.runtime.manifest.streams[stream], stream_tables(asked.runtime.manifest)[stream]
    window = np.asarray(asked.windows[stream])
    # The plain part goes through the graph in the same way, so that nothing but the change makes a difference.
    before = asked.changed(stream, window.astype(np.float32)[None])[0]
    taken = occluded(window, declared.kind, declared.rate_hz or 1.0, table.channels, good)
    odds = np.array([log_odds(found).mean() for found in asked.each(stream, taken.windows)])
    without = asked.absent(stream)
    return Reason(
        stream=stream,
        kind=declared.kind,
        window=window,
        rate_hz=declared.rate_hz,
        unit=declared.unit,
        channels=table.channels,
        alone=alone,
        without=without,
        fall=float(log_odds(before) - log_odds(without)),
        places=taken.places,
        probabilities=1.0 / (1.0 + np.exp(-odds)),
        falls=log_odds(before) - odds,
        way=taken.way,
    )


def occluded(
    window: NDArray[Any], kind: str, rate_hz: float, channels: tuple[str, ...], good: Sequence[NDArray[Any]]
) -> Occlusions:
    """A window of any kind without each of its places."""
    if kind == "waveform":
        return sound.occluded(window, rate_hz, good)
    if kind == "image":
        return frame.occluded(window, good)
    return curves.occluded(window, channels, good)
