"""Records in hand are acknowledged in the order of their offsets."""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patternwatch.streams.consumer.records import Delivery, OffsetTracker, Record, record_of


def record(offset: int, acked: list[int], partition: int = 0) -> Record:
    return Record("t", partition, offset, None, b"x", ack=lambda: acked.append(offset))


def held(tracker: OffsetTracker, record: Record) -> Delivery:
    delivery = tracker.track(record)
    assert delivery is not None
    return delivery


@given(st.permutations(range(8)))
def test_whatever_order_they_finish_in_they_are_acknowledged_in_theirs(order: list[int]) -> None:
    tracker, acked = OffsetTracker(), list[int]()
    deliveries = [held(tracker, record(offset, acked)) for offset in range(8)]
    for number, which in enumerate(order):
        deliveries[which].done()
        finished = set(order[: number + 1])
        first_open = min(set(range(8)) - finished, default=8)
        assert acked == list(range(first_open))
    assert tracker.in_hand() == 0


def test_partitions_do_not_wait_for_each_other() -> None:
    tracker, acked = OffsetTracker(), list[int]()
    held(tracker, record(1, acked, partition=0))
    held(tracker, record(7, acked, partition=1)).done()
    assert acked == [7]
    assert tracker.taken() == {("t", 0): 1, ("t", 1): 7}


def test_a_second_delivery_is_not_taken() -> None:
    tracker, acked = OffsetTracker(), list[int]()
    held(tracker, record(3, acked))
    assert tracker.track(record(3, acked)) is None
    assert tracker.track(record(2, acked)) is None


def test_after_a_revocation_old_receipts_acknowledge_nothing() -> None:
    tracker, acked = OffsetTracker(), list[int]()
    old = held(tracker, record(3, acked))
    tracker.revoke()
    new = held(tracker, record(3, acked))
    old.done()
    assert acked == []
    new.done()
    assert acked == [3]


def test_an_old_receipt_of_a_partition_that_is_held_no_more_acknowledges_nothing() -> None:
    tracker, acked = OffsetTracker(), list[int]()
    old = held(tracker, record(3, acked))
    tracker.revoke()
    old.done()
    assert (acked, tracker.in_hand()) == ([], 0)
    other = held(tracker, record(7, acked))
    old.done()
    assert (acked, tracker.in_hand()) == ([], 1)
    other.done()
    assert (acked, tracker.in_hand()) == ([7], 0)


def test_a_record_is_what_faust_delivered() -> None:
    message = SimpleNamespace(
        topic="t", partition=2, offset=4, key=b"k", value=b"v", headers=[("trace", b"\xffid"), ("n", 2)]
    )
    event = SimpleNamespace(message=message, value=message.value, ack=lambda: "acknowledged")
    taken = record_of(event)
    assert (taken.topic, taken.partition, taken.offset) == ("t", 2, 4)
    assert (taken.key, taken.value) == (b"k", b"v")
    assert taken.headers == {"trace": "\ufffdid", "n": "2"}
    assert taken.ack() == "acknowledged"


@pytest.mark.parametrize("headers", [None, [], {}])
def test_a_record_may_have_no_headers(headers: object) -> None:
    message = SimpleNamespace(topic="t", partition=0, offset=4, key=None, value=None, headers=headers)
    assert record_of(SimpleNamespace(message=message, value=None, ack=None)).headers == {}


def test_a_finished_record_gives_its_bytes_back() -> None:
    message = SimpleNamespace(
        topic="t", partition=0, offset=4, key=b"k", value=b"v" * 100, headers=[("trace", b"1"), ("n", "2")]
    )
    event = SimpleNamespace(message=message, value=message.value, ack=lambda: None)
    taken = record_of(event)
    assert (taken.value, taken.headers) == (b"v" * 100, {"trace": "1", "n": "2"})
    held(OffsetTracker(), taken).done()
    assert (taken.value, message.value, event.value) == (None, None, None)


def test_what_was_deleted_under_a_consumer_that_was_behind_is_told() -> None:
    told = list[tuple[tuple[str, int], int, int]]()
    tracker = OffsetTracker(lambda *gone: told.append(gone))
    for offset in (5, 6, 9, 9, 10):
        tracker.track(record(offset, []))
    tracker.track(record(3, [], partition=1))  # how far the group had come is not known here
    tracker.revoke()
    tracker.track(record(20, []))
    assert told == [(("t", 0), 7, 9)]
