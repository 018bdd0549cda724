"""What `patternwatch doctor` says of a tenant's labels, from a sample of its series."""

import time
from collections.abc import Iterable, Mapping, Sequence

from patternwatch.analysis.identity.survey import Survey, survey_of
from patternwatch.contracts.checks import Check, Checks
from patternwatch.contracts.errors import PatternwatchError
from patternwatch.contracts.matchers import Matchers
from patternwatch.contracts.series import CURRENT_ROWS, Labels, Window
from patternwatch.contracts.settings import AnalysisSettings, SourceSettings, TenantSettings
from patternwatch.cortex.factory import open_source
from patternwatch.cortex.label_partition import matcher_of
from patternwatch.cortex.source import SeriesSource

MAX_SAMPLED = 5000
"""Series of which labels are read."""
_EXAMPLES = 3
_MANY_UNNAMED = 0.05
"""Part of all series that may name no subject before that is a warning; judgement."""


async def check_labels(
    settings: SourceSettings, tenant: TenantSettings, analysis: AnalysisSettings
) -> list[Check]:
    """Entities, who tells of them, what is ambiguous; a warning where no series can be read."""
    try:
        source = open_source(settings)
        try:
            labels = await _sample(source, tenant, analysis)
        finally:
            await source.close()
    except PatternwatchError as error:
        checks = Checks(_area(tenant.id))
        checks.warn("entities", f"no labels can be read: {error.problem}", error.remedy)
        return checks.made
    return label_checks(tenant.id, survey_of(labels, analysis)) if labels else []


def _area(tenant: str) -> str:
    return f"labels, tenant {tenant}"


def label_checks(tenant: str, survey: Survey) -> list[Check]:
    """One line for each thing that is made of a tenant's labels."""
    checks = Checks(_area(tenant))
    told = [f"{len(names)} {kind} ({_some(names)})" for kind, names in survey.kinds.items()]
    if told:
        checks.ok("entities", f"in {survey.series} series: {'; '.join(told)}")
    checks.ok("told by", ", ".join(f"{name} ({n} series)" for name, n in survey.tellers.items()))
    if survey.ambiguous:
        named = [f"{name} ({_some(own)})" for name, own in survey.ambiguous.items()]
        checks.ok("same names", f"{len(named)} names mean several entities: {_some(named)}")
    missing = sum(survey.unnamed.values())
    if missing:
        finding = f"{missing} of {survey.series} series name no entity: {_metrics(survey.unnamed)}"
        if missing > _MANY_UNNAMED * survey.series:
            checks.warn("no entity", finding, "Name the label that does in analysis.entity_labels")
        else:
            checks.ok("no entity", finding)
    return checks.made


async def _sample(
    source: SeriesSource, tenant: TenantSettings, analysis: AnalysisSettings
) -> Sequence[Labels]:
    """The labels of the metrics with fewest series: many metrics tell more than one with many series."""
    end_ms = int(time.time() * 1000)
    split_ms = end_ms - CURRENT_ROWS * analysis.step_ms
    window = Window.ending(end_ms, split_ms, analysis.step_ms, analysis.window_rows)
    counts = await source.count(tenant.id, tenant.matchers, window)
    names, total = [], 0
    for name, number in sorted(counts.items(), key=lambda item: (item[1], item[0])):
        total += number
        if total > MAX_SAMPLED:
            break
        names.append(name)
    matchers: Matchers = (*tenant.matchers, matcher_of("__name__", sorted(names)))
    return (await source.fetch(tenant.id, matchers, window)).labels if names else []


def _some(names: Sequence[str]) -> str:
    rest = len(names) - _EXAMPLES
    return ", ".join(names[:_EXAMPLES]) + (f" and {rest} more" if rest > 0 else "")


def _metrics(numbers: Mapping[str, int]) -> str:
    shown: Iterable[tuple[str, int]] = list(numbers.items())
    return _some([f"{metric or 'without a name'} ({n})" for metric, n in shown])
