"""From a report to a labelled example: the window of one of its findings, as the classifier saw it."""

from typing import Any

import numpy as np

from patternwatch.analysis.findings.finding_shapes import classifier_split
from patternwatch.analysis.series.own_interval import held_between_scrapes
from patternwatch.contracts.errors import NotFoundError
from patternwatch.contracts.findings import Finding
from patternwatch.contracts.labelled_examples import LabelledExample, make_labelled_example
from patternwatch.contracts.report import Report


def example_from_report(report: Report, series: str, name: str, **about: Any) -> LabelledExample:
    """The labelled example that one finding of the report shows the shape `name`.

    series  the finding's series id, or its rank as a number
    name    a pattern's name (a correction), or a shape of the tenant's own
    about   who and when: `labelled_by`, `labelled_at_ms`

    Raises NotFoundError where the report has no such finding, LabelError where its window or the name
    cannot be taught.

    >>> from patternwatch.analysis.report.failed import failed
    >>> from patternwatch.analysis.planning.requests import request_for_selector
    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> request = request_for_selector(
    ...     "default", '{cluster="shop"}', 60_000_000, None, "", AnalysisSettings(), 60_000_000, "r1"
    ... )
    >>> example_from_report(failed(request, "no series"), "1", "level_shift_up", labelled_at_ms=0)
    Traceback (most recent call last):
    ...
    patternwatch.contracts.errors.NotFoundError: The report 'r1' has no finding of the series '1'. \
Give the series_id or the rank of one of its 0 findings
    """
    found = _finding(report, series)
    window = report.window
    onset = window.split_row if report.onset_ms is None else _row(report, report.onset_ms)
    return make_labelled_example(
        report.tenant,
        name,
        held_between_scrapes(np.array([found.points], dtype=np.float64))[0].astype(np.float32),
        classifier_split(onset, window.rows),
        called=found.pattern,
        report_id=report.report_id,
        series_id=found.series_id,
        series=found.expression[:1000],
        **about,
    )


def _finding(report: Report, series: str) -> Finding:
    for found in report.findings:
        if series in (found.series_id, str(found.rank)):
            return found
    raise NotFoundError(
        f"The report {report.report_id!r} has no finding of the series {series!r}",
        f"Give the series_id or the rank of one of its {len(report.findings)} findings",
    )


def _row(report: Report, at_ms: int) -> int:
    return (at_ms - report.window.start_ms) // report.window.step_ms
