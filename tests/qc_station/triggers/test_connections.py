import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from qc_station.triggers.connections import LONGEST_NS, MOST, Connections

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def pairs() -> Iterator[list[Pair]]:
    """Ours and the client's end of one connection more than there may be."""
    with ExitStack() as stack:
        made = [socket.socketpair() for _ in range(MOST + 1)]
        for pair in made:
            for end in pair:
                stack.enter_context(end)
        yield made


def ended(client: socket.socket) -> bool:
    client.setblocking(False)
    try:
        return client.recv(1) == b""
    except BlockingIOError:
        return False


def test_the_oldest_gives_way_when_there_are_too_many(pairs: list[Pair]) -> None:
    connections = Connections()
    for number, (ours, _) in enumerate(pairs):
        connections.add(ours, number)
    assert [ended(client) for _, client in pairs] == [True] + [False] * MOST
    assert connections.ended == 1


def test_one_that_was_closed_makes_room(pairs: list[Pair]) -> None:
    connections = Connections()
    for number, (ours, _) in enumerate(pairs[:-1]):
        connections.add(ours, number)
    connections.remove(pairs[5][0])
    connections.add(pairs[-1][0], MOST)
    assert connections.ended == 0


def test_those_that_take_too_long_are_ended_and_no_others(pairs: list[Pair]) -> None:
    connections = Connections()
    connections.add(pairs[0][0], 0)
    connections.add(pairs[1][0], 1)
    connections.expire(LONGEST_NS + 1)
    connections.expire(LONGEST_NS + 1)
    assert [ended(client) for _, client in pairs[:2]] == [True, False]
    assert connections.ended == 1


def test_one_that_was_answered_is_ended_with_the_others_but_not_counted(pairs: list[Pair]) -> None:
    connections = Connections()
    for ours, _ in pairs[:2]:
        connections.add(ours, 0)
    connections.answer(pairs[0][0])
    connections.end_all(0.0)
    assert [ended(client) for _, client in pairs[:2]] == [True, True]
    assert connections.ended == 1


def test_it_is_known_when_all_are_closed(pairs: list[Pair]) -> None:
    connections = Connections()
    assert connections.end_all(0.0)
    connections.add(pairs[0][0], 0)
    assert not connections.end_all(0.0)
    connections.remove(pairs[0][0])
    assert connections.end_all(0.0)


def test_one_that_was_promised_an_answer_is_ended_last_when_it_takes_too_long(pairs: list[Pair]) -> None:
    connections = Connections()
    for ours, _ in pairs[:2]:
        connections.add(ours, 0)
    connections.promise(pairs[0][0])
    ending = threading.Thread(target=connections.end_all, args=(30.0,))
    ending.start()
    idle, promised = pairs[1][1], pairs[0][1]
    idle.settimeout(30.0)
    assert idle.recv(1) == b""
    assert not ended(promised)
    for ours, _ in pairs[:2]:
        connections.remove(ours)
    ending.join(30.0)
    assert not ended(promised)
    connections.add(pairs[0][0], 0)
    connections.promise(pairs[0][0])
    assert not connections.end_all(0.0)
    assert ended(promised)


def test_a_client_that_has_gone_already_is_no_fault() -> None:
    connections = Connections()
    with socket.socket() as never_connected:
        connections.add(never_connected, 0)
        connections.end_all(0.0)
    assert connections.ended == 1
