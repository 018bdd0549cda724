"""A cause that comes while an episode is open is told as well, and what the first one brings about is not."""

from collections.abc import Callable

import pytest

from patternwatch.watch.cluster import ClusterWatch
from patternwatch.watch.episodes.observation import Observation
from tests.watch.small_cluster import Values, labels_of, of, rows_of, watched

LABELS = labels_of()
FIRST, SECOND, ENDED = 40, 60, 56
"""Rows in which the first fault begins and another one, ten minutes later; where the first one ends."""


def fails(values: Values, service: str, rows: slice, failed: float = 3.0) -> None:
    values[of(LABELS, service, "http_requests_failed_total"), rows] += failed
    values[of(LABELS, service, "http_request_duration_seconds"), rows] *= 3.0


def is_slow(values: Values, service: str, rows: slice, times: float = 3.0) -> None:
    values[of(LABELS, service, "http_request_duration_seconds"), rows] *= times
    values[of(LABELS, service, "work_queue_length"), rows] += 8.0 * times


def is_gone(values: Values, service: str, rows: slice) -> None:
    mine = [i for i, own in enumerate(LABELS) if own.get("service") == service]
    values[mine, rows] = float("nan")


def opened(seen: list[Observation]) -> list[tuple[str, int]]:
    """What opened, and in which tick."""
    return [(one.opening.entity, k) for k, one in enumerate(seen) if one.opening]


Fault = Callable[[Values, str, slice], None]


@pytest.mark.parametrize("until", [None, ENDED], ids=["kept on", "ended"])
@pytest.mark.parametrize(
    ("first", "second"), [(fails, fails), (is_slow, fails), (fails, is_slow), (is_slow, is_gone)]
)
def test_both_of_two_causes_are_told_once_each(
    watch: ClusterWatch, first: Fault, second: Fault, until: int | None
) -> None:
    values = rows_of(LABELS, 160, seed=31)
    first(values, "svc1", slice(FIRST, until))
    second(values, "svc4", slice(SECOND, None))
    seen = watched(watch, LABELS, values)
    (one, _), (other, tick) = opened(seen)
    assert (one, other) == ("svc1", "svc4")
    assert SECOND // 2 <= tick <= SECOND // 2 + 3
    assert [one.over for one in seen if one.over] == [("svc1",)] * (until is not None)
    assert seen[-1].open_goes_on


@pytest.mark.parametrize("until", [None, 120], ids=["kept on", "ended"])
def test_what_the_first_cause_brings_about_as_it_grows_is_told_with_it(
    watch: ClusterWatch, until: int | None
) -> None:
    values = rows_of(LABELS, 160, seed=32)
    is_slow(values, "svc1", slice(FIRST, until), 1.6)
    is_slow(values, "svc1", slice(SECOND, until), 3.0)
    is_slow(values, "svc4", slice(SECOND + 2, until), 1.6)
    seen = watched(watch, LABELS, values)
    assert [name for name, _ in opened(seen)] == ["svc1"]
    assert [one.over for one in seen if one.over] == [("svc1",)] * (until is not None)


def test_who_takes_part_and_is_gone_ten_minutes_later_is_told_too(watch: ClusterWatch) -> None:
    values = rows_of(LABELS, 160, seed=33)
    is_slow(values, "svc1", slice(FIRST, None), 4.0)
    fails(values, "svc4", slice(FIRST, None), 1.0)
    is_gone(values, "svc4", slice(SECOND, None))
    seen = watched(watch, LABELS, values)
    assert [name for name, _ in opened(seen)] == ["svc1", "svc4"]
