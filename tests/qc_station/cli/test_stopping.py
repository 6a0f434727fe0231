"""A line is asked to stop between two steps, never in the middle of one."""

import os
import signal

import pytest

from qc_station.cli.stopping import stopping


@pytest.mark.parametrize("ask", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_is_held_back_until_the_loop_looks_and_the_second_is_raised(ask: signal.Signals) -> None:
    with stopping() as asked:
        assert not asked()
        os.kill(os.getpid(), ask)
        assert asked()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), ask)


def test_both_signals_do_again_what_they_did_before() -> None:
    before = [signal.getsignal(ask) for ask in (signal.SIGINT, signal.SIGTERM)]
    with stopping() as asked:
        assert not asked()
    assert [signal.getsignal(ask) for ask in (signal.SIGINT, signal.SIGTERM)] == before
