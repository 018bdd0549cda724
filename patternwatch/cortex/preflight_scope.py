"""Whether alerts' scope labels are on the series: a check of `patternwatch doctor`."""

from collections.abc import Callable

from patternwatch.contracts.checks import Checks
from patternwatch.contracts.errors import SourceError
from patternwatch.contracts.matchers import format_selector
from patternwatch.contracts.settings import AnalysisSettings, TenantSettings
from patternwatch.cortex.connection import Connection


async def check_scope(
    checks: Checks,
    connection: Connection,
    tenant: TenantSettings,
    analysis: AnalysisSettings,
    now_s: Callable[[], float],
) -> None:
    """Whether the labels by which alerts choose their series are on this tenant's series at all."""
    end_s = now_s()
    form = {
        "match[]": format_selector(tenant.matchers),
        "start": f"{end_s - analysis.window_rows * analysis.step_ms / 1000:.3f}",
        "end": f"{end_s:.3f}",
    }
    try:
        there = await connection.data(tenant.id, "labels", lambda d: isinstance(d, list), form)
    except SourceError as error:
        checks.warn("scope", f"the labels of the series are not known: {error.problem}", error.remedy)
        return
    absent = [label for label in analysis.scope_labels if label not in there]
    if absent:
        checks.warn(
            "scope",
            f"no series has the label {' or '.join(absent)}: an alert that carries it is analysed without it",
            "Take it out of analysis.scope_labels if it is an external label, which is on alerts only; else "
            "let scrapes or remote write add it to the series",
        )
    elif analysis.scope_labels:
        checks.ok("scope", f"series have the label {' and '.join(analysis.scope_labels)}")
