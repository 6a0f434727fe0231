"""The HTTP trigger over real sockets on loopback."""

import json
import socket
import struct
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress

import pytest

from qc_station.align.trigger import Trigger
from qc_station.triggers.connections import LONGEST_NS, MOST
from qc_station.triggers.http import HttpSource
from qc_station.triggers.part_names import LONGEST, REMEMBERED, PartNames
from sensors.errors import SensorNotFoundError
from tests.qc_station.triggers.http_bench import NOW_NS, PATIENCE_S, Bench, all_of


def until(holds: Callable[[], bool], bench: Bench) -> None:
    """Ask again and again until something that another thread does has happened."""
    for _ in range(2000):
        if holds():
            return
        bench.ask(method="GET")
    pytest.fail("it did not happen")


def test_a_request_is_a_trigger_with_its_part_and_its_time(bench: Bench) -> None:
    assert bench.ask('{"part": "A17", "age_ms": 12.5}') == (202, {"part": "A17", "time_ns": NOW_NS - 12_500_000})
    assert bench.taken() == [Trigger(part="A17", time_ns=NOW_NS - 12_500_000)]


@pytest.mark.parametrize("body", ["", "{}", '{"age_ms": 0}', '{"part": null}'])
def test_a_part_without_a_name_gets_one_that_no_other_has(bench: Bench, body: str) -> None:
    names = [bench.ask(body)[1]["part"] for _ in range(2)]
    assert names == ["19700101-000000-abcd-000001", "19700101-000000-abcd-000002"]
    assert [trigger.part for trigger in bench.taken()] == names


def test_the_bytes_of_request_and_answer_are_these(bench: Bench) -> None:
    said = bench.say(b'POST /trigger HTTP/1.1\r\nHost: qc\r\nContent-Length: 14\r\n\r\n{"part": "A1"}')
    head, _, body = said.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    assert lines[0] == b"HTTP/1.1 202 Accepted"
    assert {b"Content-Type: application/json", b"Content-Length: 35", b"Connection: close"} <= set(lines)
    assert body == b'{"part":"A1","time_ns":50000000000}'


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("{", "truncated"),
        ("[]", "Expected `object`"),
        ("[" * 4000, "allowed: {"),
        ('{"part": 7}', "$.part"),
        ('{"part": ""}', "part is ''"),
        ('{"part": " a"}', "without spaces around it"),
        ('{"part": "a\\u0007"}', "printable"),
        (json.dumps({"part": "x" * (LONGEST + 1)}), f"part has {LONGEST + 1} characters; allowed: at most {LONGEST}"),
        ('{"age_ms": -0.001}', "$.age_ms"),
        ('{"age_ms": 60000.1}', "$.age_ms"),
        ('{"age_ms": 1e999}', "out of range"),
        ('{"age_ms": NaN}', "malformed"),
        ('{"age_ms": "1"}', "$.age_ms"),
        ('{"age": 1}', "unknown field `age`"),
        (b'{"part": "\xff"}', "allowed: {"),
        ("x" * 4097, "the body has 4097 bytes; allowed: at most 4096"),
    ],
)
def test_a_wrong_request_is_refused_with_the_reason_and_triggers_nothing(
    bench: Bench, body: str | bytes, reason: str
) -> None:
    status, answer = bench.ask(body)
    assert status == 400
    assert reason in answer["error"]
    assert bench.taken() == []
    assert bench.source.counters == {"triggers": 0, "refused": 1, "unfinished": 0, "ended": 0}


@pytest.mark.parametrize(
    ("head", "status", "reason"),
    [
        (b"POST /trigger HTTP/1.1\r\nContent-Length: -1", 400, b"Content-Length is '-1'"),
        (b"POST /trigger HTTP/1.1\r\nContent-Length: " + b"9" * 5000, 400, b"the body has 1000"),
        (b"POST /trigger HTTP/1.1\r\nTransfer-Encoding: chunked", 400, b"comes in chunks"),
        (b"POST /trigger HTTP/1.1\r\nContent-Length: 50\r\n\r\n{}", 400, b"ends after 6 of 50"),
        (b"POST /trigger HTTP/1.1\r\nOrigin: http://evil.example", 403, b"comes from a web page"),
        (b"POST /triggers HTTP/1.1", 404, b"there is: POST /trigger"),
        (b"GET /trigger HTTP/1.1", 405, b"Allow: POST"),
        (b"DELETE /trigger HTTP/1.1", 405, b"allowed: POST"),
        (b"BREW /trigger HTTP/1.1", 501, b"Unsupported method"),
        (b"POST /trigger HTTP/9.9", 505, b"Invalid HTTP version"),
        (b"\x16\x03\x01\x02\x00\x01", 400, b"Bad request"),
        (b"POST /" + b"a" * 70000 + b" HTTP/1.1", 414, b"Too Long"),
    ],
)
def test_what_is_no_request_for_a_trigger_gets_its_own_status(
    bench: Bench, head: bytes, status: int, reason: bytes
) -> None:
    answer = bench.say(head + b"\r\n\r\n")
    assert b" %d " % status in answer.split(b"\r\n")[0]
    assert reason in answer
    assert bench.taken() == []


