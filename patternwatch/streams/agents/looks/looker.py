"""The looker: keeps what was analysed, and what follows from each look.

One state a request on the compacted topic `looks`. It moves on with each look: begun by the planner, ended
by the collector or by a failure. A crash loses nothing: a look under way is a record that is not acknowledged
yet, and one that is due is asked for by the partition's next owner.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from patternwatch.analysis.report.failed import failed
from patternwatch.analysis.report.looks import asked_again, grows
from patternwatch.contracts.joined_alerts import ReportAlert
from patternwatch.contracts.looks import Look
from patternwatch.contracts.report import Report
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.streams.agents.looks.outcomes import Concluded, outcome, outcome_of_failure
from patternwatch.streams.agents.turns import Turns
from patternwatch.streams.state.joined_alerts import JoinedAlertStore
from patternwatch.streams.state.looks import LookStore
from patternwatch.streams.state.published import PublishedReports, StateTells


@dataclass(frozen=True, slots=True)
class Looker:
    """Moves the states of requests on.

    alerts   which alerts belong to each analysis: its report lists them
    late_ms  how long late parts still revise a report by themselves
    out      which revisions are out that no state tells of
    turns    of requests, for whoever publishes what follows and stores it
    """

    store: LookStore
    alerts: JoinedAlertStore
    now_ms: Callable[[], int]
    late_ms: int = 0
    out: PublishedReports = field(default_factory=StateTells)
    turns: Turns = field(default_factory=Turns)

    async def begin(self, request: AnalysisRequest) -> AnalysisRequest | None:
        """The request as it is to be planned, kept from now on; None where this look is done already."""
        known = await self.store.of(request.tenant, request.request_id)
        if known is None:
            if request.look:
                return None  # over meanwhile
            now = self.now_ms()
            request = request.model_copy(update={"growing": grows(request), "asked_ms": now})
            await self.store.put(Look(request=request, look=0, changed_ms=now))
            return request
        if request.look < known.look:
            # A second delivery; of one that failed for good only a person sends its record again.
            return self._asked_again(known) if known.is_over and known.failures else None
        if request.look:
            return request
        if known.due_ms is not None and not known.look:  # it has waited for room
            await self.store.put(known.model_copy(update={"due_ms": None, "changed_ms": self.now_ms()}))
        return known.request

    def is_out(self, request: AnalysisRequest) -> bool:
        """Whether nothing that comes of this look changes its report any more, as far as is known here.

        Its records come once more when a worker has died or partitions are dealt anew: all that lie behind
        one that is not done. Where it is not known yet, they are worked on again, which changes nothing.
        """
        known = self.store.seen(request.tenant, request.request_id)
        if known is None or known.look != request.look + 1:
            return known is not None and known.look > request.look
        return not known.failures and known.summary is not None and not known.summary.missing

    async def wait(self, request: AnalysisRequest) -> None:
        """Keep the request of an alert for which there is no room now: the clock of looks asks for it."""
        if await self.store.of(request.tenant, request.request_id) is None:
            now = self.now_ms()
            request = request.model_copy(update={"growing": grows(request)})
            await self.store.put(Look(request=request, look=0, due_ms=now, changed_ms=now))

    async def conclude(self, request: AnalysisRequest, report: Report) -> Concluded:
        """What follows from the report of a look."""
        known, answering = await asyncio.gather(
            self.store.of(request.tenant, request.request_id), self._answering(report)
        )
        if known is None:
            return Concluded(report, None)
        return await self._beside_what_is_out(
            known, request, outcome(known, request, answering, self.now_ms(), self.late_ms)
        )

    async def fail(self, request: AnalysisRequest, reason: str, *, again: bool = True) -> Concluded:
        """What follows where a look came to nothing, for this reason; `again` if another try may help."""
        report = failed(request, reason).model_copy(update={"revision": 0})
        known = await self.store.of(request.tenant, request.request_id)
        if known is None:
            return Concluded(report, None)
        answering = await self._answering(report)
        concluded = outcome_of_failure(known, request, answering, self.now_ms(), again=again)
        return await self._beside_what_is_out(known, request, concluded, again=again)

    async def _beside_what_is_out(
        self, known: Look, request: AnalysisRequest, concluded: Concluded, *, again: bool = True
    ) -> Concluded:
        """The same; where a worker that was killed has published more than `known` tells, no step back."""
        report, look = concluded.report, concluded.look
        if look is None or (out := await self.out.revision(request, known)) <= known.revision:
            return concluded
        if report is None or report.revision == out:
            told = look.model_copy(update={"revision": max(look.revision, out)})
            return replace(concluded, look=told, is_out=report is not None)
        if report.revision > out:
            return concluded
        # What is out has more parts than could be had again: it stays, and a later look goes on from it.
        told = known.model_copy(update={"revision": out})
        return outcome_of_failure(told, request, report, self.now_ms(), again=again)

    def unknown(self, request: AnalysisRequest, reason: str) -> Concluded:
        """The same where the state of the request cannot be told: only a first look has surely no report."""
        report = failed(request, reason).model_copy(update={"revision": 0})
        return Concluded(None if request.look else report, None)

    async def keep(self, look: Look) -> None:
        """Store the state of a request: of one that is over too, since its records may come once more."""
        await self.store.put(look)

    def _asked_again(self, look: Look) -> AnalysisRequest:
        return asked_again(look.request, look.look, look.revision, self.now_ms())

    async def _answering(self, report: Report) -> Report:
        """The report with the alerts that belong to its analysis; none do where no alert asked for it."""
        if report.trigger != "alert":
            return report
        alerts = await self.alerts.of_request(report.tenant, report.request_id)
        shown = [ReportAlert.model_validate(dict(alert)) for alert in alerts.first]
        return report.model_copy(update={"alerts": shown, "alerts_total": alerts.total})
