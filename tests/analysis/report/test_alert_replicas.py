"""An HA pair's two alerts of one trouble are one analysis; what only looks alike is not."""

from itertools import permutations

import pytest

from patternwatch.analysis.report.alert_replicas import MAX_APART_MS, replica_key, told_before
from patternwatch.contracts.alerts import Alert
from patternwatch.contracts.settings import AnalysisSettings

NAMES = AnalysisSettings().replica_labels
START_MS = 1_760_000_000_000


def alert(replica: str, started_ms: int = 0, **more: object) -> Alert:
    labels = {"alertname": "Down", "job": "cart", "prometheus_replica": replica}
    return Alert(
        tenant="a",
        fingerprint=f"f-{replica}",
        status="firing",
        labels=labels,
        starts_at_ms=START_MS + started_ms,
        received_at_ms=START_MS,
        replica_key=replica_key(labels, NAMES),
    ).model_copy(update=more)


@pytest.mark.parametrize("name", NAMES)
def test_only_replica_labels_are_passed_over(name: str) -> None:
    one, two = ({"alertname": "Down", "job": "cart", name: value} for value in ("a", "b"))
    assert replica_key(one, NAMES) == replica_key(two, NAMES) != ""
    assert replica_key({**one, "job": "web"}, NAMES) != replica_key(one, NAMES)
    assert replica_key({"alertname": "Down", "job": "cart"}, NAMES) == ""


def test_the_alert_that_began_first_stands_for_the_others_in_any_order() -> None:
    first, second, third = alert("b", 0), alert("a", 14_000), alert("c", 29_000)
    for order in permutations((first, second, third)):
        assert told_before(third, order) is first
        assert told_before(second, order) is first
    followers = (second, third)
    assert told_before(first, [first, *(a.model_copy(update={"same_as": "f-b"}) for a in followers)]) is None


def test_a_later_trouble_and_one_that_is_not_analysed_stand_for_nothing() -> None:
    new = alert("a", MAX_APART_MS)
    assert told_before(new, [alert("b", 0)]) is not None
    assert told_before(new, [alert("b", -1)]) is None
    assert told_before(alert("a", -1), [alert("b", MAX_APART_MS)]) is None
    assert told_before(new, [alert("b", MAX_APART_MS, not_analysed="a heartbeat")]) is None
    assert told_before(new, [alert("a", MAX_APART_MS - 1)]) is None, "its own earlier state"