def test_a_part_that_comes_again_is_refused_until_a_thousand_others_have_come(bench: Bench) -> None:
    assert bench.ask('{"part": "A1"}')[0] == 202
    status, answer = bench.ask('{"part": "A1"}')
    assert (status, answer["error"]) == (400, "part 'A1' was triggered before; allowed: not one of the last 1000")
    names = PartNames()
    assert names.claim("A1")
    assert all(names.claim(f"B{number}") for number in range(REMEMBERED - 1))
    assert not names.claim("A1")
    assert names.claim("C")
    assert names.claim("A1")


def test_one_of_many_clients_that_name_the_same_part_at_once_is_taken(bench: Bench) -> None:
    with ThreadPoolExecutor(16) as pool:
        statuses = list(pool.map(lambda _: bench.ask('{"part": "A1"}')[0], range(32)))
    assert sorted(statuses) == [202] + [400] * 31
    assert bench.taken() == [Trigger(part="A1", time_ns=NOW_NS)]


@pytest.mark.parametrize("cut", [1, 10, 24, 30, 45, 47, 55])
def test_half_a_request_triggers_nothing(bench: Bench, cut: int) -> None:
    whole = b"POST /trigger HTTP/1.1\r\nContent-Length: 14\r\n\r\n" + b'{"part": "A1"}'
    answer = bench.say(whole[:cut])
    assert b" 202 " not in answer
    assert bench.taken() == []
    assert b" 202 " in bench.say(whole)


def test_two_hundred_silent_clients_do_not_stop_another_one(bench: Bench) -> None:
    with ExitStack() as stack:
        silent = [stack.enter_context(bench.connect()) for _ in range(200)]
        for number, connection in enumerate(silent[::2]):
            # One that was ended already may refuse to be written to.
            with suppress(OSError):
                connection.sendall(b"POST /trigger HTTP/1.1\r\nContent-Length: 10\r\n"[: number % 45])
        assert bench.ask('{"part": "A1"}')[0] == 202
        # The oldest gave way to the newest.
        assert all_of(silent[0]) == b""
        assert bench.source.counters["ended"] >= 201 - MOST
    assert [trigger.part for trigger in bench.taken()] == ["A1"]


def test_a_client_that_takes_too_long_is_cut_off(bench: Bench) -> None:
    with bench.connect() as slow:
        slow.sendall(b"POST /trigger HTTP/1.1\r\nContent-Le")
        # Accepted after the slow one, so that both are.
        bench.ask(method="GET")
        bench.now_ns += LONGEST_NS + 1
        assert all_of(slow) == b""
    assert bench.source.counters["ended"] == 1
    assert bench.taken() == []


def test_a_request_is_stamped_at_its_first_line_however_long_the_rest_takes(bench: Bench) -> None:
    with bench.connect() as slow:
        slow.sendall(b"POST /trigger HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 14\r\n\r\n")
        assert slow.recv(1000).startswith(b"HTTP/1.1 100 Continue")
        bench.now_ns += 1_000_000_000
        slow.sendall(b'{"part": "A1"}')
        assert all_of(slow).startswith(b"HTTP/1.1 202 ")
    assert bench.taken() == [Trigger(part="A1", time_ns=NOW_NS)]


def test_ten_megabytes_are_refused_with_an_answer_that_can_be_read(bench: Bench) -> None:
    status, answer = bench.ask(b"x" * 10_000_000)
    assert (status, answer["error"]) == (400, "the body has 10000000 bytes; allowed: at most 4096")
    assert bench.ask('{"part": "A1"}')[0] == 202


def test_a_client_that_hangs_up_in_the_middle_is_counted_and_nothing_is_printed(
    bench: Bench, capfd: pytest.CaptureFixture[str]
) -> None:
    with bench.connect() as rude:
        rude.sendall(b"POST /trigger HTTP/1.1\r\nContent-Length: 14\r\n")
        bench.ask(method="GET")
        # Closing resets the connection.
        rude.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    until(lambda: bench.source.counters["unfinished"] == 1, bench)
    assert bench.taken() == []
    assert capfd.readouterr() == ("", "")


def test_stopping_ends_every_connection_and_frees_the_port(bench: Bench) -> None:
    address = bench.source.address
    with bench.connect() as open_one:
        open_one.sendall(b"POST /tri")
        bench.ask("{}")
        bench.source.stop()
        assert all_of(open_one) == b""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address, PATIENCE_S)
    counters = bench.source.counters
    assert (counters["triggers"], counters["ended"]) == (1, 1)
    bench.source.stop()
    again = HttpSource(port=address[1])
    again.start(bench.got.put)
    assert again.address == address
    again.stop()


def test_a_source_that_is_started_again_triggers_again_and_goes_on_counting(bench: Bench) -> None:
    bench.ask("{}")
    bench.source.start(bench.got.put)
    bench.ask("{}")
    bench.ask("nonsense")
    assert bench.source.counters == {"triggers": 2, "refused": 1, "unfinished": 0, "ended": 0}


def test_a_port_that_is_taken_is_named(bench: Bench) -> None:
    host, port = bench.source.address
    with pytest.raises(SensorNotFoundError, match=rf"trigger 'http': cannot listen on {host}:{port}: .*in use"):
        HttpSource(port=port).start(bench.got.put)


def test_it_listens_on_this_computer_alone_unless_told_otherwise() -> None:
    assert HttpSource().address == ("127.0.0.1", 8765)


@pytest.mark.parametrize("port", [-1, 65536, True, "80"])
def test_a_port_out_of_range_is_refused(port: int) -> None:
    with pytest.raises(ValueError, match=r"allowed: 0 to 65535"):
        HttpSource(port=port)
