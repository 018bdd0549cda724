"""How much is to be done at a later time, and when: plans change at any time, and no work waits for them.

Jobs that a program puts off until tomorrow (Sidekiq's scheduled set, Quartz's triggers), the next run of a
schedule, maintenance that a cloud announces. Whether it is done in time, its queue and its failures tell.
"""

import re
from functools import lru_cache

from patternwatch.contracts.metric_words import in_snake_case

_WHAT = r"(jobs?|tasks?|messages?|runs?|triggers?|events?|workflows?|actions?|maintenances?)"
_PLANNED = re.compile(
    rf"(^|_)(scheduled|planned|upcoming)_{_WHAT}(_|$)|(^|_){_WHAT}_(scheduled|planned)(_count)?$"
    r"|(^|_)next_(run|schedule|start|execution|fire|backup|scan)(_|$)|(^|_)pending_maintenance(_|$)"
)


@lru_cache(maxsize=50_000)
def tells_plans(metric: str) -> bool:
    """Whether a gauge tells of what is planned for later.

    >>> [tells_plans(name) for name in ("sidekiq_scheduled_jobs", "airflow_dag_next_run_seconds")]
    [True, True]
    >>> [tells_plans(name) for name in ("kube_pod_status_scheduled", "sidekiq_enqueued_jobs")]
    [False, False]
    """
    return _PLANNED.search(in_snake_case(metric)) is not None
