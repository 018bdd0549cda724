"""A queue without consumers that grows is out of service; one that is empty is at rest."""

import numpy as np
import pytest

from patternwatch.analysis.identity.unserved_queues import with_unserved_queues
from patternwatch.contracts.report import Report
from patternwatch.contracts.series import Vector
from tests.analysis.incidents import ROWS
from tests.analysis.lifecycle.worlds import ROW, World

ROWS_SINCE = np.maximum(np.arange(ROWS) - ROW, 0)
GONE = np.where(np.arange(ROWS) >= ROW, 0.0, 8.0)
GROWS = 20.0 + 500.0 * ROWS_SINCE
RABBIT = {"job": "rabbitmq", "instance": "rabbit-0:15692", "vhost": "/", "queue": "labels"}


def category(consumers: Vector, length: Vector, **labels: str) -> str:
    own = [
        {"__name__": "rabbitmq_queue_consumers", **RABBIT},
        {"__name__": "rabbitmq_queue_messages_ready", **RABBIT, **labels},
    ]
    return with_unserved_queues(own, ["saturation"] * 2, np.array([consumers, length]))[0]


@pytest.mark.parametrize(
    ("consumers", "length", "found"),
    [
        (GONE, GROWS, "health"),
        (np.where(np.arange(ROWS) % 2, GONE, np.nan), GROWS, "health"),
        (GONE + 1.0, GROWS, "saturation"),
        (np.where(np.arange(ROWS) < ROWS - 2, 8.0, 0.0), GROWS, "saturation"),  # for two rows only
        (np.where(ROWS_SINCE > 20, 8.0, GONE), GROWS, "saturation"),  # they are back
        (GONE, np.full(ROWS, 20.0), "saturation"),
        (GONE, np.where(ROWS_SINCE > 0, 0.0, 20.0), "saturation"),
    ],
)
def test_consumers_of_a_queue_that_nobody_serves(consumers: Vector, length: Vector, found: str) -> None:
    assert category(consumers, length) == found


def test_another_queue_that_grows_has_others() -> None:
    assert category(GONE, GROWS, queue="mails") == "saturation"


def broker(consumers: Vector) -> Report:
    world, noise = World(), np.random.default_rng(6)
    world.services(4)
    for queue in ("labels", "mails", "images"):
        is_left, own = queue == "labels", {**RABBIT, "queue": queue}
        ready = 20.0 + 3.0 * noise.normal(size=ROWS) + is_left * 600.0 * ROWS_SINCE
        world.add("rabbitmq_queue_messages_ready", ready, **own)
        world.add("rabbitmq_queue_consumers", consumers if is_left else 8.0, **own)
    return world.report()


def test_it_is_clear_that_nobody_serves_it() -> None:
    report = broker(GONE)
    assert report.entities[0].entity == "rabbitmq/labels"
    assert report.entities[0].score >= 5.0
    assert broker(np.full(ROWS, 8.0)).entities[0].score < 4.0  # which may be more work than usual
