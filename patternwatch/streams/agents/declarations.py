"""What each agent consumes and produces: the map of the worker, in the order in which a message travels.

Wiring, the watchdog and the AsyncAPI document are made from these declarations; nothing else subscribes.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from patternwatch.contracts.roles import Role
from patternwatch.contracts.topics import (
    ALERTS,
    ATTEMPTS,
    DEAD_LETTERS,
    JOINED_ALERTS,
    LABELLED_EXAMPLES,
    LOOKS,
    PROGRESS,
    REPORTS,
    REQUESTS,
    SHARD_RESULTS,
    SHARDS,
    TICKS,
    WATCH_DEFINITIONS,
    WATCH_STATES,
    WATCHES,
    Topic,
)
from patternwatch.streams.agents.admission import (
    MAX_WAITING_ALERTS,
    MAX_WAITING_RESULTS,
    PEOPLE_FETCHES,
    PEOPLE_SLOTS,
    fetches,
    few_alerts,
    many_alerts,
    one_at_a_time,
    parts_under_way,
    place_of_alert,
    place_of_result,
    place_of_shard,
    some_plans,
    some_reports,
    some_ticks,
)
from patternwatch.streams.agents.planning.alert_handler import AlertHandler
from patternwatch.streams.agents.planning.planner import Planner
from patternwatch.streams.agents.reports.collector import Collector
from patternwatch.streams.agents.shards.analyst import Analyst
from patternwatch.streams.agents.watches.watcher import Watcher
from patternwatch.streams.consumer.fair_queue import Place, place_of
from patternwatch.streams.consumer.topic_consumer import MAX_WAITING, Gate
from patternwatch.streams.settings import WorkerSettings

Handler: TypeAlias = Callable[..., Awaitable[Any]]
"""A method of an agent: takes the message; with `manual_ack` its delivery too. What it returns goes on."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """A topic that an agent works on, by which of its methods.

    manual_ack  the handler acknowledges the delivery itself, when the record needs no redelivery
    """

    topic: Topic
    agent: type[Any]
    handler: Handler
    concurrency: Callable[[WorkerSettings], int] = one_at_a_time
    manual_ack: bool = False
    place_of: Callable[[Any], Place] | None = None
    """Where a message waits; without it messages are worked on in their order."""
    max_waiting: int = MAX_WAITING
    gate: Callable[[Any], Gate] | None = None
    """The agent's, which admits what waits."""
    people_leave: bool = False
    """Of a tenant's people, see `FairQueue`."""
    people_slots: int = 0
    """For people beyond the concurrency."""
    unreadable: Handler | None = None
    """Told of a record that cannot be decoded, and why, before it goes to the dead letters."""


@dataclass(frozen=True, slots=True)
class Declaration:
    """The role on Kafka of an agent, or of two that work hand in hand.

    subscriptions  topics that the consumer group shares out over the workers
    tables         compacted topics that every worker reads, whole or from a time on
    """

    name: str
    description: str
    subscriptions: tuple[Subscription, ...] = ()
    tables: tuple[Topic, ...] = ()
    produces: tuple[Topic, ...] = ()

    @property
    def role(self) -> Role:
        """The declaration as others see it."""
        consumes = (*(s.topic for s in self.subscriptions), *self.tables)
        return Role(self.name, self.description, consumes, self.produces)


PLANNER = Declaration(
    "planner",
    "Turns a firing alert into a request, or joins it to another's, and a request into shards of about a "
    "thousand series; one that is alone goes to the analyst and the collector of its own process.",
    subscriptions=(
        Subscription(
            ALERTS,
            AlertHandler,
            AlertHandler.on_alert,
            concurrency=many_alerts,
            place_of=place_of_alert,
            max_waiting=MAX_WAITING_ALERTS,
            gate=few_alerts,
        ),
        Subscription(
            REQUESTS,
            Planner,
            Planner.on_request,
            concurrency=some_plans,
            place_of=place_of,
            gate=parts_under_way,
            people_leave=True,
            people_slots=PEOPLE_SLOTS,
            unreadable=Planner.on_unreadable_request,
        ),
    ),
    tables=(JOINED_ALERTS,),
    produces=(REQUESTS, SHARDS, PROGRESS, REPORTS, JOINED_ALERTS),
)
ANALYST = Declaration(
    "analyst",
    "Fetches a shard's series from the metrics source and scans them.",
    subscriptions=(
        Subscription(
            SHARDS,
            Analyst,
            Analyst.on_shard,
            concurrency=fetches,
            place_of=place_of_shard,
            people_slots=PEOPLE_FETCHES,
        ),
    ),
    produces=(SHARD_RESULTS,),
)
COLLECTOR = Declaration(
    "collector",
    "Gathers the results of a request's shards and publishes its report.",
    subscriptions=(
        Subscription(
            SHARD_RESULTS,
            Collector,
            Collector.on_result,
            concurrency=some_reports,
            manual_ack=True,
            place_of=place_of_result,
            max_waiting=MAX_WAITING_RESULTS,
            people_slots=PEOPLE_SLOTS,
        ),
    ),
    tables=(LABELLED_EXAMPLES,),
    produces=(REPORTS, PROGRESS),
)
WATCHER = Declaration(
    "watcher",
    "Judges what is new of a watched cluster at each tick, and requests an analysis of what it finds.",
    subscriptions=(Subscription(TICKS, Watcher, Watcher.on_tick, concurrency=some_ticks),),
    tables=(WATCHES, WATCH_DEFINITIONS),
    produces=(REQUESTS, WATCHES, WATCH_DEFINITIONS, WATCH_STATES),
)
LOOKER = Declaration(
    "looker",
    "Keeps what was analysed, and asks for growing reports again and for failed analyses.",
    tables=(LOOKS, REPORTS),
    produces=(REQUESTS, LOOKS),
)
ATTEMPT_COUNTER = Declaration(
    "attempt-counter",
    "Keeps what was begun and has not ended, so that what kills workers is set aside.",
    tables=(ATTEMPTS,),
    produces=(ATTEMPTS,),
)
TICKER = Declaration("ticker", "Sends the ticks of watched clusters.", produces=(TICKS,))
CONSUMER = Declaration(
    "consumer",
    "Sends records that an agent could not work on to the dead letters.",
    produces=(DEAD_LETTERS,),
)

DECLARATIONS = (PLANNER, ANALYST, COLLECTOR, WATCHER, LOOKER, ATTEMPT_COUNTER, TICKER, CONSUMER)
ROLES = tuple(declaration.role for declaration in DECLARATIONS)
"""All that a worker is on Kafka."""
