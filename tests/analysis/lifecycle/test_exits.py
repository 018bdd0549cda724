"""A container that ended and was started again is told with its reason, though nothing moved for long."""

from dataclasses import replace

import numpy as np
import pytest

from patternwatch.analysis.lifecycle.exits import exits_of
from patternwatch.contracts.report import Report
from patternwatch.contracts.series import Window
from tests.analysis.incidents import ROWS, report_of
from tests.analysis.lifecycle.worlds import ROW, World, pod

WINDOW = Window(start_ms=0, split_ms=70_000, end_ms=90_000, step_ms=10_000)
RESTARTS = "kube_pod_container_status_restarts_total"
REASON = "kube_pod_container_status_last_terminated_reason"
OOM = "container_oom_events_total"
NAN = np.nan


@pytest.mark.parametrize(
    ("name", "derivation", "values", "more", "wanted"),
    [
        (RESTARTS, "rate", [0, 0, 0, 0.1, 0, 0.1, 0, 0, 0], {}, (5, True, "")),
        (RESTARTS, "rate", [0, 0.1, 0, 0.1, 0, 0.1, 0, 0, 0], {}, None),
        (RESTARTS, "rate", [0, 0.1, 0, 0, 0, 0, 0, 0, 0], {}, None),
        (RESTARTS, "", [0, 0, 0, 1, 1, 1, 1, 1, 1], {}, None),
        (OOM, "rate", [0, 0, 0, 0.1, 0, 0, 0, 0, 0], {}, (3, False, "OOMKilled")),
        (REASON, "", [NAN] * 4 + [1] * 5, {"reason": "OOMKilled"}, (4, False, "OOMKilled")),
        (REASON, "", [0] * 4 + [1] * 5, {"reason": "Error"}, (4, False, "Error")),
        (REASON, "", [1] * 9, {"reason": "Error"}, None),
        (REASON, "", [NAN] * 4 + [1] * 5, {"reason": "Completed"}, None),
        ("process_restarts_total", "rate", [0, 0, 0, 0.1, 0, 0, 0, 0, 0], {}, None),
    ],
    ids=[
        *("twice", "as ever", "long ago", "no counter", "out of memory"),
        *("a reason", "a reason told as 0 before", "an old one", "done", "another"),
    ],
)
def test_what_tells_of_an_exit(
    name: str,
    derivation: str,
    values: list[float],
    more: dict[str, str],
    wanted: tuple[int, bool, str] | None,
) -> None:
    labels = [{"__name__": name, "pod": "cart-0", **more}]
    found = exits_of(labels, [derivation], np.array([values], dtype=float), WINDOW, earliest=2)
    assert [(one.row, one.is_exit, one.reason) for one in found] == ([wanted] if wanted else [])
    assert all(one.at_ms == one.row * 10_000 for one in found)


def killed(at: int, reason: str = "OOMKilled") -> Report:
    """The report where one of two pods of cart ends once at a row, and is well again."""
    world = World()
    world.services(6)
    for n in range(2):
        own = pod("cart", n)
        world.replica(own)
        told = {
            "namespace": own["namespace"],
            "pod": own["pod"],
            "container": "cart",
            "job": "kube-state-metrics",
        }
        world.add(RESTARTS, np.where((np.arange(ROWS) == at) & (n == 0), 0.1, 0.0), **told)
        if n == 0 and reason:
            world.add(REASON, np.where(np.arange(ROWS) < at, NAN, 1.0), reason=reason, **told)
    series = world.batch()
    rates = ["rate" if own["__name__"] == RESTARTS else "" for own in series.labels]
    return report_of(replace(series, derivation=rates), 1)


@pytest.mark.parametrize(("reason", "why"), [("OOMKilled", " (OOMKilled)"), ("", "")])
def test_a_container_that_was_killed_once_is_said_and_accuses_nobody(reason: str, why: str) -> None:
    report = killed(ROW, reason)
    (event,) = report.events
    assert event.is_trouble
    name = pod("cart", 0)["pod"]
    assert report.verdict.startswith(f"cart was restarted in 1 of its 2 replicas ({name}) at ")
    assert f" UTC{why}. Nothing " in report.verdict
    assert report.how_sure in ("", "low")
    assert report.entities == []


def test_an_exit_long_before_is_an_event_and_not_the_verdict() -> None:
    report = killed(ROW - 60)
    assert [event.is_trouble for event in report.events] == [False]
    assert "restarted" not in report.verdict
