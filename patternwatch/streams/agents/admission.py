"""How an agent's messages are admitted: how many are worked on at once, and where each waits until then."""

from patternwatch.contracts.alerts import Alert
from patternwatch.contracts.shard_results import ShardResult
from patternwatch.contracts.shards import Shard
from patternwatch.streams.agents.planning.alert_handler import AlertHandler
from patternwatch.streams.agents.planning.few_alerts import FewAlerts
from patternwatch.streams.agents.planning.planner import Planner
from patternwatch.streams.agents.reports.lone_parts import MadeReport
from patternwatch.streams.consumer.fair_queue import Place, place_of
from patternwatch.streams.consumer.topic_consumer import Gate
from patternwatch.streams.settings import WorkerSettings

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


def few_alerts(handler: AlertHandler) -> Gate:
    """The gate of alerts: few of them while a person waits."""
    return FewAlerts(handler.under_way)


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
