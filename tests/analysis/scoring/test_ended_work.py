"""Running work that was never at nothing, and now stays there, counts as changed however widely it swung."""

import numpy as np
import pytest

from patternwatch.analysis.scoring.ended_work import tells_running_work
from patternwatch.contracts.findings import Finding
from patternwatch.detectors.base import Vector
from tests.analysis.incidents import ROWS, SPLIT, batch, report_of

ROW = np.arange(ROWS)


def findings_of(name: str, course: Vector, seed: int = 3) -> list[Finding]:
    """What is found of a gauge that swings around 14 times its course, beside one that goes on."""
    rng = np.random.default_rng(seed)
    swing = np.maximum(np.exp(0.5 * rng.normal(size=(2, ROWS))), 0.1)
    values = np.round(14.0 * swing * np.array([course, np.ones(ROWS)]))
    labels = [{"__name__": name, "service": service} for service in ("etl", "ml")]
    return [one for one in report_of(batch(labels, values)).findings if one.labels["service"] == "etl"]


DRAINED = np.clip(1 - (ROW - SPLIT) / 16, 0, 1)


@pytest.mark.parametrize("name", ["executor_running_tasks", "queue_consumers", "tomcat_threads_busy_threads"])
def test_what_ran_and_runs_no_more_has_changed(name: str) -> None:
    (finding,) = findings_of(name, DRAINED)
    assert finding.score > 0.0


@pytest.mark.parametrize("name", ["executor_queued_tasks", "queue_messages_ready", "pool_idle_connections"])
def test_what_waits_or_idles_ends_well(name: str) -> None:
    assert not findings_of(name, DRAINED)


def test_what_was_at_nothing_before_or_runs_again_may_be_there_now() -> None:
    paused = np.where((ROW > 100) & (ROW < 110), 0.0, DRAINED)
    back = np.where(ROW > SPLIT + 50, 1.0, DRAINED)
    assert not findings_of("executor_running_tasks", paused)
    assert not findings_of("executor_running_tasks", back)


def test_names_of_what_waits_are_not_of_what_runs() -> None:
    told = (
        "active_connections",
        "members_alive",
        "waiting_threads",
        "connections_max",
        "worker_queue_length",
    )
    assert [tells_running_work(name) for name in told] == [True, True, False, False, False]
