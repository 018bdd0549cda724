"""What is planned for later is no work that waits."""

import numpy as np
import pytest

from patternwatch.analysis.metrics.planned import tells_plans
from patternwatch.contracts.severity import CLEAR_SCORE
from tests.analysis.incidents import ROWS, SPLIT
from tests.analysis.lifecycle.worlds import World


@pytest.mark.parametrize(
    ("metric", "is_plan"),
    [
        ("sidekiq_scheduled_jobs", True),
        ("sidekiq_jobs_scheduled_count", True),
        ("quartz_upcoming_triggers", True),
        ("kube_cronjob_next_schedule_time", True),
        ("aws_rds_pending_maintenance_actions", True),
        ("restic_next_backup_timestamp_seconds", True),
        ("kube_daemonset_status_current_number_scheduled", False),
        ("kube_pod_status_scheduled", False),
        ("sidekiq_retry_jobs", False),
        ("scheduler_jobs_pending", False),
        ("celery_tasks_rescheduled_total", False),
    ],
)
def test_which_metrics_tell_of_plans(metric: str, is_plan: bool) -> None:
    assert tells_plans(metric) is is_plan


@pytest.mark.parametrize(("metric", "named"), [("jobs_scheduled", False), ("jobs_retrying", True)])
def test_more_that_is_planned_names_nobody(metric: str, named: bool) -> None:
    world = World()
    world.services(6)
    own = {"job": "mailer", "service": "mailer", "instance": "mailer-1:9394"}
    world.add(
        metric, np.where(np.arange(ROWS) >= SPLIT + 2, 520.0, 40.0) + world.rng.normal(size=ROWS), **own
    )
    report = world.report()
    assert bool(report.entities and report.entities[0].score >= CLEAR_SCORE) is named
