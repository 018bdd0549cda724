"""The requests that a collector has results of but cannot close yet: bookkeeping without a clock."""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import NamedTuple

from patternwatch.contracts.messages import AnalysisRequest, ShardResult
from patternwatch.contracts.series import Window
from patternwatch.streams.records import Receipt


class Plan(NamedTuple):
    """What tells two plans of one request apart: into how many shards, over which window."""

    of: int
    window: Window


@dataclass(slots=True)
class OpenRequest:
    """One request in the making.

    A request that was sent or planned twice may have been cut differently the second time, so results
    are kept by plan: the first plan whose shards are all in makes the report.
    """

    deadline: float
    plans: dict[Plan, dict[int, ShardResult]] = field(default_factory=dict)
    receipts: list[Receipt] = field(default_factory=list)
    overdue: bool = False

    def add(self, result: ShardResult, receipt: Receipt) -> None:
        """Take one result in; the latest of a shard counts, but never a failure over a success."""
        shards = self.plans.setdefault(Plan(result.of, result.request.window), {})
        known = shards.get(result.number)
        if known is None or known.status == "failed" or result.status == "ok":
            shards[result.number] = result
        self.receipts.append(receipt)

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
        """How many good results there are: it grows with what is known, and only then.

        Counting them instead of publications keeps it the same when a crash replays them, and any
        result beats a failure.
        """
        return sum(result.status == "ok" for result in self.results)

    def settle(self) -> None:
        """Its records need no other delivery."""
        for receipt in self.receipts:
            receipt.done()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was published of a request."""

    revision: int
    final: bool


class Published:
    """The requests that this process published, the latest `most` of them: a second delivery stays quiet."""

    def __init__(self, most: int = 20_000) -> None:
        self._most = most
        self._outcomes: OrderedDict[str, Outcome] = OrderedDict()

    def remember(self, request_id: str, outcome: Outcome) -> None:
        """This was published."""
        self._outcomes[request_id] = outcome
        self._outcomes.move_to_end(request_id)
        while len(self._outcomes) > self._most:
            self._outcomes.popitem(last=False)

    def is_final(self, request_id: str) -> bool:
        """Whether nothing can be added to this request."""
        outcome = self._outcomes.get(request_id)
        return outcome is not None and outcome.final

    def revision(self, request_id: str) -> int:
        """The highest revision that was published; -1 for none."""
        outcome = self._outcomes.get(request_id)
        return outcome.revision if outcome is not None else -1
