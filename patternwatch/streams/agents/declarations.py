"""What each agent consumes and produces: the map of the worker, in the order in which a message travels.

Wiring, the watchdog and the AsyncAPI document are made from these declarations; nothing else subscribes.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from patternwatch.contracts.alerts import Alert
from patternwatch.contracts.roles import Role
from patternwatch.contracts.shard_results import ShardResult
from patternwatch.contracts.shards import Shard
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
from patternwatch.streams.agents.planning.few_alerts import FewAlerts
from patternwatch.streams.agents.planning.planner import Planner
from patternwatch.streams.agents.reports.collector import Collector
from patternwatch.streams.agents.reports.lone_parts import MadeReport
from patternwatch.streams.agents.shards.analyst import Analyst
from patternwatch.streams.agents.watches.watcher import Watcher
from patternwatch.streams.consumer.fair_queue import Place, place_of
from patternwatch.streams.consumer.topic_consumer import MAX_WAITING, Gate
from patternwatch.streams.settings import WorkerSettings

Handler: TypeAlias = Callable[..., Awaitable[Any]]
"""A method of an agent: takes the message; with `manual_ack` its delivery too. What it returns goes on."""

MAX_CONCURRENT_PLANS = 8
MAX_CONCURRENT_ALERTS = 64
MAX_WAITING_ALERTS = 5000
"""Alerts that wait in a worker, some 2 kB each. Faust reads on for no topic while one of them is full: with
little room a storm of alerts would keep the request of a person, too, at the broker."""
MAX_CONCURRENT_REPORTS = 8
"""Requests that a worker concludes at a time: each waits for the broker most of the time."""
PEOPLE_SLOTS = 4
"""Plans, and reports, of people beyond these: the others may all be waiting for a slow source or broker."""
PEOPLE_FETCHES = 2
"""Parts of people's requests that are fetched beyond `source.concurrency`: the others' may all be in hand."""
MAX_CONCURRENT_TICKS = 4
MAX_WAITING_RESULTS = 256
"""Results of shards that wait in a worker for their report; of one megabyte each at most, a tenth mostly."""


def place_of_shard(shard: Shard) -> Place:
    """Where a part of a request waits."""
    return place_of(shard.request)


def place_of_result(result: ShardResult) -> Place:
    """Where a result waits: those of a tenant in the order in which they came, so that reports are whole.

    In turns between analyses the last parts of all of them would come last, and deadlines pass meanwhile.
    """
    place = place_of(result.request)
    return place._replace(analysis="")


def place_of_made(made: MadeReport) -> Place:
    """Where the report of a lone part waits: among the results."""
    return place_of(made.request)._replace(analysis="")


def place_of_alert(alert: Alert) -> Place:
    """Where an alert waits: those of a tenant in the order in which they came."""
    return Place(1, alert.tenant, "")


def parts_under_way(planner: Planner) -> Gate:
    """The gate of requests: no more is planned than is worked on."""
    return planner.under_way


def few_alerts(planner: Planner) -> Gate:
    """The gate of alerts: few of them while a person waits."""
    return FewAlerts(planner.under_way)


def one_at_a_time(_: WorkerSettings) -> int:
    """The concurrency of an agent whose messages are to be worked on in their order."""
    return 1


def many_alerts(_: WorkerSettings) -> int:
    """The concurrency of alerts: each waits for the broker most of the time."""
    return MAX_CONCURRENT_ALERTS


def some_plans(_: WorkerSettings) -> int:
    """The concurrency of planning: it waits for the source most of the time."""
    return MAX_CONCURRENT_PLANS


def some_reports(_: WorkerSettings) -> int:
    """The concurrency of reports: two are computed at a time, others are on their way to the broker."""
    return MAX_CONCURRENT_REPORTS


def some_ticks(_: WorkerSettings) -> int:
    """The concurrency of ticks: one watch is read at a time, while others are judged or wait for Kafka."""
    return MAX_CONCURRENT_TICKS


def fetches(settings: WorkerSettings) -> int:
    """The concurrency of fetching and scanning shards."""
    return settings.source.concurrency


@dataclass(frozen=True, slots=True)
class Subscription:
    """A topic that an agent works on, by which of its methods.

    manual_ack  the handler acknowledges the delivery itself, when the record needs no redelivery
    """

    topic: Topic
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
    """An agent's role on Kafka.

    subscriptions  topics that the consumer group shares out over the workers
    tables         compacted topics that every worker reads, whole or from a time on
    """

    name: str
    description: str
    agent: type[Any] | None = None
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
    Planner,
    subscriptions=(
        Subscription(
            ALERTS,
            Planner.on_alert,
            concurrency=many_alerts,
            place_of=place_of_alert,
            max_waiting=MAX_WAITING_ALERTS,
            gate=few_alerts,
        ),
        Subscription(
            REQUESTS,
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
    Analyst,
    subscriptions=(
        Subscription(
            SHARDS,
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
    Collector,
    subscriptions=(
        Subscription(
            SHARD_RESULTS,
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
    Watcher,
    subscriptions=(Subscription(TICKS, Watcher.on_tick, concurrency=some_ticks),),
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
