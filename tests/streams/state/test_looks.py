"""What is kept of each request: the last state, in little memory, whoever wrote it."""

import gc
import tracemalloc

from patternwatch.contracts.codec import encode
from patternwatch.contracts.looks import Look
from patternwatch.streams.state.looks import Looks, key_of
from tests.fakes.clock import NOW_MS
from tests.fakes.messages import TENANT, a_request, an_alert
from tests.streams.look_harness import fired_now


def test_an_unreadable_state_is_passed_over_and_a_null_value_ends_one() -> None:
    looks = Looks()
    looks.apply(b"a/r1", b"no json", 0)
    assert len(looks) == 0
    looks.apply(b"a/r1", None, 1)


def test_the_bytes_of_what_is_kept_are_counted() -> None:
    looks = Looks()
    first, second = (Look(request=a_request(name), look=0, changed_ms=NOW_MS) for name in ("r1", "r2"))
    later = first.model_copy(update={"look": 1, "revision": 4})
    for look in (first, second, later, later):
        looks.apply(None, encode(look), 0)
    assert looks.record_bytes == len(encode(later)) + len(encode(second))
    looks.apply(key_of(second), None, 1)
    assert looks.record_bytes == len(encode(later))
    looks.apply(key_of(first), None, 2)
    assert looks.record_bytes == 0


def test_what_has_ended_is_the_same_and_takes_a_fraction_of_the_memory() -> None:
    """It is kept for a week, by every worker."""
    looks, requests = Looks(), [a_request(f"r{n}", alert=an_alert(fingerprint=f"f{n}")) for n in range(600)]
    asked = [Look(request=request, look=0, changed_ms=NOW_MS) for request in requests]
    over = [look.model_copy(update={"look": 2, "revision": 8, "is_over": True}) for look in asked]
    tracemalloc.start()
    try:
        sizes = []
        for states in (asked, over):
            before = tracemalloc.get_traced_memory()[0]
            for look in states:
                looks.apply(None, encode(look), 0)
            gc.collect()
            sizes.append(tracemalloc.get_traced_memory()[0] - before)
    finally:
        tracemalloc.stop()
    assert (sizes[0] + sizes[1]) / len(over) < 200
    assert sizes[0] / len(asked) > 1500
    assert (len(looks), len(looks.under_way)) == (600, 0)
    assert looks.get(key_of(over[7])) == over[7]
    matchers = requests[0].matchers
    assert looks.of_scope(TENANT, matchers) == over
    assert looks.of_scope("b", matchers) == looks.of_scope(TENANT, ()) == []
    looks.apply(key_of(over[7]), None, 1)
    assert looks.get(key_of(over[7])) is None
    assert len(looks.of_scope(TENANT, matchers)) == 599


def test_two_writers_that_did_not_know_of_each_other_lose_nothing() -> None:
    firing, resolved = an_alert(**fired_now()), an_alert(**fired_now() | {"status": "resolved"})
    before = Look(request=a_request(alert=firing), look=1, due_ms=NOW_MS + 500, changed_ms=NOW_MS)
    moved_on = before.model_copy(update={"look": 2, "due_ms": NOW_MS + 900, "revision": 10})
    ends = before.model_copy(update={"request": a_request(alert=resolved), "due_ms": NOW_MS})
    for writes in ([moved_on, ends], [ends, moved_on]):
        looks = Looks()
        for look in (before, *writes):
            looks.apply(b"a/r1", encode(look), 0)
        state = looks.get(b"a/r1")
        assert state is not None
        assert (state.look, state.revision, state.due_ms, state.has_resolved) == (2, 10, NOW_MS, True)
