"""Queues that grow because who works them off is slow: their length tells of that one.

A broker or a producer tells how long a queue is, a consumer how long a job of it takes. Where both name one
queue and the jobs take another time than they did, what waits is waiting for the consumer; where only the
queue grows, it may be that more comes in.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from patternwatch.contracts.promql_names import both_forms
from patternwatch.contracts.series import Labels
from patternwatch.contracts.subject import Subject

_QUEUE = (
    *("queue", "queue_name", "topic", "stream", "stream_name"),  # RabbitMQ, Celery, Kafka, Redis, NATS
    *("task_queue", "consumer_queue"),  # Temporal
    *both_forms("messaging.destination.name"),  # OpenTelemetry, "Semantic conventions for messaging metrics"
)
"""Labels that name a queue."""


def with_queues_of_consumers(
    labels: Sequence[Labels], categories: Sequence[str], subjects: Sequence[Subject]
) -> list[Subject]:
    """What each of N changed series tells of, the length of a queue being told of its consumer.

    labels      of the series
    categories  the metric category of each
    subjects    what each tells of by its labels

    Nothing is concluded where two are slow at one queue.

    >>> lag = {"__name__": "queue_lag", "app": "ingest", "queue": "uploads"}
    >>> took = {"__name__": "job_seconds", "app": "worker", "queue": "uploads"}
    >>> ingest, worker = Subject("service", "app", "ingest"), Subject("service", "app", "worker")
    >>> told = with_queues_of_consumers([lag, took], ["saturation", "latency"], [ingest, worker])
    >>> [subject.name for subject in told]
    ['worker', 'worker']
    """
    queues = [_queue(own, subject) for own, subject in zip(labels, subjects, strict=True)]
    slow: dict[tuple[str, ...], dict[str, Subject]] = defaultdict(dict)
    for queue, category, subject in zip(queues, categories, subjects, strict=True):
        if queue and category == "latency":
            slow[queue][subject.name] = replace(subject, pod="", container="", node="", instance="")
    return [
        next(iter(slow[queue].values()))
        if queue and category == "saturation" and len(slow.get(queue, ())) == 1
        else subject
        for queue, category, subject in zip(queues, categories, subjects, strict=True)
    ]


def _queue(labels: Labels, subject: Subject) -> tuple[str, ...]:
    """The queue that a series names, with the place that it is in; empty where it names none."""
    name = next((labels[label] for label in _QUEUE if labels.get(label)), "")
    return (subject.tenant, subject.cluster, name) if name else ()
