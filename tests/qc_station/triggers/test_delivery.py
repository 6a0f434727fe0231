import threading

from qc_station.align.trigger import Trigger
from qc_station.triggers.contract import Receipt
from qc_station.triggers.delivery import Delivery


def test_triggers_are_handed_on_between_begin_and_end_alone() -> None:
    seen: list[Trigger] = []
    delivery = Delivery()
    assert not delivery.hand("A0", 0)
    delivery.begin(seen.append)
    assert delivery.hand("A1", 1)
    delivery.end()
    assert not delivery.hand("A2", 2)
    assert seen == [Trigger(part="A1", time_ns=1)]
    assert delivery.count == 1


def test_what_is_written_down_gives_a_receipt_and_what_is_not_gives_one_that_is_done() -> None:
    delivery, receipt = Delivery(), Receipt()
    assert delivery.hand_over("A0", 0) is None
    delivery.begin(lambda _: receipt)
    assert delivery.hand_over("A1", 1) is receipt
    delivery.begin(lambda _: None)
    done = delivery.hand_over("A2", 2)
    assert done is not None
    assert done.result(0.0) is None
    assert delivery.count == 2


def test_whoever_takes_a_trigger_may_end_the_delivery() -> None:
    delivery = Delivery()
    delivery.begin(lambda _: delivery.end())
    assert delivery.hand("A1", 1)
    assert not delivery.hand("A2", 2)


def test_the_end_waits_for_the_trigger_that_is_being_taken() -> None:
    taking, go_on, order = threading.Event(), threading.Event(), list[str]()

    def take(_: Trigger) -> None:
        taking.set()
        go_on.wait(30.0)
        order.append("taken")

    def end() -> None:
        delivery.end()
        order.append("ended")

    delivery = Delivery()
    delivery.begin(take)
    threads = [threading.Thread(target=delivery.hand, args=("A1", 1)), threading.Thread(target=end)]
    threads[0].start()
    assert taking.wait(30.0)
    threads[1].start()
    go_on.set()
    for thread in threads:
        thread.join(30.0)
    assert order == ["taken", "ended"]
