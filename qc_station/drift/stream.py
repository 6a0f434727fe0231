"""Two questions about one stream, and the alarms that answer them."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from math import exp
from typing import Final, Self

import numpy as np
from msgspec import Struct

from qc_station.drift.detector import Detector, threshold
from qc_station.drift.ranks import Ranks, share_of


class Question(StrEnum):
    """What a stream's parts are compared with."""

    BEFORE = "before"
    """Those before them: does the stream change while the line runs?"""
    TRAINING = "training"
    """The validation items of the bundle too: is it other than in training, even if it never changes?"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """A change that cannot be luck."""

    question: Question
    """What the parts are unlike."""
    word: str
    """How they have changed, e.g. "stranger"."""
    begun: int
    """Number of the decision at which it is most likely to have begun."""
    found: int
    """Number of the decision with which it was found."""


class DetectorState(Struct, frozen=True, kw_only=True):
    """A detector between two runs."""

    counts: tuple[int, ...]
    """Values in each cell."""
    log_gains: tuple[float | None, ...]
    """Of each bet; None for minus infinity."""
    sums: tuple[float, ...]
    """Of each bet."""
    since: tuple[int, ...]
    """Of each bet."""

    @classmethod
    def of(cls, detector: Detector) -> Self:
        """What a detector holds."""
        return cls(
            counts=tuple(detector.ranks.counts.tolist()),
            log_gains=tuple(gain if np.isfinite(gain) else None for gain in detector.log_gains.tolist()),
            sums=tuple(detector.sums.tolist()),
            since=tuple(detector.since.tolist()),
        )

    def detector(self) -> Detector:
        """The detector as it was."""
        found = Detector(Ranks(np.array(self.counts, np.int64)))
        found.log_gains = np.array([-np.inf if gain is None else gain for gain in self.log_gains])
        found.sums, found.since = np.array(self.sums), np.array(self.since, np.int64)
        return found


class StreamState(Struct, frozen=True, kw_only=True):
    """A stream between two runs."""

    parts: int
    """Parts so far."""
    first: int
    """Number of the first part's decision."""
    detectors: dict[Question, DetectorState]
    """By question; those that are asked."""
    alarms: dict[Question, Alarm]
    """By question, the last one."""


class StreamDrift:
    """Follows one stream of one bundle.

    The promise of `detector.PARTS` and `detector.FALSE_ALARMS` holds for both questions together.
    """

    LIMIT: Final = threshold(len(Question))
    """Natural logarithm of the gain that is an alarm."""

    def __init__(self, stream: str, reference: Iterable[float] = ()) -> None:
        """Begin.

        Args:
            stream: Its name.
            reference: P-values of the validation items; without any it is not asked whether the stream is like these.
        """
        self.stream, self.parts, self.first = stream, 0, 0
        known = Ranks.of(reference)
        self.detectors = {Question.BEFORE: Detector(Ranks())}
        if known.total:
            self.detectors[Question.TRAINING] = Detector(known)
        self.alarms: dict[Question, Alarm] = {}

    def add(self, part: str, p_value: float, number: int) -> list[Alarm]:
        """Take a part; returns the alarms that it raises.

        Args:
            part: Its name.
            p_value: Of its novelty in this stream, from 0 to 1.
            number: Of its decision, larger than those before.
        """
        self.first, self.parts = self.first or number, self.parts + 1
        share, raised = share_of(self.stream, part), []
        for question, detector in list(self.detectors.items()):
            # What is unlike training stays so until there is another bundle.
            if question is Question.TRAINING and question in self.alarms:
                continue
            detector.add(p_value, share, number)
            if detector.log_gain >= self.LIMIT:
                alarm = Alarm(question=question, word=detector.word, begun=detector.begun, found=number)
                self.alarms[question] = alarm
                raised.append(alarm)
                if question is Question.BEFORE:
                    # What comes now is compared with what has come since, so that a further change is found too.
                    self.detectors[question] = Detector(Ranks())
        return raised

    def evidence(self, question: Question) -> float | None:
        """What the bets have gained as a share of what would be an alarm; None where the question is not asked."""
        found = self.detectors.get(question)
        return None if found is None else exp(found.log_gain - self.LIMIT)

    def state(self) -> StreamState:
        """What is kept between two runs."""
        detectors = {question: DetectorState.of(one) for question, one in self.detectors.items()}
        return StreamState(parts=self.parts, first=self.first, detectors=detectors, alarms=dict(self.alarms))

    @classmethod
    def restored(cls, stream: str, state: StreamState) -> Self:
        """The stream as it was."""
        found = cls(stream)
        found.parts, found.first, found.alarms = state.parts, state.first, dict(state.alarms)
        found.detectors = {question: one.detector() for question, one in state.detectors.items()}
        return found
