"""Requests whose results are not complete yet: bookkeeping, without a clock."""

from dataclasses import dataclass, field
from typing import NamedTuple

from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.series import Window
from patternwatch.contracts.shard_results import ShardResult
from patternwatch.streams.agents.recent import Recent
from patternwatch.streams.consumer.records import Delivery


class LookKey(NamedTuple):
    """One look at a request: the results of different looks are never put together."""

    tenant: str
    request_id: str
    look: int


def look_key(request: AnalysisRequest) -> LookKey:
    """The look that this request asks for."""
    return LookKey(request.tenant, request.request_id, request.look)


class Plan(NamedTuple):
    """What distinguishes two plans of one request: the number of shards, and the window."""

    of: int
    window: Window


@dataclass(slots=True)
class PendingRequest:
    """One request, from its first result to its report.

    A request that was sent or planned twice may have been sharded differently the second time, so results
    are kept by plan: the first plan with all of its shards makes the report.

    deadline  when what is there is published, in seconds of the collector's clock
    closes    when the rest is waited for no more
    """

    deadline: float
    closes: float
    plans: dict[Plan, dict[int, ShardResult]] = field(default_factory=dict)
    deliveries: list[Delivery] = field(default_factory=list)
    overdue: bool = False

    def add(self, result: ShardResult, delivery: Delivery) -> None:
        """Add one result; the latest of a shard counts, but a failure never replaces a success."""
        shards = self.plans.setdefault(Plan(result.of, result.request.window), {})
        known = shards.get(result.number)
        if known is None or known.status == "failed" or result.status == "ok":
            shards[result.number] = result
        self.deliveries.append(delivery)

    @property
    def plan(self) -> Plan:
        """The plan that is nearest to complete."""
        return max(self.plans, key=lambda plan: (len(self.plans[plan]) / plan.of, plan.of))

    @property
    def of(self) -> int:
        """How many shards that plan has."""
        return self.plan.of

    @property
    def results(self) -> list[ShardResult]:
        """The results of that plan, by shard number."""
        shards = self.plans[self.plan]
        return [shards[number] for number in sorted(shards)]

    @property
    def request(self) -> AnalysisRequest:
        """The request as that plan had it."""
        return self.results[0].request

    @property
    def complete(self) -> bool:
        """Whether every shard of that plan is in."""
        return len(self.results) == self.of

    @property
    def revision(self) -> int:
        """How many successful results there are, above the revision of earlier looks.

        Counting them instead of publications keeps it the same when a crash replays them, and any
        result beats a failure.
        """
        return self.request.revision + sum(result.status == "ok" for result in self.results)

    def acknowledge(self) -> None:
        """Let the offsets of its records be committed: they need no redelivery."""
        for delivery in self.deliveries:
            delivery.done()


@dataclass(frozen=True, slots=True)
class Publication:
    """What was published of a request."""

    revision: int
    final: bool


class PublishedRevisions:
    """What this process published lately of each look: a second delivery is ignored."""

    def __init__(self) -> None:
        self._publications: Recent[LookKey, Publication] = Recent()

    def remember(self, look: LookKey, publication: Publication) -> None:
        """Remember what was published of this look."""
        self._publications.put(look, publication)

    def is_final(self, look: LookKey) -> bool:
        """Whether nothing can be added to this look."""
        publication = self._publications.get(look)
        return publication is not None and publication.final

    def revision(self, look: LookKey) -> int:
        """The highest revision that was published; -1 for none."""
        publication = self._publications.get(look)
        return publication.revision if publication is not None else -1
