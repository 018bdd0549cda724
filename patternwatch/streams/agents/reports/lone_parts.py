"""A request of one part is scanned and concluded where it was planned: no shard, no result on Kafka.

The request stays unacknowledged until its report is out, so that after a crash it is planned again; its part
has the same id then, and is set aside where it killed two workers. It waits for its turn among the shards.
"""

import asyncio
import time
from dataclasses import dataclass
from typing import NamedTuple

from patternwatch.analysis.report.failed import failed
from patternwatch.analysis.report.shard_results import collate
from patternwatch.classifier.shape_classifier import ShapeClassifier
from patternwatch.contracts.errors import InputError, SourceError, in_words
from patternwatch.contracts.report import Report
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.series import SeriesBatch
from patternwatch.contracts.shard_results import ShardResult
from patternwatch.contracts.shards import Shard
from patternwatch.streams.agents.reports.collector_services import CollectorServices
from patternwatch.streams.agents.shards.analyst import Analyst, StepError, failed_result, step
from patternwatch.streams.agents.shards.attempts import Begun, SetAsideError
from patternwatch.streams.consumer.fair_queue import place_of
from patternwatch.streams.consumer.fair_threads import FairThreads


class MadeReport(NamedTuple):
    """The report of a request of one part, not published yet."""

    request: AnalysisRequest
    report: Report


class _Computed(NamedTuple):
    result: ShardResult
    scanned_s: float
    report: Report


@dataclass(frozen=True, slots=True)
class LoneParts:
    """Works on lone shards that the planner hands over.

    analyst   reads them and scans them
    services  conclude their requests
    thread    of one thread: next to nothing of a small part runs in compiled code, so that two at a time take
              the interpreter from each other, and a tenth longer each than one after the other
    """

    analyst: Analyst
    services: CollectorServices
    thread: FairThreads

    async def on_part(self, shard: Shard) -> MadeReport:
        """The report of this shard's request, which may be a failed one that says why.

        Raises what was not foreseen, after the failed report is out.
        """
        request = shard.request
        try:
            # One note for scan and report: whichever kills, it is this part that is set aside.
            async with self.services.attempts.of(request, "shard", shard.shard_id) as begun:
                return MadeReport(request, await self._report(shard, begun))
        except (SourceError, InputError, SetAsideError) as error:
            missing = collate([failed_result(shard, str(error))]).missing
            report = failed(request, missing[0].reason, missing)
            return MadeReport(request, report.model_copy(update={"revision": request.revision}))
        except StepError as error:
            await self.services.reports.fail(request, in_words(str(error), error.reason))
            raise error.reason from None
        except Exception as error:
            await self.services.reports.fail(request, in_words("It could not be begun", error))
            raise

    async def _report(self, shard: Shard, begun: Begun) -> Report:
        began = time.perf_counter()
        batch = await self.analyst.read(shard, begun)
        fetched_s = time.perf_counter() - began
        with step("The report could not be made"):
            classifier = await self.services.classifiers.of(shard.request.tenant, begun.noted)
            thread = self.thread.at(place_of(shard.request))
            computed = await asyncio.get_running_loop().run_in_executor(
                thread, self._computed, shard, batch, fetched_s, classifier
            )
        self.analyst.measure(computed.result, fetched_s, computed.scanned_s)
        return computed.report

    def _computed(
        self, shard: Shard, batch: SeriesBatch, fetched_s: float, classifier: ShapeClassifier
    ) -> _Computed:
        """Scan and report in one go: what goes from thread to thread waits for each of them."""
        began = time.perf_counter()
        result = self.analyst.scan(shard, batch, self.analyst.settings, fetched_s * 1000)
        scanned = time.perf_counter()
        report = self.services.conclude(shard.request, [result], classifier, self.services.settings, 1)
        concluded_s = time.perf_counter() - scanned
        self.services.metrics.stage_seconds.labels("conclude").observe(concluded_s)
        report = report.model_copy(update={"revision": shard.request.revision + 1})
        return _Computed(result, scanned - began, report)
