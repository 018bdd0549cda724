"""Ids are the same in every release: topics, reports and links outlive it."""

from collections.abc import Callable

import pytest

from patternwatch.contracts import ids

KEPT: list[tuple[Callable[..., str], tuple[object, ...], str]] = [
    (ids.request_id_for_alert, ("a", "f1", 1000), "1f6e3a26e31f49e8f9e0"),
    (ids.episode_report_id, ("a", "shop", "cart", 60_000), "c5c3ac28085fd7af229f"),
    (ids.series_id, ({"__name__": "up", "job": "node"}, "rate"), "91fe4846a036dc97b36a"),
    (ids.example_id, ("a", b"window", 240), "e54143da6f5a6be52e6e"),
    (ids.alert_fingerprint, ({"alertname": "Down"},), "413c974e3692ec6a9dde"),
    (ids.shard_id, ("r", 3), "r-3"),
]


@pytest.mark.parametrize(("make", "parts", "made"), KEPT, ids=[make.__name__ for make, _, _ in KEPT])
def test_the_same_cause_has_the_id_that_it_always_had(
    make: Callable[..., str], parts: tuple[object, ...], made: str
) -> None:
    assert make(*parts) == made


@pytest.mark.parametrize(("make", "parts", "made"), KEPT, ids=[make.__name__ for make, _, _ in KEPT])
def test_an_id_depends_on_every_part(make: Callable[..., str], parts: tuple[object, ...], made: str) -> None:
    others: dict[type, object] = {str: "other", int: 7, bytes: b"other", dict: {"__name__": "other"}}
    for i, part in enumerate(parts):
        assert make(*parts[:i], others[type(part)], *parts[i + 1 :]) != made


def test_the_order_of_labels_makes_no_other_series() -> None:
    assert ids.series_id({"a": "1", "b": "2"}, "") == ids.series_id({"b": "2", "a": "1"}, "")


def test_what_is_parted_differently_has_another_id() -> None:
    assert ids.episode_report_id("a", "b", "cd", 1) != ids.episode_report_id("a", "bc", "d", 1)
    assert ids.episode_report_id("a", "b", "f", 1) != ids.request_id_for_alert("a", "f", 1)
