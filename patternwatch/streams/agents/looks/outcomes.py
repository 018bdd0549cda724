"""What follows from a look: which report is published, and which look comes next.

From the state of a request before, the report that was made of it, and the time. A later look never
takes away what an earlier one has told: what failed, or covers less, is tried again and stays unpublished.
"""

from dataclasses import dataclass

import structlog

from patternwatch.analysis.report.changes import changes, summary_of
from patternwatch.analysis.report.watched_episode import why_unnamed
from patternwatch.contracts.looks import Look
from patternwatch.contracts.progress import Stage
from patternwatch.contracts.report import Report
from patternwatch.contracts.requests import AnalysisRequest

log = structlog.get_logger()

FIRST_RETRY_MS = 60_000
MAX_RETRIES = 5
"""Tries of a failed analysis by itself, each after twice the time: half an hour in all. Then its alert's
next repeat tries again."""


@dataclass(frozen=True, slots=True)
class Concluded:
    """What follows from a look.

    report  to be published; None where an equal or higher revision is out, and where a watch stays quiet
    look    to be stored once it is out; None where the request is not kept
    stage   how a look of a watch ended of which no report is published, for its progress
    note    why there is none
    is_out  whether a worker that was killed has published this revision: then it is not published again
    """

    report: Report | None
    look: Look | None
    stage: Stage | None = None
    note: str = ""
    is_out: bool = False


def outcome(known: Look, request: AnalysisRequest, report: Report, now_ms: int, late_ms: int) -> Concluded:
    """What follows from this report of a look.

    known    the state of its request
    late_ms  how long late parts still revise a report by themselves
    """
    if report.status == "failed" or _covers_less(known, report):
        return outcome_of_failure(known, request, report, now_ms)
    if known.look > request.look + 1 or report.revision <= known.revision:
        return Concluded(None, None)
    due_ms = report.next_look_ms
    if known.has_resolved and (due_ms is not None or _over_meanwhile(known, request)):
        due_ms = now_ms
    failures = 0
    if due_ms is None and report.missing:
        # Parts that wait longer than late ones are waited for, in our own queue perhaps, revise nothing.
        failures = max(known.failures + (request.look >= known.look), 1)
        pause_ms = _retry_pause_ms(failures)
        due_ms = None if pause_ms is None else now_ms + late_ms + pause_ms
    summary = summary_of(report)
    report = report.model_copy(update={"changes": changes(known.summary, summary), "next_look_ms": due_ms})
    look = known.model_copy(
        update={
            "look": request.look + 1,
            "due_ms": due_ms,
            "revision": report.revision,
            "failures": failures,
            "is_over": due_ms is None,
            "summary": summary,
            "changed_ms": now_ms,
            "before": None,
        }
    )
    is_first = known.revision <= 0 or known.before is not None
    unnamed = why_unnamed(report) if request.trigger == "watch" and is_first else ""
    if unnamed and known.before is not None and known.revision > 0:
        return Concluded(None, _as_before(known, known.before, look), "quiet", unnamed)
    if unnamed:  # what the watch saw stays in its live view; a later look may name it
        kept = {"revision": known.revision, "summary": known.summary}
        return Concluded(None, look.model_copy(update=kept), "quiet", unnamed)
    return Concluded(report, look)


def _as_before(known: Look, before: AnalysisRequest, look: Look) -> Look:
    """The state where a look at what has grown names nothing: the report that is out stays as it is.

    What was over meanwhile has its last look at that one.
    """
    over = known.request.episode
    if over is not None and before.episode is not None and known.has_resolved:
        span = before.episode.model_copy(update={"ended_ms": over.ended_ms})
        before = before.model_copy(update={"episode": span})
    due_ms = look.changed_ms if known.has_resolved else None
    return look.model_copy(
        update={
            "request": before,
            "due_ms": due_ms,
            "is_over": due_ms is None,
            "revision": known.revision,
            "summary": known.summary,
        }
    )


def outcome_of_failure(
    known: Look, request: AnalysisRequest, report: Report, now_ms: int, *, again: bool = True
) -> Concluded:
    """What follows where a look came to nothing.

    report  says why
    again   whether another try may help
    """
    if request.look < known.look:
        return Concluded(None, None)
    failures = known.failures + 1
    pause_ms = _retry_pause_ms(failures) if again else None
    due_ms = None if pause_ms is None else now_ms + pause_ms
    log.warning(
        "look.failed",
        tenant=request.tenant,
        request_id=request.request_id,
        look=request.look,
        failures=failures,
        again_ms=due_ms,
        reason=report.reason,
    )
    look = known.model_copy(
        update={
            "look": request.look + 1,
            "due_ms": due_ms,
            "revision": max(known.revision, 0),
            "failures": failures,
            "is_over": due_ms is None,
            "changed_ms": now_ms,
        }
    )
    # A report that is out stays: what failed is a later look at it.
    if known.revision >= 0:
        return Concluded(None, look)
    if request.trigger == "watch" and due_ms is not None:  # nobody waits for it: the last try is told
        untold = look.model_copy(update={"revision": known.revision})
        return Concluded(None, untold, "failed", report.reason)
    return Concluded(report.model_copy(update={"next_look_ms": due_ms}), look)


def _retry_pause_ms(failures: int) -> int | None:
    """How long to wait after so many failures; None where there are enough of them."""
    return FIRST_RETRY_MS * 2 ** (failures - 1) if failures <= MAX_RETRIES else None


def _over_meanwhile(known: Look, request: AnalysisRequest) -> bool:
    """Whether what the watch saw was over while this look was made: no revision says so yet."""
    return request.episode is not None and known.has_resolved and not request.has_ended


def _covers_less(known: Look, report: Report) -> bool:
    """Whether parts of the series are missing that the report before had: it stays until a look has them."""
    return known.summary is not None and len(report.missing) > known.summary.missing
