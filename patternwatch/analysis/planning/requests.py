"""From an alert or a selector to a request: which series, which window.

Times are milliseconds since the Unix epoch.
"""

from patternwatch.analysis.planning.alert_rules import duration
from patternwatch.contracts.alerts import Alert
from patternwatch.contracts.errors import WindowError
from patternwatch.contracts.ids import request_id_for_alert
from patternwatch.contracts.instants import instant
from patternwatch.contracts.matchers import Matcher, Matchers, parse_selector
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.series import CURRENT_ROWS, Window
from patternwatch.contracts.settings import AnalysisSettings, TenantSettings


def request_for_alert(
    alert: Alert, tenant: TenantSettings, settings: AnalysisSettings, now_ms: int
) -> AnalysisRequest:
    """The analysis that an alert asks for, split at the alert's start.

    now_ms  the present; the window ends there, or a current part after the alert if that is earlier

    An alert that starts up to `settings.max_clock_skew_s` in the future is split at `now_ms`. Raises
    WindowError for one that starts later than that, and where the window would begin before 1970.

    >>> alert = Alert(
    ...     tenant="default", fingerprint="f1", status="firing", starts_at_ms=1_760_000_000_000,
    ...     labels={"alertname": "HighLatency", "cluster": "shop"}, received_at_ms=1_760_000_000_000,
    ... )
    >>> tenant, now_ms = TenantSettings(id="default"), 1_760_000_010_000
    >>> request = request_for_alert(alert, tenant, AnalysisSettings(), now_ms)
    >>> request.title, str(request.matchers[0]), request.window.split_ms
    ('HighLatency', 'cluster="shop"', 1760000000000)
    """
    return AnalysisRequest(
        request_id=request_id_for_alert(alert.tenant, alert.fingerprint, alert.starts_at_ms),
        tenant=alert.tenant,
        trigger="alert",
        title=alert.name,
        matchers=scope_of(alert, tenant, settings),
        window=_window(_began_ms(alert, settings, now_ms), None, settings, now_ms),
        requested_at_ms=now_ms,
        compare=settings.compare,
        alert=alert,
        notes=_clock_notes(alert, settings, now_ms),
    )


def _began_ms(alert: Alert, settings: AnalysisSettings, now_ms: int) -> int:
    """The alert's start, not after now.

    The clock that received the alert counts too: what was taken there is not refused by a clock behind it.
    """
    ahead_ms = alert.starts_at_ms - max(now_ms, alert.received_at_ms)
    if ahead_ms > settings.max_clock_skew_s * 1000:
        raise WindowError(
            f"The alert begins {duration(ahead_ms)} in the future (at {instant(alert.starts_at_ms)})",
            "Check the clocks and time zones of the sender and of this machine, or analyse a selector",
        )
    return min(alert.starts_at_ms, now_ms)


def _clock_notes(alert: Alert, settings: AnalysisSettings, now_ms: int) -> list[str]:
    ahead_ms = alert.starts_at_ms - now_ms
    if ahead_ms <= settings.step_ms:
        return []
    ahead = duration(ahead_ms)
    return [f"The alert begins {ahead} in the future by our clock; it is looked at as if it began now."]


def scope_of(alert: Alert, tenant: TenantSettings, settings: AnalysisSettings) -> Matchers:
    """The series that an alert is about: those with its scope labels, else all of the tenant's selector.

    >>> alert = Alert(
    ...     tenant="default", fingerprint="f1", status="firing", starts_at_ms=0, received_at_ms=0,
    ...     labels={"alertname": "HighLatency", "cluster": "shop"},
    ... )
    >>> [str(m) for m in scope_of(alert, TenantSettings(id="default"), AnalysisSettings())]
    ['cluster="shop"']
    """
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

    at_ms   the split: when the trouble was noticed
    end_ms  end of the window, or None for a current part after the split (but not after `now_ms`)
    title   what the report is called, the selector where empty
    now_ms  the present

    Raises SelectorError for an unreadable or empty selector, WindowError for a window in the future or
    without a baseline.

    >>> now_ms = 1_760_000_010_000
    >>> request = request_for_selector(
    ...     "default", '{cluster="shop"}', now_ms - 600_000, None, "", AnalysisSettings(), now_ms, "r1"
    ... )
    >>> request.title, request.window.rows, request.window.split_row
    ('{cluster="shop"}', 300, 279)
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


def _window(at_ms: int, end_ms: int | None, settings: AnalysisSettings, now_ms: int) -> Window:
    """The window split at `at_ms`: up to `end_ms`, else up to now or a full current part after the split."""
    if at_ms > now_ms + settings.step_ms:
        raise WindowError(
            f"The time to look at ({instant(at_ms)}) lies in the future (now is {instant(now_ms)})",
            "Give a time that has passed, and check the clocks",
        )
    if end_ms is not None and end_ms > now_ms + settings.step_ms:
        raise WindowError(
            f"The end of the window ({instant(end_ms)}) lies in the future (now is {instant(now_ms)})",
            "Give an end that has passed, or none",
        )
    if end_ms is None:
        end_ms = min(now_ms, at_ms + CURRENT_ROWS * settings.step_ms)
    window = Window.ending(max(end_ms, at_ms), at_ms, settings.step_ms, rows=settings.window_rows)
    if window.start_ms < 0:
        # No server holds such samples, and most refuse the question by words that read like a passing fault.
        raise WindowError(
            f"The time to look at ({instant(at_ms)}) is too near to 1970: no samples are that old",
            "Give the time in RFC 3339 or in Unix seconds; ten minutes ago is -10m on the command line",
        )
    return window
