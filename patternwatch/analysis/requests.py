"""From an alert, a selector or a watched cluster to a request: which series, which window."""

from patternwatch.contracts.errors import WindowError
from patternwatch.contracts.ids import request_id_for_alert, request_id_for_watch
from patternwatch.contracts.matchers import Matcher, Matchers, parse_selector
from patternwatch.contracts.messages import Alert, AnalysisRequest
from patternwatch.contracts.series import CURRENT_ROWS, Window
from patternwatch.contracts.settings import AnalysisSettings, TenantSettings, WatchSettings


def request_for_alert(
    alert: Alert, tenant: TenantSettings, settings: AnalysisSettings, now_ms: int
) -> AnalysisRequest:
    """The analysis that an alert asks for, split at the alert's start.

    Raises WindowError for an alert that starts in the future.
    """
    return AnalysisRequest(
        request_id=request_id_for_alert(alert.tenant, alert.fingerprint, alert.starts_at_ms),
        tenant=alert.tenant,
        trigger="alert",
        title=alert.name,
        matchers=scope_of(alert, tenant, settings),
        window=_window(alert.starts_at_ms, None, settings, now_ms),
        requested_at_ms=now_ms,
        compare=settings.compare,
        alert=alert,
    )


def scope_of(alert: Alert, tenant: TenantSettings, settings: AnalysisSettings) -> Matchers:
    """The series that an alert is about: those that share its scope labels, else all of the tenant's."""
    scope = tuple(
        Matcher(name=label, value=alert.labels[label])
        for label in settings.scope_labels
        if alert.labels.get(label)
    )
    return scope or tenant.matchers


def request_for_selector(
    tenant: str,
    selector: str,
    at_ms: int,
    end_ms: int | None,
    title: str,
    settings: AnalysisSettings,
    now_ms: int,
    request_id: str,
) -> AnalysisRequest:
    """The analysis that a person asks for, split at the given time.

    Raises SelectorError for an unreadable or empty selector, WindowError for a window in the future or
    without a baseline.
    """
    return AnalysisRequest(
        request_id=request_id,
        tenant=tenant,
        trigger="manual",
        title=title or selector,
        matchers=parse_selector(selector),
        window=_window(at_ms, end_ms, settings, now_ms),
        requested_at_ms=now_ms,
        compare=settings.compare,
    )


def request_for_watch(watch: WatchSettings, settings: AnalysisSettings, at_ms: int) -> AnalysisRequest:
    """One look at a watched cluster: the last rows up to `at_ms` against those before them."""
    return AnalysisRequest(
        request_id=request_id_for_watch(watch.tenant, watch.name, at_ms),
        tenant=watch.tenant,
        trigger="watch",
        title=watch.name,
        matchers=parse_selector(watch.selector),
        window=Window.ending(
            at_ms, at_ms - CURRENT_ROWS * settings.step_ms, settings.step_ms, rows=settings.rows
        ),
        requested_at_ms=at_ms,
        compare=settings.compare,
        watch=watch.name,
    )


def _window(at_ms: int, end_ms: int | None, settings: AnalysisSettings, now_ms: int) -> Window:
    """The window around `at_ms`: up to the given end, else up to now or a full current part after it."""
    if at_ms > now_ms + settings.step_ms:
        raise WindowError(
            f"The time to look at ({at_ms} ms) lies in the future (now is {now_ms} ms)",
            "Give a time that has passed, and check the clocks",
        )
    if end_ms is not None and end_ms > now_ms + settings.step_ms:
        raise WindowError(
            f"The end of the window ({end_ms} ms) lies in the future (now is {now_ms} ms)",
            "Give an end that has passed, or none",
        )
    if end_ms is None:
        end_ms = min(now_ms, at_ms + CURRENT_ROWS * settings.step_ms)
    return Window.ending(max(end_ms, at_ms), at_ms, settings.step_ms, rows=settings.rows)
