"""Keeping a report small enough for one Kafka record."""

from patternwatch.contracts.codec import encode
from patternwatch.contracts.report import Report

MAX_BYTES = 900_000
"""Kafka's default limit of a record is 1 MiB (`max.message.bytes`), key and headers included."""


def trimmed(report: Report, max_bytes: int) -> Report:
    """The report without its lowest-ranked findings, where it would be larger than `max_bytes` as JSON.

    `omitted` counts the findings that were cut, and the entities no longer refer to them.

    >>> from patternwatch.contracts.report import Report, SeriesCounts
    >>> from patternwatch.contracts.series import Window
    >>> report = Report(
    ...     report_id="r", request_id="r", tenant="t", status="complete", trigger="manual", title="x",
    ...     selector='{a="b"}', window=Window(start_ms=0, split_ms=1, end_ms=2, step_ms=1), verdict="v",
    ...     counts=SeriesCounts(selected=0, analysed=0, flagged=0), requested_at_ms=2,
    ... )
    >>> trimmed(report, MAX_BYTES) is report
    True
    """
    size = len(encode(report))
    while size > max_bytes and report.findings:
        keep = len(report.findings) * max_bytes // size  # at least one less
        findings = report.findings[:keep]
        entities = [
            e.model_copy(update={"top_findings": [rank for rank in e.top_findings if rank <= keep]})
            for e in report.entities
        ]
        omitted = report.omitted + len(report.findings) - keep
        report = report.model_copy(update={"findings": findings, "entities": entities, "omitted": omitted})
        size = len(encode(report))
    return report
