"""Which alerts are of one trouble: they share the scope that is analysed, and begin about the same time.

A cause raises alerts by the dozen: each replica, each caller, each symptom has a rule of its own. One
analysis of their scope answers all of them.
"""

from collections.abc import Iterable

from patternwatch.contracts.alerts import Alert
from patternwatch.contracts.matchers import Matchers
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.series import CURRENT_ROWS
from patternwatch.contracts.settings import AnalysisSettings


def joins(
    alert: Alert, scope: Matchers, begun: AnalysisRequest, settings: AnalysisSettings, now_ms: int
) -> bool:
    """Whether a firing alert joins an analysis that another alert has begun.

    scope   the series that it would ask for by itself
    begun   that analysis, as it was asked for

    It does where both ask for the same series, and

    - it began up to `settings.join_s` before or after the other alert,
    - or its sender has put both into one group, and it began in the current part of the other's window,
    - or it began after the other, whose analysis was asked for less than `settings.cooldown_s` ago.

    >>> request = AnalysisRequest(
    ...     request_id="r1", tenant="default", trigger="alert", title="HighLatency", matchers=(),
    ...     requested_at_ms=1_010_000, window={"start_ms": 0, "split_ms": 1, "end_ms": 2, "step_ms": 1},
    ...     alert=Alert(
    ...         tenant="default", fingerprint="f1", status="firing", labels={}, starts_at_ms=1_000_000,
    ...         received_at_ms=1_010_000,
    ...     ),
    ... )
    >>> other = request.alert.model_copy(update={"fingerprint": "f2", "starts_at_ms": 1_290_000})
    >>> joins(other, (), request, AnalysisSettings(), 1_300_000)
    True
    >>> joins(other, (), request, AnalysisSettings(join_s=60, cooldown_s=60), 1_300_000)
    False
    """
    first = begun.alert
    if first is None or begun.trigger != "alert" or first.tenant != alert.tenant or begun.matchers != scope:
        return False
    after_ms = alert.starts_at_ms - first.starts_at_ms
    if abs(after_ms) <= settings.join_s * 1000:
        return settings.join_s > 0
    if after_ms < 0:
        return False
    grouped = bool(alert.group_key) and alert.group_key == first.group_key
    if grouped and settings.join_s > 0 and after_ms <= CURRENT_ROWS * begun.window.step_ms:
        return True
    return now_ms - begun.requested_at_ms < settings.cooldown_s * 1000


def joined_analysis(
    alert: Alert,
    scope: Matchers,
    begun: Iterable[AnalysisRequest],
    settings: AnalysisSettings,
    now_ms: int,
) -> AnalysisRequest | None:
    """Of the analyses that alerts have begun, the one that this alert joins: whose alert began nearest to it.

    >>> joined_analysis(
    ...     Alert(tenant="default", fingerprint="f1", status="firing", labels={}, starts_at_ms=0,
    ...           received_at_ms=0),
    ...     (), [], AnalysisSettings(), 0,
    ... ) is None
    True
    """
    fit = [request for request in begun if joins(alert, scope, request, settings, now_ms)]
    return min(fit, key=lambda request: (_distance_ms(alert, request), request.request_id), default=None)


def _distance_ms(alert: Alert, request: AnalysisRequest) -> int:
    return abs(alert.starts_at_ms - request.alert.starts_at_ms) if request.alert else 0
