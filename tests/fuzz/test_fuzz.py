"""A short run of every target, the same one each time, and proof that a run finds what is broken."""

from itertools import islice

import numpy as np
import pytest

from sensors.protocols.csv import Csv
from sensors.protocols.decoder import Decoded
from sensors.protocols.selection import protocol_names
from tests.fuzz.decoding import check
from tests.fuzz.mutation import Mutation
from tests.fuzz.run import inputs, names, target, throw

EXECUTIONS = 120


@pytest.mark.parametrize("name", names())
def test_no_input_of_a_short_run_breaks_a_target(name: str) -> None:
    module = target(name)
    outcome = throw(module.fuzz, inputs(module, seed=1), lambda executions: executions < EXECUTIONS)
    assert not outcome.failure, f"{outcome.broken_by!r}\n{outcome.failure}"
    assert outcome.executions == EXECUTIONS


def test_every_protocol_has_a_target() -> None:
    assert set(protocol_names()) < set(names())


def test_the_same_seed_gives_the_same_inputs_and_another_one_others() -> None:
    first, again, other = (list(islice(inputs(target("csv"), seed), 50)) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_a_run_finds_a_parser_that_fails_on_one_byte() -> None:
    def fuzz(data: bytes) -> None:
        assert b"\xff" not in data

    outcome = throw(fuzz, iter(Mutation([b"abc"], [], seed=3).next, None), lambda executions: executions < 1000)
    assert outcome.broken_by is not None
    assert b"\xff" in outcome.broken_by
    assert "AssertionError" in outcome.failure


class Impatient(Csv):
    """Takes what it has for a line."""

    def feed(self, data: bytes) -> list[Decoded]:
        return super().feed(data + b"\n")


class Hoarding(Csv):
    """Keeps everything."""

    def __init__(self) -> None:
        super().__init__(channels=["a"])
        self.all = b""

    def feed(self, data: bytes) -> list[Decoded]:
        self.all += data
        return super().feed(data)


class Infinite(Csv):
    """Passes on what is no number."""

    def feed(self, data: bytes) -> list[Decoded]:
        return [Decoded(data=np.full((1, 1), np.inf, np.float32)) for _ in super().feed(data)]


class Deaf(Csv):
    """Hears nothing after the first garbage."""

    def feed(self, data: bytes) -> list[Decoded]:
        return [] if self.counters["malformed_lines"] else super().feed(data)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Impatient(channels=["a"]), "other pieces"),
        (Hoarding, "are held"),
        (lambda: Infinite(channels=["a"]), "not finite"),
        (lambda: Deaf(channels=["a"]), "what is good is not found behind"),
    ],
)
def test_a_decoder_that_breaks_a_rule_is_told_which(build: type[Csv], message: str) -> None:
    with pytest.raises(AssertionError, match=message):
        check(build, b"\n" + b"12345\n" * 3000 + b"x\n", b"\n1\n")
