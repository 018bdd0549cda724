"""From declarations to consumers: which records go to which handler, and what is handed over without one."""

from collections.abc import Iterable
from typing import Any

from patternwatch.contracts.topics import REQUESTS, SHARD_RESULTS, SHARDS
from patternwatch.streams.agents.admission import place_of_made, place_of_shard
from patternwatch.streams.agents.declarations import DECLARATIONS
from patternwatch.streams.agents.reports.collector import Collector
from patternwatch.streams.agents.reports.lone_parts import LoneParts
from patternwatch.streams.consumer.record_handler import ConsumerContext
from patternwatch.streams.consumer.topic_consumer import TopicConsumer
from patternwatch.streams.settings import WorkerSettings


def subscribe(
    agents: tuple[Any, ...], settings: WorkerSettings, context: ConsumerContext
) -> tuple[TopicConsumer, ...]:
    """A consumer for every subscription that the agents' declarations name."""
    by_type = {type(agent): agent for agent in agents}
    return tuple(
        TopicConsumer(
            subscription.topic,
            subscription.handler.__get__(by_type[subscription.agent]),
            context,
            concurrency=subscription.concurrency(settings),
            manual_ack=subscription.manual_ack,
            place_of=subscription.place_of,
            max_waiting=subscription.max_waiting,
            people_leave=subscription.people_leave,
            people_slots=subscription.people_slots,
            gate=subscription.gate and subscription.gate(by_type[subscription.agent]),
            unreadable=subscription.unreadable
            and subscription.unreadable.__get__(by_type[subscription.agent]),
        )
        for declaration in DECLARATIONS
        for subscription in declaration.subscriptions
    )


def hand_over_lone_parts(
    consumers: Iterable[TopicConsumer], lone_parts: LoneParts, collector: Collector
) -> None:
    """Let a part that is alone in its request wait among the shards, and its report among the results."""
    by_topic = {consumer.topic: consumer for consumer in consumers}
    requests, shards, results = by_topic[REQUESTS], by_topic[SHARDS], by_topic[SHARD_RESULTS]
    requests.handler.onward = shards.taking(lone_parts.on_part, place_of_shard)
    shards.handler.onward = results.taking(collector.on_made, place_of_made)
