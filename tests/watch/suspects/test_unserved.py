"""A queue without consumers opens a report where it grows; one of them alone does not."""

import numpy as np
import pytest

from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.watch.cluster import ClusterWatch
from tests.watch.small_cluster import STEP_MS, Values, batch_of, labels_of, rows_of

SHOP = labels_of(services=4)
QUEUES = "mails", "bills", "images"
METRICS = {"rabbitmq_queue_consumers": 3.0, "rabbitmq_queue_messages_ready": 4.0}
LABELS = [
    *SHOP,
    *({"__name__": name, "job": "rabbitmq", "queue": queue} for queue in QUEUES for name in METRICS),
]
LEARNED, ROWS, BEGIN = 600, 40, 10
GROUPS = [
    *SHOP,
    {"__name__": "kafka_consumergroup_members", "job": "kafka", "consumergroup": "bills"},
    {"__name__": "kafka_consumergroup_lag", "job": "kafka", "consumergroup": "bills", "partition": "0"},
]


@pytest.mark.parametrize(
    ("consumers", "grows", "opens"), [(0, True, True), (0, False, False), (2, True, False)]
)
def test_only_a_queue_that_nobody_serves_opens(consumers: int, grows: bool, opens: bool) -> None:
    watch, rng = ClusterWatch(AnalysisSettings(), STEP_MS), np.random.default_rng(5)

    def values(rows: int, seed: int) -> Values:
        each = [np.full(rows, 3.0) if k % 2 == 0 else rng.poisson(4, rows) for k in range(2 * len(QUEUES))]
        return np.vstack([rows_of(SHOP, rows, seed), each])

    watch.learn(batch_of(LABELS, values(LEARNED, 1), -LEARNED))
    judged = values(ROWS, 2)
    judged[len(SHOP), BEGIN:] = consumers
    if grows:
        judged[len(SHOP) + 1, BEGIN:] += 150.0 * np.arange(1, ROWS - BEGIN + 1)
    seen = [
        watch.observe(batch_of(LABELS, judged[:, at : at + 2], at), STEP_MS * at) for at in range(0, ROWS, 2)
    ]
    assert [one.opening.entity for one in seen if one.opening] == (["rabbitmq"] if opens else [])


def test_a_group_whose_members_left_opens() -> None:
    watch, rng = ClusterWatch(AnalysisSettings(), STEP_MS), np.random.default_rng(6)

    def values(rows: int, seed: int) -> Values:
        return np.vstack([rows_of(SHOP, rows, seed), np.full(rows, 3.0), rng.poisson(4, rows)])

    watch.learn(batch_of(GROUPS, values(LEARNED, 1), -LEARNED))
    judged = values(ROWS, 2)
    judged[len(SHOP), BEGIN:] = 0
    judged[len(SHOP) + 1, BEGIN:] += 150.0 * np.arange(1, ROWS - BEGIN + 1)
    seen = [
        watch.observe(batch_of(GROUPS, judged[:, at : at + 2], at), STEP_MS * at) for at in range(0, ROWS, 2)
    ]
    assert [one.opening.entity for one in seen if one.opening] == ["bills"]
